import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam';

/** An IAM client; `options` come from `clientOptions`. */
export function createIamClient(options: IAMClientConfig): IAMClient {
  return new IAMClient(options);
}
