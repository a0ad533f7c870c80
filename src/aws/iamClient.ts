import { IAMClient } from '@aws-sdk/client-iam';
import { directConnections } from './agents.ts';
import { type AwsSettings, clientOptions } from './client.ts';
import { guardExchanges } from './exchange.ts';

/** An IAM client. */
export function createIamClient(settings: AwsSettings): IAMClient {
  const client = new IAMClient(clientOptions(settings));
  guardExchanges(client, settings.connections ?? directConnections);
  return client;
}
