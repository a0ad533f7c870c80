import { ECSClient, type ECSClientConfig } from '@aws-sdk/client-ecs';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider, Logger } from '@smithy/types';
import { type ConnectionSettings, createAgents, directConnections } from './agents.ts';
import { guardExchanges } from './exchange.ts';
import { keepCredentialsSecret } from './ownSecrets.ts';
import { readPlainly } from './plainAnswers.ts';

export interface AwsSettings {
  region: string;
  /** Left out: the SDK resolves it, for example from AWS_ENDPOINT_URL. */
  endpoint?: string | undefined;
  /** Left out: the SDK's default credential provider chain. */
  credentials?: AwsCredentialIdentity | AwsCredentialIdentityProvider | undefined;
  /** Left out: no proxy, and the system's certificate authorities. */
  connections?: ConnectionSettings | undefined;
}

type ClientOptions = Pick<
  ECSClientConfig,
  'region' | 'endpoint' | 'credentials' | 'maxAttempts' | 'retryMode' | 'requestHandler' | 'logger'
>;

/** The SDK copies every answer for the line that it would log at this level: without the function it does not. */
const withoutInfo: Partial<Logger> = { trace() {}, debug() {}, warn() {}, error() {} };

/** Options for any AWS SDK client of this program: 5 s to connect, 15 s per request, no retries by the SDK. */
export function clientOptions({
  region,
  endpoint,
  credentials,
  connections = directConnections,
}: AwsSettings): ClientOptions {
  // Otherwise the SDK writes a notice about future Node versions to stderr.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return {
    region,
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
    // The caller retries, so that every attempt passes the limiter.
    maxAttempts: 1,
    // Not AWS_RETRY_MODE: in mode adaptive the SDK would delay calls that our limiter has let pass.
    retryMode: 'standard',
    logger: withoutInfo as Required<typeof withoutInfo>,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 15_000,
      // Without this option the SDK only logs a warning at the request timeout.
      throwOnRequestTimeout: true,
      ...createAgents(connections),
    },
  };
}

/**
 * Returns a function that resolves one turn of the event loop after the previous call's promise. Signing a hundred
 * requests or parsing a hundred answers in one turn would delay heartbeats.
 */
function oneTurnEach(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}

/** An ECS client that signs at most one request and parses at most one answer per turn of the event loop. */
export function createEcsClient(settings: AwsSettings): ECSClient {
  const client = new ECSClient(clientOptions(settings));
  guardExchanges(client, settings.connections ?? directConnections);
  readPlainly(client);
  const nextTurn = oneTurnEach();
  keepCredentialsSecret(client);
  client.middlewareStack.add(
    (next) => async (request) => {
      await nextTurn();
      const answer = await next(request);
      await nextTurn();
      return answer;
    },
    { step: 'initialize', priority: 'high', name: 'oneTurnEach' },
  );
  return client;
}
