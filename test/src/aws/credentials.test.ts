import type { AwsCredentialIdentity } from '@smithy/types';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChainRun } from '../../../src/aws/credentialChain.ts';
import {
  type Credentials,
  chainCredentials,
  fixedCredentials,
} from '../../../src/aws/credentials.ts';
import { EcsFailure } from '../../../src/aws/errors.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { rejectionOf } from './awsServer.ts';
import { type VirtualClock, virtualClock } from './virtualClock.ts';

const identity = (name: string, more = {}): AwsCredentialIdentity => ({
  accessKeyId: name,
  secretAccessKey: 'example',
  ...more,
});
const refusal = new EcsFailure(
  { kind: 'credentials', awsName: 'ExpiredTokenException', code: 'credentials' },
  'RunTask: ExpiredTokenException: expired',
);

let clock: VirtualClock;
let reports: [string, object][];
let credentials: Credentials;
/** What the next runs of the chain come to; the last one stays. */
let outcomes: (AwsCredentialIdentity | Error | Promise<AwsCredentialIdentity>)[];
let runs: number;
let source: string;

const run = (): ChainRun => {
  runs++;
  const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
  const result = outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  return {
    credentials: result as Promise<AwsCredentialIdentity>,
    source: () => source,
    trouble: () => (outcome instanceof Error ? { source, words: outcome.message } : null),
    isAmbiguous: () => false,
  };
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  clock = virtualClock();
  reports = [];
  runs = 0;
  source = 'profile "work"';
  outcomes = [identity('FIRST')];
  const log: Log = { report: (name, fields) => void reports.push([name, fields]) };
  credentials = chainCredentials({ clock, log, run });
});
afterEach(() => void vi.useRealTimers());

const keyNow = async () => (await credentials.provider()).accessKeyId;
const pass = (ms: number) => {
  vi.setSystemTime(Date.now() + ms);
  return clock.pass(ms);
};

describe('chainCredentials', () => {
  it('keeps credentials that AWS accepts, and starts one run for callers that come together', async () => {
    expect(await Promise.all([keyNow(), keyNow()])).toEqual(['FIRST', 'FIRST']);
    await pass(86_400_000);
    expect(await keyNow()).toBe('FIRST');
    expect(runs).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('has no memory of the SDK before it', () => {
    expect(credentials.provider.memoized).toBe(true);
  });

  it('reads the sources again when AWS refuses the credentials', async () => {
    await keyNow();
    await pass(60_000);
    outcomes = [identity('SECOND')];
    const { version } = credentials;
    const before = version();
    expect(await credentials.renew(before, refusal)).toBe(true);
    expect(version()).not.toBe(before);
    expect(await keyNow()).toBe('SECOND');
    expect(reports).toEqual([
      ['credentials.failed', { source: 'profile "work"', reason: refusal.message }],
      ['credentials.renewed', { source: 'profile "work"' }],
    ]);
    // Another call that was sent with the first credentials.
    expect(await credentials.renew(before, refusal)).toBe(true);
    expect(runs).toBe(2);
  });

  it('says that there are no others, and reads them again at most every 5 s, while the source has the same', async () => {
    await keyNow();
    const renew = () => credentials.renew(credentials.version(), refusal);
    await pass(60_000);
    expect(await renew()).toBe(false);
    await pass(4_999);
    expect(await renew()).toBe(false);
    expect(runs).toBe(2);
    await pass(1);
    expect(await renew()).toBe(false);
    expect(runs).toBe(3);
    expect(reports).toHaveLength(1);
    await pass(55_000);
    await renew();
    expect(reports).toHaveLength(2);
  });

  it('fails with the words of the source, and asks it again after 5 s', async () => {
    outcomes = [new Error('the vault is sealed'), identity('FIRST')];
    const failure = await rejectionOf(keyNow());
    expect(failure).toMatchObject({
      kind: 'credentials',
      message: 'no credentials from profile "work": the vault is sealed',
    });
    await pass(4_999);
    expect(await rejectionOf(keyNow())).toBe(failure);
    expect(runs).toBe(1);
    await pass(1);
    expect(await keyNow()).toBe('FIRST');
    expect(reports).toEqual([
      ['credentials.failed', { source: 'profile "work"', reason: 'the vault is sealed' }],
    ]);
  });

  it('asks a source that failed again at once when a person orders it', async () => {
    outcomes = [new Error('the vault is sealed'), identity('FIRST')];
    await rejectionOf(keyNow());
    credentials.retryNow();
    expect(await keyNow()).toBe('FIRST');
    expect(runs).toBe(2);
  });

  it('reads what AWS refuses again at once when a person orders it', async () => {
    await keyNow();
    outcomes = [identity('SECOND')];
    const renew = () => credentials.renew(credentials.version(), refusal);
    expect(await renew()).toBe(false);
    credentials.retryNow();
    expect(await renew()).toBe(true);
    expect(await keyNow()).toBe('SECOND');
  });

  describe('with a source that hangs', () => {
    beforeEach(() => {
      source = 'credential_process of profile "work"';
      outcomes = [new Promise(() => {})];
    });

    it('fails after 20 s and names it', async () => {
      const asking = rejectionOf(keyNow());
      await pass(15_000);
      const later = rejectionOf(keyNow());
      await pass(5_000);
      for (const failure of [await asking, await later])
        expect(failure).toMatchObject({
          kind: 'credentials',
          message:
            'no credentials from credential_process of profile "work": no answer within 20 s',
        });
      expect(reports).toHaveLength(1);
    });

    it('asks it again after pauses that double from 20 s, and fails at once in between', async () => {
      const times: number[] = [];
      for (let at = 0; at < 700_000; at += 1000) {
        const before = runs;
        const asking = rejectionOf(keyNow());
        if (runs > before) times.push(at / 1000);
        await pass(1000);
        void asking;
      }
      expect(times).toEqual([0, 40, 100, 200, 380]);
      expect(clock.pending).toBeLessThanOrEqual(20);
    });

    it('asks it again at once when a person orders it, and then after pauses from 20 s on', async () => {
      const waiting = rejectionOf(keyNow());
      await pass(20_000);
      await waiting;
      await pass(1000);
      credentials.retryNow();
      const again = rejectionOf(keyNow());
      expect(runs).toBe(2);
      await pass(20_000);
      await again;
      await pass(19_999);
      void rejectionOf(keyNow());
      expect(runs).toBe(2);
      await pass(1);
      void rejectionOf(keyNow());
      expect(runs).toBe(3);
    });

    it('serves the calls that wait for it with what a new attempt brings, when a person orders that', async () => {
      const waiting = [keyNow(), keyNow()];
      await pass(3000);
      outcomes = [identity('MENDED')];
      credentials.retryNow();
      expect(await Promise.all(waiting)).toEqual(['MENDED', 'MENDED']);
      expect(runs).toBe(2);
      expect(clock.pending).toBe(0);
    });

    it('takes the credentials when they come after all', async () => {
      let answer = (_: AwsCredentialIdentity) => {};
      outcomes = [
        new Promise((resolve) => {
          answer = resolve;
        }),
      ];
      const asking = rejectionOf(keyNow());
      await pass(20_000);
      await asking;
      answer(identity('LATE'));
      await pass(1);
      expect(await keyNow()).toBe('LATE');
      expect(runs).toBe(1);
    });
  });

  it('renews credentials 5 minutes before they end, and uses them until the others are there', async () => {
    const expiration = new Date(Date.now() + 3_600_000);
    outcomes = [identity('FIRST', { expiration }), new Error('not now'), identity('SECOND')];
    await keyNow();
    await pass(3_299_000);
    expect(await keyNow()).toBe('FIRST');
    expect(runs).toBe(1);
    await pass(2_000);
    expect(await keyNow()).toBe('FIRST');
    expect(await keyNow()).toBe('FIRST');
    expect(runs).toBe(2);
    await pass(6_000);
    expect(await keyNow()).toBe('FIRST');
    await pass(1);
    expect(await keyNow()).toBe('SECOND');
    expect(runs).toBe(3);
  });

  it('does not use credentials that have ended', async () => {
    outcomes = [identity('FIRST', { expiration: new Date(Date.now() + 1000) }), new Error('gone')];
    await keyNow();
    await pass(6_000);
    expect(await rejectionOf(keyNow())).toMatchObject({ kind: 'credentials' });
  });

  it('hands on what a client of the SDK passes, also when it renews', async () => {
    const seen: object[] = [];
    const log: Log = { report() {} };
    const noting = chainCredentials({
      clock,
      log,
      run: (options) => {
        seen.push(options);
        return run();
      },
    });
    const options = { callerClientConfig: { region: 'eu-west-1' } };
    await noting.provider(options);
    await pass(60_000);
    await noting.renew(noting.version(), refusal);
    expect(seen).toEqual([options, options]);
  });
});

it('fixedCredentials has no others, and names the settings', async () => {
  const log: Log = { report: (name, fields) => void reports.push([name, fields]) };
  const fixed = fixedCredentials(identity('GIVEN'), { clock, log });
  expect((await fixed.provider()).accessKeyId).toBe('GIVEN');
  expect(await fixed.renew(fixed.version(), refusal)).toBe(false);
  expect(fixed.source()).toContain('aws_access_key_id');
  expect(reports).toEqual([
    ['credentials.failed', { source: fixed.source(), reason: refusal.message }],
  ]);
});
