import type { ECSClient } from '@aws-sdk/client-ecs';
import type { Identity } from './facts.ts';

/** STS's address for a region, or the endpoint that the environment names. */
export function stsEndpoint(region: string, env: Record<string, string | undefined>): string {
  const suffix = region.startsWith('cn-') ? '.cn' : '';
  const usual = `https://sts.${region}.amazonaws.com${suffix}`;
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return usual;
  return env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL || usual;
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/**
 * GetCallerIdentity of STS, which needs no permission. The request is signed by the signer of the ECS client, so that
 * credentials and clock are the same; a client of STS would be one more package for one call. Rejects with an error in
 * the form of the SDK's.
 */
export async function callerIdentity(
  ecs: ECSClient,
  region: string,
  env: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<Identity> {
  const url = new URL(stsEndpoint(region, env));
  const signer = await ecs.config.signer({
    name: 'sigv4',
    signingName: 'sts',
    signingRegion: region,
    properties: {},
  });
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  };
  const { headers, body } = await signer.sign(request);
  const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch((error) => {
    // fetch hides the error of the socket or of the name resolution, whose code tells what happened.
    throw error instanceof TypeError && error.cause ? error.cause : error;
  });
  const xml = await answer.text();
  const [account, arn] = [elementOf(xml, 'Account'), elementOf(xml, 'Arn')];
  if (answer.ok && account && arn) return { account, arn };
  throw Object.assign(new Error(elementOf(xml, 'Message') ?? `status ${answer.status}`), {
    name: elementOf(xml, 'Code') ?? 'SyntaxError',
    $metadata: { httpStatusCode: answer.status },
  });
}
