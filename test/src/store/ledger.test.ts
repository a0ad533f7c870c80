import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InventoryReason } from '../../../machines/recovery/journalFacts.ts';
import { lateTaskMs } from '../../../src/store/lastUse.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import { inventoryReasons, type JournalRecord, parseRecord } from '../../../src/store/records.ts';
import { adopted, ended, launch, observed, settled, stateOf, story } from './samples.ts';

const from = <T>(...values: T[]) => fc.constantFrom(...values);
// Few names, so that they meet.
const label = from('l1', 'l2', 'l3');
const groupId = from('l1-0', 'l1-1', 'l2-0', 'a1');
const taskArn = from('arn:1', 'arn:2', 'arn:3');
const at = fc.nat({ max: 50 });

const anyTimes = fc.record({
  ...{ createdAt: fc.option(at), runningAt: fc.option(at), registeredAt: fc.option(at) },
});

const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record(
    { kind: fc.constant('start' as const), epoch: from('e1', 'e2'), writtenAt: at, at },
    { requiredKeys: ['kind', 'epoch', 'at'] },
  ),
  fc.tuple(label, at).map(([l, t]) => launch(l, t)),
  fc
    .tuple(label, fc.array(fc.tuple(groupId, taskArn), { maxLength: 3 }))
    .map(([l, claims]) => settled(l, ...claims)),
  fc.tuple(groupId, taskArn, fc.option(at)).map(([g, arn, t]) => adopted(g, arn, t)),
  fc.tuple(groupId, taskArn, anyTimes).map(([g, arn, times]) => observed(g, arn, times)),
  fc.tuple(groupId, fc.option(taskArn), at).map(([g, arn, t]) => ended(g, arn, t)),
  fc.record(
    {
      kind: fc.constant('inventoryOwed' as const),
      reason: from(...inventoryReasons),
      launch: fc.record({
        label,
        count: fc.constant(2),
        market: from('onDemand' as const, 'spot' as const),
      }),
      at,
    },
    { requiredKeys: ['kind', 'reason', 'at'] },
  ),
  fc.record(
    { kind: fc.constant('placeUsed' as const), cluster: from('c1', 'c2'), tag: from('t1'), at },
    { requiredKeys: ['kind', 'at'] },
  ),
  // Some of them so late that they forget a place.
  fc.record({
    kind: fc.constant('inventoried' as const),
    at: fc.oneof(
      at,
      at.map((t) => t + lateTaskMs),
    ),
  }),
  fc.record({ kind: fc.constant('closed' as const), file: from('f1'), at }),
  fc.record({
    ...{ kind: fc.constant('spent' as const), endedUsd: at, day: at, usdAtMidnight: at },
    ...{ isLowerBound: fc.boolean(), at },
  }),
  fc.record({ kind: fc.constant('lastLaunch' as const), at }),
  fc.record({ kind: fc.constant('rotation' as const), workers: fc.option(at), at }),
);
const anyRecords = fc.array(anyRecord, { maxLength: 40 });

describe('a ledger', () => {
  it('sums up records of every kind', () => {
    const ledger = Ledger.replay(story);
    expect(stateOf(ledger)).toEqual({
      epoch: 'e1',
      lastLaunchAt: 1_100,
      open: [launch('e1-2', 1_100)],
      groups: [
        {
          ...{ groupId: 'a-1', taskArn: 'arn:9', createdAt: 500, deadlinesFrom: 3_000 },
          ...{ runningAt: 700, registeredAt: null },
        },
      ],
      history: [
        {
          ...{ groupId: 'e1-1-0', taskArn: 'arn:1', cause: 'exited' },
          detail: 'EssentialContainerExited; worker: exit 1',
          ...{ createdAt: 1_500, runningAt: null, registeredAt: null, endedAt: 4_000 },
          usd: 0.25,
        },
      ],
      inventoryOwed: null,
      usedPlaces: { clusters: [], tags: [] },
      spent: {
        ...{ endedUsd: 2.75, day: 0, usdAtMidnight: 1.5 },
        ...{ isLowerBound: true, unseenUsd: 0.5, unseenAtMidnight: 0.25 },
      },
      rotatesFrom: 6,
    });
    expect(ledger.owner('arn:9')).toBe('a-1');
    expect(ledger.owner('arn:1')).toBeUndefined();
    expect(ledger.isOpen('e1-2')).toBe(true);
    expect(ledger.isOpen('e1-1')).toBe(false);
  });

  it('grants every claim where there is none to deny', () => {
    const ledger = new Ledger();
    for (const record of story)
      expect([record.kind, ledger.apply(record)]).toEqual([record.kind, []]);
    expect(ledger.apply({ kind: 'lastLaunch', at: 5_000 })).toEqual([]);
    expect(ledger.apply({ kind: 'inventoried', at: 5_000 })).toEqual([]);
    expect(ledger.apply({ kind: 'placeUsed', tag: 't', at: 5_000 })).toEqual([]);
    expect(ledger.apply({ kind: 'closed', file: 'f1', at: 5_000 })).toEqual([]);
  });

  it('knows the record of a launch while its outcome is unknown', () => {
    const ledger = Ledger.replay([launch('l1'), launch('l2'), settled('l2')]);
    expect(ledger.openLaunch('l1')).toEqual(launch('l1'));
    expect(ledger.openLaunch('l2')).toBeNull();
  });

  it('adds the cost of each task that ends to what was spent before, also after compaction', () => {
    const spent = {
      kind: 'spent',
      endedUsd: 2,
      day: 1,
      usdAtMidnight: 1,
      isLowerBound: false,
    } as const;
    const ledger = Ledger.replay([
      { ...spent, at: 1 },
      adopted('a', 'arn:1'),
      { ...ended('a', 'arn:1'), usd: 0.5 },
    ]);
    const { kind: _, ...known } = spent;
    expect(ledger.endedUsd).toBe(2.5);
    expect(ledger.spent()).toEqual({ ...known, endedUsd: 2.5 });
    const again = Ledger.replay(ledger.compact());
    expect([again.endedUsd, again.spent()]).toEqual([2.5, { ...known, endedUsd: 2.5 }]);
  });

  it('knows what is desired without replacements until no group is replaced, also after compaction', () => {
    const rotation = (workers: number | null) => ({ kind: 'rotation', workers, at: 1 }) as const;
    const ledger = Ledger.replay([rotation(8), rotation(6)]);
    expect([new Ledger().rotatesFrom, ledger.rotatesFrom]).toEqual([null, 6]);
    expect(Ledger.replay(ledger.compact()).rotatesFrom).toBe(6);
    ledger.apply(rotation(null));
    expect([ledger.rotatesFrom, ledger.compact()]).toEqual([null, []]);
  });

  it('presumes at a start that the tasks lived until the journal was written, also after compaction', () => {
    const day = 86_400_000;
    // Of another start: the second one is told by the clock that was set a day ahead.
    const start = (epoch: string, at: number, writtenAt?: number): JournalRecord => ({
      ...{ kind: 'start', epoch, at },
      ...(writtenAt !== undefined && { writtenAt }),
    });
    const presumed = (...records: JournalRecord[]) => {
      const ledger = Ledger.replay([
        ...[start('e1', 100), adopted('a', 'arn:1'), adopted('b', 'arn:2', null)],
        ...records,
      ]);
      for (const each of [ledger, Ledger.replay(ledger.compact())])
        expect(each.groups()).toStrictEqual(ledger.groups());
      expect(ledger.group('b')).not.toHaveProperty('presumedFrom');
      return ledger.groups().map(({ presumedFrom, ...group }) => presumedFrom ?? group.createdAt);
    };
    // Created at 500.
    expect(presumed(start('e2', day, 60_500))).toEqual([day - 60_000, null]);
    expect(presumed(start('e2', day, 400))).toEqual([day, null]);
    const again = [start('e2', day, 60_500), start('e3', day + 20_000, day + 9000)];
    expect(presumed(...again)).toEqual([day - 49_000, null]);
    // The same start once more, or one that does not know when the journal was written.
    expect(presumed(start('e1', day, 60_500))).toEqual([500, null]);
    expect(presumed(start('e2', day))).toEqual([500, null]);
    const [group] = Ledger.replay([adopted('a', 'arn:1'), start('e2', day)])
      .compact()
      .slice(1);
    expect(group).not.toHaveProperty('presumedFrom');
  });

  it('keeps where a group was launched, also after compaction, and does not know it of an adopted one', () => {
    const ledger = Ledger.replay([
      { ...launch('l'), market: 'spot' },
      settled('l', ['l-0', 'arn:1']),
      adopted('a', 'arn:2'),
    ]);
    for (const each of [ledger, Ledger.replay(ledger.compact())])
      expect(each.groups().map(({ market }) => market)).toEqual(['spot', undefined]);
  });

  it('counts its live groups', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1'), adopted('b', 'arn:2')]);
    expect(ledger.groupCount).toBe(2);
    ledger.apply(ended('a', 'arn:1'));
    expect(ledger.groupCount).toBe(1);
  });

  it('keeps how many workers a launch gave a group, also after compaction', () => {
    const ledger = Ledger.replay([
      { ...launch('l'), workers: 16 },
      settled('l', ['l-0', 'arn:1']),
      launch('m'),
      settled('m', ['m-0', 'arn:2']),
    ]);
    expect(ledger.group('m-0')).not.toHaveProperty('workers');
    for (const each of [ledger, Ledger.replay(ledger.compact())])
      expect(each.groups().map(({ workers }) => workers)).toEqual([16, undefined]);
  });

  it('is compacted to records that can be read, and to one for a group of which no time is known', () => {
    const ledger = Ledger.replay([
      { kind: 'inventoryOwed', reason: 'journalDamaged', at: 1 },
      adopted('a', 'arn:1'),
      adopted('b', 'arn:2'),
      observed('b', 'arn:2', { registeredAt: 9 }),
      adopted('c', 'arn:3'),
      observed('c', 'arn:3', { runningAt: 8 }),
    ]);
    const short = ledger.compact();
    expect(short.map(parseRecord)).toEqual(short);
    expect(short.map(({ kind }) => kind)).toEqual([
      ...['inventoryOwed', 'adopted', 'adopted', 'observed', 'adopted', 'observed'],
    ]);
    expect(Ledger.replay(short).group('b')?.registeredAt).toBe(9);
    expect(Ledger.replay(short).group('c')?.runningAt).toBe(8);
  });

  it('counts the deadlines of a launched group from the answer to its launch', () => {
    const ledger = Ledger.replay([launch('l', 77), settled('l', ['l-0', 'arn:1'])]);
    expect(ledger.groups()).toMatchObject([
      { groupId: 'l-0', taskArn: 'arn:1', createdAt: 1_500, deadlinesFrom: 2_000 },
    ]);
  });

  it('gives a task to its first owner only and returns the claims it did not grant', () => {
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

  it('lets a task be adopted again after its group has ended', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1'), ended('a', 'arn:1')]);
    expect(ledger.apply(adopted('b', 'arn:1'))).toEqual([]);
    expect(ledger.owner('arn:1')).toBe('b');
  });

  it('brings no group back when the outcome of a launch is told again', () => {
    const answer = settled('l', ['l-0', 'arn:1']);
    const ledger = Ledger.replay([launch('l'), answer]);
    expect(ledger.apply(answer)).toEqual([]);
    ledger.apply(ended('l-0', 'arn:1'));
    expect(ledger.apply(answer)).toEqual([{ groupId: 'l-0', taskArn: 'arn:1', ownedBy: null }]);
    expect(ledger.groups()).toEqual([]);
  });

  it('grants no claim to a launch that was given up', () => {
    const ledger = Ledger.replay([launch('l'), settled('l')]);
    expect(ledger.apply(settled('l', ['l-0', 'arn:1']))).toHaveLength(1);
    expect(ledger.groups()).toEqual([]);
  });

  it('ends a group only together with the task it owns', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1'), ended('b', 'arn:1'), ended('a', 'arn:2')]);
    expect(ledger.owner('arn:1')).toBe('a');
  });

  it('keeps the age of a launch that is told again', () => {
    const ledger = Ledger.replay([launch('l', 9), launch('l', 99)]);
    expect(ledger.openLaunches()).toEqual([launch('l', 9)]);
  });

  it('forgets a withdrawn launch but keeps its time as that of the last launch', () => {
    const ledger = Ledger.replay([launch('l', 9)]);
    ledger.withdraw('l');
    expect(stateOf(ledger)).toMatchObject({ open: [], lastLaunchAt: 9 });
  });

  it('keeps each time of a task as it was first told, whatever is told later', () => {
    const ledger = Ledger.replay([
      adopted('a', 'arn:1', null),
      observed('a', 'arn:2', { createdAt: 12 }),
      observed('b', 'arn:1', { createdAt: 13 }),
      observed('a', 'arn:1', { createdAt: 10, runningAt: 20 }),
      observed('a', 'arn:1', { createdAt: 11, runningAt: 21, registeredAt: 31 }),
      adopted('a', 'arn:1', 14),
    ]);
    const times = { createdAt: 10, runningAt: 20, registeredAt: 31 };
    expect(ledger.groups()).toEqual([
      { groupId: 'a', taskArn: 'arn:1', deadlinesFrom: 3_000, ...times },
    ]);
    expect(ledger.group('a')).toEqual(ledger.groups()[0]);
    ledger.apply({ ...ended('a', 'arn:1'), runningAt: 22 });
    expect(ledger.history()).toMatchObject([{ groupId: 'a', ...times, endedAt: 4_000 }]);
  });

  it('lists ended groups newest first, with cause, words and times, also those without a task', () => {
    const ledger = Ledger.replay([
      adopted('a', 'arn:1'),
      ended('a', 'arn:1', 10),
      { ...ended('b', null, 20), cause: 'launchFailed', detail: 'RESOURCE:CPU' },
    ]);
    const none = { createdAt: null, runningAt: null, registeredAt: null };
    const detail = 'EssentialContainerExited; worker: exit 1';
    expect(ledger.history()).toEqual([
      {
        ...{ groupId: 'b', taskArn: null, cause: 'launchFailed', detail: 'RESOURCE:CPU' },
        ...{ ...none, endedAt: 20, usd: null },
      },
      {
        ...{ groupId: 'a', taskArn: 'arn:1', cause: 'exited', detail },
        ...{ ...none, createdAt: 500, endedAt: 10, usd: null },
      },
    ]);
  });

  it('lists no end of a group or of a task that lives on', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1')]);
    for (const [groupId, taskArn] of [
      ['b', 'arn:1'],
      ['a', 'arn:2'],
      ['a', null],
    ] as const)
      ledger.apply(ended(groupId, taskArn));
    expect(ledger.history()).toEqual([]);
  });

  it('lists the end of a group of which the journal was compacted', () => {
    const ledger = Ledger.replay([ended('a', 'arn:1', 10), ended('b', 'arn:2', 20)]);
    expect(ledger.history()).toMatchObject([{ groupId: 'b' }, { groupId: 'a' }]);
  });

  it('lists one end, the later, of a group that was taken for dead and adopted again', () => {
    const ledger = Ledger.replay([
      adopted('a', 'arn:1'),
      ended('a', 'arn:1', 10),
      ended('b', null, 20),
      adopted('a', 'arn:1'),
      ended('a', 'arn:1', 30),
    ]);
    expect(ledger.history()).toMatchObject([
      { groupId: 'a', endedAt: 30 },
      { groupId: 'b', endedAt: 20 },
    ]);
  });

  it('owes an inventory for each reason since the first, until one was taken', () => {
    const owed = (reason: InventoryReason, at: number) =>
      ({ kind: 'inventoryOwed', reason, at }) as const;
    const ledger = Ledger.replay([owed('journalMissing', 9), { kind: 'start', epoch: 'e', at: 9 }]);
    ledger.apply(owed('journalMissing', 20));
    expect(ledger.inventoryOwed()).toEqual({
      ...{ since: 9, reasons: ['journalMissing'], launches: [] },
    });
    ledger.apply(owed('launchesAbandoned', 7));
    expect(ledger.inventoryOwed()).toEqual({
      since: 7,
      reasons: ['journalMissing', 'launchesAbandoned'],
      launches: [],
    });
    expect(Ledger.replay(ledger.compact()).inventoryOwed()).toEqual(ledger.inventoryOwed());
    // The clock was set back: the order counts.
    ledger.apply({ kind: 'inventoried', at: 1 });
    expect(ledger.inventoryOwed()).toBeNull();
    ledger.apply(owed('journalDamaged', 2));
    expect(ledger.inventoryOwed()).toEqual({
      ...{ since: 2, reasons: ['journalDamaged'], launches: [] },
    });
  });

  it('remembers the cluster and the tag of a launch until it was listed long after the answer', () => {
    const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
    const sent = (label: string, place: object) => ({ ...launch(label, 5), revision, ...place });
    const at = 2_000;
    const ledger = Ledger.replay([
      sent('a', { cluster: 'c', tag: 't' }),
      sent('b', { cluster: 'arn:aws:ecs:us-east-1:1:cluster/d' }),
      sent('of an earlier version', {}),
      sent('open', { cluster: 'e', tag: 'u' }),
    ]);
    expect(ledger.usedPlaces()).toEqual({ clusters: [], tags: [] });
    for (const label of ['a', 'b', 'of an earlier version', 'a', 'unknown'])
      ledger.apply({ ...settled(label), at: label === 'unknown' ? 9_000 : at });
    const clusters = ['arn:aws:ecs:eu-west-1:1:cluster/c', 'arn:aws:ecs:us-east-1:1:cluster/d'];
    const used = { clusters, tags: ['t'] };
    expect(ledger.usedPlaces()).toEqual(used);
    ledger.apply({ kind: 'inventoried', at: at + lateTaskMs - 1 });
    expect(ledger.usedPlaces()).toEqual(used);
    const short = Ledger.replay(ledger.compact());
    expect(short.usedPlaces()).toEqual(used);
    expect(short.lastLaunchAt).toBe(5);
    short.apply({ kind: 'inventoried', at: at + lateTaskMs });
    expect(short.usedPlaces()).toEqual({ clusters: [], tags: [] });
  });

  it('counts the time since a launch anew at a start that comes much later', () => {
    const start = (epoch: string, at: number, writtenAt: number) =>
      ({ kind: 'start', epoch, at, writtenAt }) as const;
    const ledger = Ledger.replay([{ kind: 'placeUsed', cluster: 'c', tag: 't', at: 0 }]);
    for (const [epoch, writtenAt, at] of [
      ...[['e1', 1_000, 10 * lateTaskMs] as const, ['e1', 1_000, 20 * lateTaskMs] as const],
      ['e2', 10 * lateTaskMs, -lateTaskMs] as const,
    ])
      ledger.apply(start(epoch, at, writtenAt));
    ledger.apply({ kind: 'inventoried', at: -1_001 });
    expect(ledger.usedPlaces()).toEqual({ clusters: ['c'], tags: ['t'] });
    ledger.apply({ kind: 'inventoried', at: -1_000 });
    expect(ledger.usedPlaces()).toEqual({ clusters: [], tags: [] });
  });

  it('remembers which launches were given up, each once, until an inventory was taken', () => {
    const given = (name: string, count: number) =>
      ({ label: name, count, market: 'spot' }) as const;
    const owed = (name: string, count: number): JournalRecord => ({
      ...{ kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1 },
      launch: given(name, count),
    });
    const ledger = Ledger.replay([owed('a', 3), owed('b', 1), owed('a', 3)]);
    ledger.apply({ kind: 'inventoryOwed', reason: 'journalDamaged', at: 2 });
    expect(ledger.inventoryOwed()?.launches).toEqual([given('a', 3), given('b', 1)]);
    expect(ledger.compact().filter((record) => 'launch' in record)).toHaveLength(2);
    expect(Ledger.replay(ledger.compact()).inventoryOwed()).toEqual(ledger.inventoryOwed());
    ledger.apply({ kind: 'inventoried', at: 3 });
    ledger.apply({ kind: 'inventoryOwed', reason: 'journalDamaged', at: 4 });
    expect(ledger.inventoryOwed()?.launches).toEqual([]);
  });

  it('has the same sum after compaction, from any records in any order', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const ledger = Ledger.replay(records);
        const short = ledger.compact();
        expect(stateOf(Ledger.replay(short))).toEqual(stateOf(ledger));
        expect(Ledger.replay(short).compact()).toEqual(short);
        const { open, groups, history, inventoryOwed, usedPlaces } = stateOf(ledger);
        const facts = open.length + 2 * groups.length + history.length;
        const { reasons = [], launches = [] } = inventoryOwed ?? {};
        const owed = reasons.length + launches.length;
        const used = usedPlaces.clusters.length + usedPlaces.tags.length;
        // A start, the time of the last launch, what was spent, and a rotation.
        expect(short.length).toBeLessThanOrEqual(facts + owed + used + 4);
      }),
    );
  });

  it('answers later records after compaction as without it', () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, (before, after) => {
        const whole = Ledger.replay(before);
        const short = Ledger.replay(whole.compact());
        for (const record of after) expect(short.apply(record)).toEqual(whole.apply(record));
        expect(stateOf(short)).toEqual(stateOf(whole));
      }),
    );
  });

  it('has one owner per task and one task per group at every step, and ignores repeated records', () => {
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
