import { ECSClient, type ECSClientConfig } from '@aws-sdk/client-ecs';

export interface AwsSettings {
  region: string;
  /** Left out: the SDK's own resolution, AWS_ENDPOINT_URL and its kin included. */
  endpoint?: string | undefined;
  /** Left out: the SDK's default chain. */
  credentials?:
    | { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
    | undefined;
}

type ClientOptions = Pick<
  ECSClientConfig,
  'region' | 'endpoint' | 'credentials' | 'maxAttempts' | 'requestHandler'
>;

/** What every AWS client of this program is made with; fits any service's client. */
export const clientOptions = ({ region, endpoint, credentials }: AwsSettings): ClientOptions => {
  // The SDK would print its plans for old Node versions to stderr, among our own lines.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return {
    region,
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
    // Every attempt must pass our limiter and be seen by our backoff.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 15_000,
      // Without it the request timeout only writes a warning.
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 50 },
      httpsAgent: { keepAlive: true, maxSockets: 50 },
    },
  };
};

/** A hundred requests to sign, or a hundred answers to digest, in one go would keep a heartbeat waiting: one a round. */
const yieldAroundRequests = (): (() => Promise<void>) => {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
};

export const createEcsClient = (settings: AwsSettings): ECSClient => {
  const client = new ECSClient(clientOptions(settings));
  const round = yieldAroundRequests();
  client.middlewareStack.add(
    (next) => async (request) => {
      await round();
      const answer = await next(request);
      await round();
      return answer;
    },
    { step: 'initialize', priority: 'high', name: 'yieldAroundRequests' },
  );
  return client;
};
