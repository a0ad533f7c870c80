import type { AwsCredentialIdentity } from '@smithy/types';
import type { Log } from '../telemetry/log.ts';
import { type ChainRun, runChain } from './credentialChain.ts';
import { EcsFailure } from './errors.ts';
import type { Clock } from './systemClock.ts';

/** The AWS credentials of all clients. */
export interface Credentials {
  /** For the clients of the SDK, which keep no copy of what it resolves to. Rejects with an EcsFailure. */
  readonly provider: Provider;
  /** Changes with the credentials. */
  version(): number;
  /** Where they come from. */
  source(): string;
  /**
   * AWS has refused the credentials of this version. Reads every source again, and resolves to whether there are others
   * now. Does not reject.
   */
  renew(version: number, refusal: EcsFailure): Promise<boolean>;
  /** Ordered by an operator: sources that failed or hang are read again at once, also for the calls that wait for them. */
  retryNow(): void;
}

interface Provider {
  (options?: object): Promise<AwsCredentialIdentity>;
  /** Tells the SDK not to put its own memory before this function. */
  memoized: true;
}

interface CredentialTools {
  clock: Clock;
  log: Log;
  /** For tests. */
  run?: (options: object) => ChainRun;
}

/** A source may take this long, ms; a whole call may take 30 s. */
const limitMs = 20_000;
/** A source that hangs is asked again after a pause that doubles: each time another helper process hangs, ms. */
const longestHangPauseMs = 600_000;
/** After a failure the sources are left alone for this long, ms: a hundred groups may ask at once. */
const failurePauseMs = 5_000;
/** Credentials that end are renewed this long before, ms. */
const refreshAheadMs = 300_000;
const repeatAfterMs = 60_000;

const sameIdentity = (a: AwsCredentialIdentity | null, b: AwsCredentialIdentity): boolean =>
  a?.accessKeyId === b.accessKeyId &&
  a.secretAccessKey === b.secretAccessKey &&
  a.sessionToken === b.sessionToken;

const providerOf = (provide: (options?: object) => Promise<AwsCredentialIdentity>): Provider =>
  Object.assign(provide, { memoized: true as const });

/** Reports what is wrong with the credentials once, when it changes, and once a minute. */
function createReporter(clock: Clock, log: Log) {
  let last = { text: '', at: Number.NEGATIVE_INFINITY };
  return (source: string, reason: string): void => {
    const text = `${source} ${reason}`;
    if (text === last.text && clock.now() - last.at < repeatAfterMs) return;
    last = { text, at: clock.now() };
    log.report('credentials.failed', { source, reason });
  };
}

/** The access key that the settings name. */
export function fixedCredentials(
  identity: AwsCredentialIdentity,
  { clock, log }: CredentialTools,
): Credentials {
  const source = 'the settings (aws_access_key_id)';
  const report = createReporter(clock, log);
  return {
    provider: providerOf(async () => identity),
    version: () => 0,
    source: () => source,
    async renew(_, { message }) {
      report(source, message);
      return false;
    },
    retryNow() {},
  };
}

interface Attempt {
  run: ChainRun;
  startedAt: number;
  result: Promise<AwsCredentialIdentity>;
  /** Resolves when it is given up for another one. */
  replaced: Promise<typeof replaced>;
  replace: () => void;
}

const replaced = Symbol('replaced');

/**
 * The SDK's default chain of sources, with a limit on the time that one may take, and without its memory: what AWS
 * refuses is read again from its source, as a person may have renewed it there.
 */
export function chainCredentials({ clock, log, run = runChain }: CredentialTools): Credentials {
  let identity: AwsCredentialIdentity | null = null;
  let version = 0;
  let source = 'any source';
  let isRefused = false;
  let attempt: Attempt | null = null;
  let startedAt = Number.NEGATIVE_INFINITY;
  let hang = { until: 0, pauseMs: limitMs };
  let failed: { failure: EcsFailure; at: number } | null = null;
  /** What the SDK's clients pass on: it is needed for sources that are services of AWS themselves. */
  let callerOptions: object = {};
  const report = createReporter(clock, log);

  function start(): Attempt {
    const begun = run(callerOptions);
    startedAt = clock.now();
    let replace = () => {};
    const onReplaced = new Promise<typeof replaced>((resolve) => {
      replace = () => resolve(replaced);
    });
    const { credentials: result } = begun;
    const mine: Attempt = { run: begun, startedAt, result, replaced: onReplaced, replace };
    mine.result = begun.credentials.then(
      (found) => {
        if (attempt === mine) take(found, begun);
        return found;
      },
      (error: Error) => {
        const { source: asked, words } = begun.trouble() ?? {
          source: begun.source(),
          words: error.message,
        };
        const failure = failureOf(`no credentials from ${asked}: ${words}`);
        if (attempt === mine) {
          attempt = null;
          failed = { failure, at: clock.now() };
          report(asked, words);
        }
        throw failure;
      },
    );
    mine.result.catch(() => {});
    return mine;
  }

  function take(found: AwsCredentialIdentity, begun: ChainRun): void {
    const isOther = !sameIdentity(identity, found);
    if (isOther && identity !== null) log.report('credentials.renewed', { source: begun.source() });
    if (identity === null && begun.isAmbiguous())
      log.report('credentials.ambiguous', { source: begun.source() });
    attempt = null;
    failed = null;
    hang = { until: 0, pauseMs: limitMs };
    source = begun.source();
    isRefused = false;
    identity = found;
    if (isOther) version++;
  }

  function hanging({ run: begun }: Attempt): EcsFailure {
    const words = `no answer within ${limitMs / 1000} s`;
    report(begun.source(), words);
    return failureOf(`no credentials from ${begun.source()}: ${words}`);
  }

  async function resolve(): Promise<AwsCredentialIdentity> {
    if (failed && clock.now() - failed.at < failurePauseMs) throw failed.failure;
    if (attempt && clock.now() >= attempt.startedAt + limitMs) {
      if (clock.now() < hang.until) throw hanging(attempt);
      attempt = null;
    }
    attempt ??= start();
    const mine = attempt;
    const settled = new AbortController();
    const remainingMs = mine.startedAt + limitMs - clock.now();
    const tooLate = clock.sleep(Math.max(1, remainingMs), settled.signal).then(() => {
      // The first waiting call sets the time of the next attempt.
      if (attempt === mine && hang.until <= clock.now()) {
        hang = {
          until: clock.now() + hang.pauseMs,
          pauseMs: Math.min(longestHangPauseMs, hang.pauseMs * 2),
        };
      }
      throw hanging(mine);
    });
    try {
      const first = await Promise.race([mine.result, tooLate, mine.replaced]);
      if (first !== replaced) return first;
    } finally {
      settled.abort();
    }
    return resolve();
  }

  async function provide(options?: object): Promise<AwsCredentialIdentity> {
    callerOptions = options ?? callerOptions;
    if (identity === null || isRefused) return resolve();
    const validMs = (identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
    if (validMs <= 0) return resolve();
    if (validMs < refreshAheadMs && clock.now() - startedAt > failurePauseMs)
      resolve().catch(() => {});
    return identity;
  }

  return {
    provider: providerOf(provide),
    version: () => version,
    source: () => source,
    async renew(refused, { message }) {
      if (refused !== version) return true;
      report(source, message);
      if (clock.now() - startedAt < failurePauseMs) return false;
      isRefused = true;
      await resolve().catch(() => {});
      return refused !== version;
    },
    retryNow() {
      failed = null;
      hang = { until: 0, pauseMs: limitMs };
      startedAt = Number.NEGATIVE_INFINITY;
      const given = attempt;
      attempt = null;
      given?.replace();
    },
  };
}

function failureOf(message: string): EcsFailure {
  return new EcsFailure(
    { kind: 'credentials', awsName: 'CredentialsProviderError', code: 'noCredentials' },
    message,
  );
}
