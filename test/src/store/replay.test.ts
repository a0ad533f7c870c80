import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/store/ledger.ts';
import { replay, resendLimit } from '../../../src/store/replay.ts';
import { adopted, launch, settled } from './samples.ts';

const requestHashOf = ({ label }: { label: string }) => `hash-${label}`;
const now = 10_000_000;

describe('replay', () => {
  it('resends a young open launch unchanged', () => {
    const ledger = Ledger.replay([launch('l', now - resendLimit + 1)]);
    const { label, clientToken, count, revision, market } = launch('l');
    expect(replay(ledger, { now, requestHashOf })).toEqual({
      resend: [{ label, clientToken, count, revision, market }],
      abandoned: [],
      owned: [],
      lastLaunchAt: now - resendLimit + 1,
    });
  });

  it('abandons launches that are old, that are from the future or whose request has changed', () => {
    const ledger = Ledger.replay([
      launch('old', now - resendLimit),
      { ...launch('changed', now - 1), requestHash: 'of another subnet' },
      launch('future', now + 60_000),
      launch('fine', now + 1_000),
      launch('over', now - 1),
      settled('over', ['over-0', 'arn:1']),
    ]);
    const { resend, abandoned } = replay(ledger, { now, requestHashOf });
    expect(resend.map(({ label }) => label)).toEqual(['fine']);
    expect(abandoned).toEqual(['old', 'changed', 'future']);
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
      launch('l', now + 3_600_000),
      settled('l', ['l-0', 'arn:2']),
    ]);
    expect(replay(ledger, { now, requestHashOf })).toEqual({
      resend: [],
      abandoned: [],
      owned: [
        { groupId: 'a', taskArn: 'arn:1', createdAt: 500, presumedFrom: 500, deadlinesFrom: now },
        {
          ...{ groupId: 'l-0', taskArn: 'arn:2', createdAt: 1_500, presumedFrom: 1_500 },
          ...{ deadlinesFrom: now, market: 'onDemand' },
        },
      ],
      lastLaunchAt: now,
    });
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
