import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam';
import { guardExchanges } from './exchange.ts';

/** An IAM client; `options` come from `clientOptions`. */
export function createIamClient(options: IAMClientConfig): IAMClient {
  const client = new IAMClient(options);
  guardExchanges(client);
  return client;
}
