import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam';

export const createIamClient = (options: IAMClientConfig): IAMClient => new IAMClient(options);
