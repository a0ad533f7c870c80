import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/store/ledger.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { adopted, ended, launch, settled, stateOf, story } from './samples.ts';

const from = <T>(...values: T[]) => fc.constantFrom(...values);
// Few names, so that they meet.
const label = from('l1', 'l2', 'l3');
const groupId = from('l1-0', 'l1-1', 'l2-0', 'a1');
const taskArn = from('arn:1', 'arn:2', 'arn:3');
const at = fc.nat({ max: 50 });

const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), epoch: from('e1', 'e2'), at }),
  fc.tuple(label, at).map(([l, t]) => launch(l, t)),
  fc
    .tuple(label, fc.array(fc.tuple(groupId, taskArn), { maxLength: 3 }))
    .map(([l, claims]) => settled(l, ...claims)),
  fc.tuple(groupId, taskArn).map(([g, arn]) => adopted(g, arn)),
  fc.tuple(groupId, taskArn).map(([g, arn]) => ended(g, arn)),
  fc.record({ kind: fc.constant('lastLaunch' as const), at }),
);
const anyRecords = fc.array(anyRecord, { maxLength: 40 });

describe('a ledger', () => {
  it('tells the story', () => {
    const ledger = Ledger.replay(story);
    expect(stateOf(ledger)).toEqual({
      epoch: 'e1',
      lastLaunchAt: 1_100,
      open: [launch('e1-2', 1_100)],
      groups: [{ groupId: 'a-1', taskArn: 'arn:9', launchedAt: 500 }],
    });
    expect(ledger.owner('arn:9')).toBe('a-1');
    expect(ledger.owner('arn:1')).toBeUndefined();
    expect(ledger.isOpen('e1-2')).toBe(true);
    expect(ledger.isOpen('e1-1')).toBe(false);
  });

  it('dates a group by the answer to its launch: its task is no older for sure', () => {
    const ledger = Ledger.replay([launch('l', 77), settled('l', ['l-0', 'arn:1'])]);
    expect(ledger.groups()).toEqual([{ groupId: 'l-0', taskArn: 'arn:1', launchedAt: 2_000 }]);
  });

  it('gives a task to its first owner only, and says which claims it did not grant', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1'), launch('l')]);
    expect(ledger.apply(settled('l', ['l-0', 'arn:1'], ['l-1', 'arn:2']))).toEqual([
      { groupId: 'l-0', taskArn: 'arn:1', ownedBy: 'a' },
    ]);
    expect(ledger.apply(adopted('b', 'arn:2'))).toEqual([
      { groupId: 'b', taskArn: 'arn:2', ownedBy: 'l-1' },
    ]);
    expect(ledger.apply(adopted('l-1', 'arn:3'))).toEqual([
      { groupId: 'l-1', taskArn: 'arn:3', ownedBy: null },
    ]);
    expect(ledger.apply(adopted('a', 'arn:1'))).toEqual([]);
    expect(ledger.owner('arn:1')).toBe('a');
    expect(ledger.owner('arn:2')).toBe('l-1');
    expect(ledger.owner('arn:3')).toBeUndefined();
  });

  it('lets a task be adopted again after its group was believed dead', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1'), ended('a', 'arn:1')]);
    expect(ledger.apply(adopted('b', 'arn:1'))).toEqual([]);
    expect(ledger.owner('arn:1')).toBe('b');
  });

  it('brings no group back when an old answer is told again', () => {
    const answer = settled('l', ['l-0', 'arn:1']);
    const ledger = Ledger.replay([launch('l'), answer]);
    expect(ledger.apply(answer)).toEqual([]);
    ledger.apply(ended('l-0', 'arn:1'));
    expect(ledger.apply(answer)).toEqual([{ groupId: 'l-0', taskArn: 'arn:1', ownedBy: null }]);
    expect(ledger.groups()).toEqual([]);
  });

  it('grants nothing to a launch that was given up', () => {
    const ledger = Ledger.replay([launch('l'), settled('l')]);
    expect(ledger.apply(settled('l', ['l-0', 'arn:1']))).toHaveLength(1);
    expect(ledger.groups()).toEqual([]);
  });

  it('lets only the owner end', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1'), ended('b', 'arn:1'), ended('a', 'arn:2')]);
    expect(ledger.owner('arn:1')).toBe('a');
  });

  it('makes a launch no younger when it is told again', () => {
    const ledger = Ledger.replay([launch('l', 9), launch('l', 99)]);
    expect(ledger.openLaunches()).toEqual([launch('l', 9)]);
  });

  it('forgets a withdrawn launch but not when it was', () => {
    const ledger = Ledger.replay([launch('l', 9)]);
    ledger.withdraw('l');
    expect(stateOf(ledger)).toMatchObject({ open: [], lastLaunchAt: 9 });
  });

  it('is the same again after compaction, from any records in any order', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const ledger = Ledger.replay(records);
        const short = ledger.compact();
        expect(stateOf(Ledger.replay(short))).toEqual(stateOf(ledger));
        expect(Ledger.replay(short).compact()).toEqual(short);
        const { open, groups } = stateOf(ledger);
        expect(short.length).toBeLessThanOrEqual(open.length + groups.length + 2);
      }),
    );
  });

  it('goes on from a compacted past as from the whole one', () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, (before, after) => {
        const whole = Ledger.replay(before);
        const short = Ledger.replay(whole.compact());
        for (const record of after) expect(short.apply(record)).toEqual(whole.apply(record));
        expect(stateOf(short)).toEqual(stateOf(whole));
      }),
    );
  });

  it('has one owner a task and one task a group at every step, and minds no repetition', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const ledger = new Ledger();
        for (const record of records) {
          ledger.apply(record);
          const once = stateOf(ledger);
          ledger.apply(record);
          expect(stateOf(ledger)).toEqual(once);
          expect(new Set(once.groups.map((g) => g.taskArn)).size).toBe(once.groups.length);
          expect(new Set(once.groups.map((g) => g.groupId)).size).toBe(once.groups.length);
          for (const { groupId, taskArn } of once.groups)
            expect(ledger.owner(taskArn)).toBe(groupId);
        }
      }),
    );
  });
});
