import { describe, expect, it } from 'vitest';
import { replay } from '../../../machines/recovery/replay.ts';
import { resendLimitMs } from '../../../machines/shared/timing.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { adopted, launch, settled } from '../../src/store/samples.ts';

const requestHashOf = ({ label }: { label: string }) => `hash-${label}`;
const now = 10_000_000;

describe('replay', () => {
  it('resends a young open launch unchanged', () => {
    const ledger = Ledger.replay([launch('l', now - resendLimitMs + 1)]);
    const { label, clientToken, count, revision, market } = launch('l');
    expect(replay(ledger, { now, requestHashOf })).toEqual({
      resend: [{ label, clientToken, count, revision, market }],
      givenUp: [],
      owned: [],
      lastLaunchAt: now - resendLimitMs + 1,
    });
  });

  it('gives up launches that are old, that are from the future or whose request has changed', () => {
    const ledger = Ledger.replay([
      launch('old', now - resendLimitMs),
      { ...launch('changed', now - 1), requestHash: 'of another subnet' },
      launch('future', now + 60_000),
      launch('fine', now + 1_000),
      launch('over', now - 1),
      settled('over', ['over-0', 'arn:1']),
    ]);
    const { resend, givenUp } = replay(ledger, { now, requestHashOf });
    expect(resend.map(({ label }) => label)).toEqual(['fine']);
    expect(givenUp).toEqual(['old', 'changed', 'future']);
  });

  it('compares a launch with what would be sent to the cluster that it was sent to', () => {
    const ledger = Ledger.replay([
      { ...launch('there', now - 1), cluster: 'before' },
      launch('unknown', now - 1),
    ]);
    const asked: [string, string | undefined][] = [];
    const { resend } = replay(ledger, {
      now,
      requestHashOf: (order, cluster) => {
        asked.push([order.label, cluster]);
        return requestHashOf(order);
      },
    });
    expect(asked).toEqual([
      ['there', 'before'],
      ['unknown', undefined],
    ]);
    expect(resend.map((order) => Object.keys(order))).toEqual(
      [1, 2].map(() => ['label', 'clientToken', 'count', 'revision', 'market']),
    );
  });

  it('returns the owned groups with deadlines from now and their creation as it was, and no last launch in the future', () => {
    const ledger = Ledger.replay([
      adopted('a', 'arn:1'),
      { ...launch('l', now + 3_600_000), workers: 4 },
      settled('l', ['l-0', 'arn:2']),
    ]);
    expect(replay(ledger, { now, requestHashOf })).toStrictEqual({
      resend: [],
      givenUp: [],
      owned: [
        { groupId: 'a', taskArn: 'arn:1', createdAt: 500, presumedFrom: 500, deadlinesFrom: now },
        {
          ...{ groupId: 'l-0', taskArn: 'arn:2', createdAt: 1_500, presumedFrom: 1_500 },
          ...{ deadlinesFrom: now, market: 'onDemand', workers: 4 },
        },
      ],
      lastLaunchAt: now,
    });
  });

  it('says which of the owned groups are known to have run', () => {
    const seen = (groupId: string, times: object) =>
      ({
        kind: 'observed',
        ...{ groupId, taskArn: `arn:${groupId}`, createdAt: 500, at: 600 },
        ...{ runningAt: null, registeredAt: null, ...times },
      }) as const;
    const ledger = Ledger.replay([
      ...['a', 'b', 'c'].map((groupId) => adopted(groupId, `arn:${groupId}`)),
      ...[seen('a', { runningAt: 550 }), seen('b', { registeredAt: 560 }), seen('c', {})],
    ]);
    const { owned } = replay(ledger, { now, requestHashOf });
    expect(owned.map(({ hasRun }) => hasRun)).toEqual([true, true, undefined]);
  });

  it('bills the owned groups for as long as the journal knew that they lived, whatever the clock shows since', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1')]);
    const from = (given: { now: number; writtenAt: number }) =>
      replay(ledger, { ...given, requestHashOf }).owned[0]?.presumedFrom;
    // Created at 500.
    expect(from({ now: 90_000, writtenAt: 60_500 })).toBe(30_000);
    expect(from({ now: 86_400_000, writtenAt: 60_500 })).toBe(86_340_000);
    expect(from({ now: 1000, writtenAt: 60_500 })).toBe(-59_000);
    expect(from({ now: 90_000, writtenAt: 400 })).toBe(90_000);
  });

  it('goes on from what the last start presumed: the clock may have been set before that', () => {
    const day = 86_400_000;
    const records: JournalRecord[] = [
      adopted('a', 'arn:1'),
      adopted('unknown', 'arn:2', null),
      // The clock was set a day ahead meanwhile.
      { kind: 'start', epoch: 'e2', writtenAt: 60_500, at: day },
    ];
    const ledger = Ledger.replay(records);
    // Taken in once more, a start presumes nothing else.
    ledger.apply(records[2] as JournalRecord);
    for (const each of [ledger, Ledger.replay(ledger.compact())]) {
      expect(each.groups().map((group) => group.presumedFrom)).toEqual([day - 60_000, undefined]);
      const { owned } = replay(each, { now: day + 20_000, writtenAt: day + 9000, requestHashOf });
      // It had lived for 60 s, then for 9 s.
      expect(owned.map((group) => group.presumedFrom)).toEqual([day - 49_000, undefined]);
    }
    // A start that does not know when the journal was written presumes nothing.
    const unknown = Ledger.replay([adopted('a', 'arn:1'), { kind: 'start', epoch: 'e2', at: day }]);
    expect(unknown.group('a')).not.toHaveProperty('presumedFrom');
  });

  it('presumes nothing about the creation of an owned group that no record tells', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1', null)]);
    expect(replay(ledger, { now, requestHashOf }).owned).toStrictEqual([
      { groupId: 'a', taskArn: 'arn:1', createdAt: null, deadlinesFrom: now },
    ]);
  });

  it('returns no last launch when there was none', () => {
    expect(replay(new Ledger(), { now, requestHashOf }).lastLaunchAt).toBeNull();
  });
});
