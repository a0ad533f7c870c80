import type { ECSClient } from '@aws-sdk/client-ecs';
import type { HttpRequest } from '@smithy/types';
import { throughProxy } from '../agents.ts';
import { readWhole } from '../exchange.ts';
import type { Identity } from './awsFacts.ts';
import type { PreflightAws } from './preflightAws.ts';

/** The address of STS itself for a region. */
export function stsEndpoint(region: string): string {
  const suffix = region.startsWith('cn-') ? '.cn' : '';
  return `https://sts.${region}.amazonaws.com${suffix}`;
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/**
 * GetCallerIdentity of STS, which needs no permission. The request is signed and sent by the ECS client, so that
 * credentials, clock and proxy are the same; a client of STS would be one more package for one call. Rejects with an error in
 * the form of the SDK's.
 */
export async function callerIdentity(
  ecs: ECSClient,
  { region, connections, sts }: Pick<PreflightAws, 'region' | 'connections' | 'sts'>,
  signal: AbortSignal,
): Promise<Identity> {
  const url = new URL(sts ?? stsEndpoint(region));
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
  const signed = await signer.sign(request);
  const { response } = await ecs.config.requestHandler.handle(
    throughProxy(signed as HttpRequest, connections.proxies),
    { abortSignal: signal },
  );
  const xml = (await readWhole(response)).toString();
  const status = response.statusCode;
  const [account, arn] = [elementOf(xml, 'Account'), elementOf(xml, 'Arn')];
  if (status === 200 && account && arn) return { account, arn };
  throw Object.assign(new Error(elementOf(xml, 'Message') ?? `status ${status}`), {
    name: elementOf(xml, 'Code') ?? 'SyntaxError',
    $metadata: { httpStatusCode: status },
  });
}
