import { isInRange } from './addressReach.ts';

type Environment = Record<string, string | undefined>;

/** The address that stands for ECS by the environment, as the AWS SDK reads it; null if it is AWS's own. */
export function awsEndpoint(env: Environment): string | null {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return null;
  return env.AWS_ENDPOINT_URL_ECS || env.AWS_ENDPOINT_URL || null;
}

/** Whether ECS is an emulator on this machine, whose tasks reach loopback addresses. */
export function isEmulated(env: Environment): boolean {
  const endpoint = awsEndpoint(env);
  if (endpoint === null || !URL.canParse(endpoint)) return false;
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || isInRange(hostname, '127.0.0.0/8');
}
