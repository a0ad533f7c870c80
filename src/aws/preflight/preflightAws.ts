import { silentLog } from '../../telemetry/log.ts';
import type { ConnectionSettings } from '../agents.ts';
import type { AwsSettings } from '../client.ts';
import { chainCredentials, fixedCredentials } from '../credentials.ts';
import { systemClock } from '../systemClock.ts';

/** How the checks reach AWS: as the daemon does, by the same credentials and proxies. */
export interface PreflightAws extends Required<Omit<AwsSettings, 'endpoint'>> {
  connections: ConnectionSettings;
  /** The endpoint of STS; null: its own. */
  sts: string | null;
  /** Where the credentials come from. */
  source(): string;
}

interface Given {
  region: string;
  /** Null: the SDK's default credential provider chain. */
  credentials: Parameters<typeof fixedCredentials>[0] | null;
  connections: ConnectionSettings;
  endpoints: { sts: string | null };
}

export function preflightAws({
  region,
  credentials: given,
  connections,
  endpoints,
}: Given): PreflightAws {
  const tools = { clock: systemClock, log: silentLog };
  const credentials = given ? fixedCredentials(given, tools) : chainCredentials(tools);
  return {
    region,
    credentials: credentials.provider,
    ...{ connections, sts: endpoints.sts },
    source: () => credentials.source(),
  };
}
