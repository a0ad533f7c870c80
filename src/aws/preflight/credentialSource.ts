import type { Credentials } from './facts.ts';
import type { PreflightSettings } from './settings.ts';

/** Credentials as the SDK resolves them, with its marks of where they came from. */
export interface ResolvedCredentials {
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
  $source?: object | undefined;
}

/** The SDK's marks in words; the first that is present applies. Those with `renewed` are fetched again in time. */
const sources: readonly [mark: string, words: string, renewed: boolean][] = [
  ['CREDENTIALS_PROFILE_SSO', 'the SSO session of PROFILE', true],
  ['CREDENTIALS_SSO', 'an SSO session', true],
  ['CREDENTIALS_PROFILE_LOGIN', 'the session of aws login in PROFILE', true],
  ['CREDENTIALS_LOGIN', 'a session of aws login', true],
  ['CREDENTIALS_STS_ASSUME_ROLE_WEB_ID', 'a web identity token', true],
  ['CREDENTIALS_STS_ASSUME_ROLE', 'the role of PROFILE', true],
  ['CREDENTIALS_PROFILE_PROCESS', 'the credential process of PROFILE', true],
  ['CREDENTIALS_PROCESS', 'a credential process', true],
  ['CREDENTIALS_HTTP', 'the container that this runs in', true],
  ['CREDENTIALS_IMDS', 'the metadata of this EC2 instance', true],
  ['CREDENTIALS_ENV_VARS', 'AWS_ACCESS_KEY_ID in the environment', false],
  ['CREDENTIALS_PROFILE', 'the keys of PROFILE', false],
];

/** Where the credentials came from, and whether they end. Pure. */
export function credentialsOf(
  resolved: ResolvedCredentials,
  { explicitKeys }: Pick<PreflightSettings, 'explicitKeys'>,
  env: Record<string, string | undefined>,
): Credentials {
  const temporary = Boolean(resolved.sessionToken);
  if (explicitKeys) return { source: 'the settings', temporary, renewed: false };
  const profile = `profile ${env.AWS_PROFILE ?? 'default'}`;
  const found = sources.find(([mark]) => mark in (resolved.$source ?? {}));
  const [, words = "the AWS SDK's provider chain", renewed = true] = found ?? [];
  return { source: words.replace('PROFILE', profile), temporary, renewed };
}
