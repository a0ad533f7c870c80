import { type Proxies, ProxyFailure, readProxies } from '../shared/proxy.ts';
import { endpointsOf } from './awsEndpoints.ts';
import { type AwsEndpoints, readAwsProfile } from './awsProfile.ts';
import { ConfigFailure } from './configFailure.ts';
import type { Home } from './home.ts';
import type { Values } from './schema.ts';
import type { Environment } from './settings.ts';
import { expandPath } from './statePaths.ts';
import { readCertificates } from './tls.ts';

/** Explicit keys. Config holds null if the SDK's default credential provider chain is used. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** How AWS is reached, from the environment and the AWS profile, as the AWS CLI reads them. */
export interface AwsConnections {
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  proxies: Proxies;
  /** The certificates of AWS_CA_BUNDLE, else of the profile's ca_bundle, in PEM; null: the system's authorities. */
  ca: string | null;
}

export function connectionsOf(
  env: Environment,
  home: Home,
  readFile: (path: string) => string,
): AwsConnections {
  const { name, values } = readAwsProfile(env, home, readFile);
  const [bundle, source] = env.AWS_CA_BUNDLE
    ? [env.AWS_CA_BUNDLE, 'AWS_CA_BUNDLE']
    : [values.ca_bundle, `ca_bundle of the AWS profile ${JSON.stringify(name)}`];
  const ca = bundle ? readCertificates(expandPath(bundle, env, home), readFile, source) : null;
  try {
    return { proxies: readProxies(env), ca };
  } catch (error) {
    throw error instanceof ProxyFailure ? new ConfigFailure(error.message) : error;
  }
}

export interface AwsAccess {
  region: string;
  credentials: AwsCredentials | null;
  connections: AwsConnections;
  endpoints: AwsEndpoints;
}

export function awsAccessOf(
  values: Values,
  env: Environment,
  home: Home,
  readFile: (path: string) => string,
): AwsAccess {
  return {
    region: values.aws_region,
    credentials: credentialsOf(values),
    connections: connectionsOf(env, home, readFile),
    endpoints: endpointsOf(env, readAwsProfile(env, home, readFile)),
  };
}

function credentialsOf(values: Values): AwsCredentials | null {
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = values;
  if (!aws_access_key_id || !aws_secret_access_key) return null;
  return {
    accessKeyId: aws_access_key_id,
    secretAccessKey: aws_secret_access_key,
    ...(aws_session_token && { sessionToken: aws_session_token }),
  };
}
