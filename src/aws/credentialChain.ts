import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { AwsCredentialIdentity } from '@smithy/types';
import { redact } from './redact.ts';

/** One run through the SDK's default credential provider chain. */
export interface ChainRun {
  credentials: Promise<AwsCredentialIdentity>;
  /** Where the credentials come from, or what is being asked for them now. */
  source(): string;
  /** What went wrong on the way, in the SDK's words or in those of a helper; null: no source had anything to say. */
  trouble(): { source: string; words: string } | null;
  /** Both a profile and an access key are named by the environment; the profile is used. */
  isAmbiguous(): boolean;
}

/** What the chain's debug lines say about the source that is being asked. A later row is more specific. */
const steps: readonly [RegExp, (profile: string) => string][] = [
  [/- fromIni$/, (profile) => profile],
  [/- fromEnv$/, () => 'the environment (AWS_ACCESS_KEY_ID)'],
  [/- fromTokenFile$/, () => 'the web identity token file'],
  [/::fromHttp/, () => 'the container credentials endpoint'],
  [/::fromInstanceMetadata$/, () => 'the instance metadata service'],
  [/- fromProcess$/, (profile) => `credential_process of ${profile}`],
  [/- fromSSO$/, (profile) => `the SSO session of ${profile}`],
  [/- fromLoginCredentials$/, (profile) => `the aws login session of ${profile}`],
  [/- resolveAssumeRoleCredentials/, (profile) => `the role of ${profile}`],
];

/** Each provider of the chain starts with such a line. */
const nextProvider = /::(?:fromEnv|fromSSO|fromIni|fromProcess|fromTokenFile|remoteProvider)$/;

/** Words of providers that were not asked for anything. */
const saysNothing =
  /^(?:AWS_PROFILE is set, skipping|Skipping SSO provider|Unable to find environment variable|Web identity configuration not specified|EC2 Instance Metadata Service access disabled|Could not load credentials from any)|did not contain credential_process/;

/** The same for the profile `default`, which need not exist. */
const isAbout = (profile: string) => (words: string) =>
  words.startsWith(`Could not resolve credentials using profile: [${profile}]`) ||
  words.startsWith(`Profile ${profile} could not be found`);

/** The error of a credential_process quotes its command line, which may hold secrets, before what it wrote to stderr. */
function withoutCommandLine(words: string): string {
  if (!/^command failed/i.test(words)) return words;
  const [, ...written] = words.trim().split('\n');
  return ['the credential process failed', ...written].join(': ');
}

/**
 * Asks the sources of the SDK's default chain in its order, and reads the files ~/.aws/config and ~/.aws/credentials
 * again. `options`: what the SDK's client passes on, with the region and the connections of the caller.
 */
export function runChain(options: object = {}): ChainRun {
  const named = process.env.AWS_PROFILE;
  const profile = `profile ${JSON.stringify(named ?? 'default')}`;
  const isExpected = isAbout('default');
  let rank = -1;
  let source = profile;
  let isAmbiguous = false;
  let trouble: { source: string; words: string } | null = null;

  function note(line: string): void {
    const words = /^@smithy\/property-provider (?:->|\(!\)) (.*)$/s.exec(line)?.[1];
    if (words !== undefined) {
      if (saysNothing.test(words) || (named === undefined && isExpected(words))) return;
      trouble ??= { source, words: redact(withoutCommandLine(words)) };
      return;
    }
    if (nextProvider.test(line)) rank = -1;
    const found = steps.findIndex(([pattern]) => pattern.test(line));
    if (found <= rank) return;
    rank = found;
    source = steps[found]?.[1](profile) ?? source;
  }

  const logger = {
    debug: (line: unknown) => note(String(line)),
    info() {},
    warn() {
      isAmbiguous = true;
    },
    error() {},
  };
  const credentials = defaultProvider({ logger, ignoreCache: true })(options as never);
  return {
    credentials: credentials.catch((error: Error) => {
      const words = redact(withoutCommandLine(error.message));
      if (!saysNothing.test(words)) trouble ??= { source, words };
      throw error;
    }),
    source: () => source,
    trouble: () => trouble,
    isAmbiguous: () => isAmbiguous,
  };
}
