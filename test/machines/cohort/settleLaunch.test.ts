import { describe, expect, it } from 'vitest';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { settled, unwantedLaunches } from '../../../machines/cohort/settleLaunch.ts';
import { arn, rowOf } from '../../support/rows.ts';

const load = (tasks: number) => ({ workers: 4, tasks, canceling: 0 });
const runs = (given: Partial<GroupRecord> = {}): GroupRecord =>
  rowOf({ taskArn: arn('r'), phase: 'running', ...given });

it('does not want a launch any more when all its groups are to leave or are gone', () => {
  const groups = { a: rowOf({ drainRequested: true }), b: rowOf() };
  const launches = { both: ['a', 'b'], left: ['a'], gone: ['a', 'x'] };
  expect(unwantedLaunches({ groups, launches })).toEqual(['left', 'gone']);
});

describe('a launch that has ended', () => {
  const end = { label: 'e-1', groups: [], refusals: [], market: 'onDemand' as const };
  const records = {
    groups: { a: rowOf({ deadlinesFrom: 1000 }), b: rowOf({ deadlinesFrom: 9000 }), c: rowOf() },
    launches: { 'e-1': ['a', 'b', 'c', 'x'], 'e-2': ['y'] },
  };

  it('tells its groups that it was withdrawn before it was sent', () => {
    const { outbox } = settled(records, { ...end, withdrawn: true }, 5000);
    const reason =
      'withdrawn before it was launched: no longer desired, or nothing may be launched';
    expect(outbox).toContainEqual(['a', { type: 'group.refused', reason }]);
  });

  it('gives each group its task, as old as the answer at most, or its refusal', () => {
    const groups = [
      { groupId: 'a', taskArn: arn('1') },
      { groupId: 'b', taskArn: arn('2') },
    ];
    const refusals = [
      { kind: 'capacity' as const, reason: 'full' },
      { kind: 'quota' as const, reason: 'too many' },
    ];
    expect(settled(records, { ...end, groups, refusals }, 5000)).toStrictEqual({
      groups: {
        a: rowOf({ taskArn: arn('1'), deadlinesFrom: 5000, phase: 'provisioning' }),
        b: rowOf({ taskArn: arn('2'), deadlinesFrom: 9000, phase: 'provisioning' }),
        c: rowOf(),
      },
      launches: { 'e-2': ['y'] },
      outbox: [
        ['a', { type: 'group.launched', taskArn: arn('1') }],
        ['b', { type: 'group.launched', taskArn: arn('2') }],
        ['c', { type: 'group.refused', reason: 'full' }],
      ],
    });
  });

  it('waits for a description of groups that drain, if they may wait', () => {
    const groups = ['a', 'b', 'c'].map((groupId) => ({ groupId, taskArn: arn(groupId) }));
    const left = settled(
      {
        groups: {
          a: rowOf({ drainRequested: true, drainDeadline: 4000 }),
          b: rowOf({ drainRequested: true, drainDeadline: 30_000 }),
          c: rowOf({ drainRequested: true }),
        },
        launches: { 'e-1': ['a', 'b', 'c'] },
      },
      { ...end, groups },
      5000,
    ).groups;
    expect([left.a?.drainDeadline, left.b?.drainDeadline, left.c?.drainDeadline]).toEqual([
      20_000,
      30_000,
      null,
    ]);
  });

  it('cancels the drain of a group with a task in place of a group that got none', () => {
    const leaves = rowOf({ drainRequested: true, drainDeadline: 30_000 });
    const rows = {
      ...{ a: leaves, b: rowOf(), b2: rowOf() },
      ...{ c: leaves, d: rowOf({ drainRequested: true }), e: leaves },
    };
    const groups = ['a', 'c', 'd'].map((groupId) => ({ groupId, taskArn: arn(groupId) }));
    const one = settled(
      { groups: rows, launches: { 'e-1': Object.keys(rows) } },
      { ...end, groups },
      5000,
    );
    expect(one.outbox.map(([groupId, { type }]) => `${groupId} ${type}`)).toEqual([
      'a group.cancelDrain',
      'a group.launched',
      'b group.refused',
      'b2 group.refused',
      'c group.cancelDrain',
      'c group.launched',
      'd group.drain',
      'd group.launched',
      'e group.refused',
    ]);
    expect(
      Object.values(one.groups).map(({ drainRequested, drainDeadline }) => [
        drainRequested,
        drainDeadline,
      ]),
    ).toEqual([
      [false, null],
      [false, null],
      [false, null],
      [false, null],
      [true, null],
      [true, 30_000],
    ]);
  });

  it.each([
    ['has just got its task', { phase: 'requested' }, true],
    ['has no task yet', { taskArn: null, phase: 'requested' }, true],
    ['is denied by ECS', { lastStatus: 'missing' }, true],
    ['is seen to start', { lastStatus: 'starting' }, false],
    ['is denied by ECS and has workers', { lastStatus: 'missing', load: load(0) }, false],
    ['was never seen and has workers', { load: load(0) }, false],
    ['is to leave itself', { drainRequested: true }, false],
    ['is told to stop', { phase: 'stopping' }, false],
  ] as const)(
    'is looked at before its groups that are to leave are told to stop, when another group %s: %o is %s',
    (_, other, choice) => {
      const rows = { a: rowOf({ drainRequested: true }), b: runs(other) };
      const one = settled(
        { groups: rows, launches: { 'e-1': ['a'] } },
        { ...end, groups: [{ groupId: 'a', taskArn: arn('a') }] },
        5000,
      );
      expect(one.groups.a).toMatchObject({
        ...{ drainRequested: true, drainDeadline: null, observeUntil: choice ? 35_000 : null },
      });
      expect(one.outbox.map(([, { type }]) => type)).toEqual([
        ...(choice ? ['group.drain'] : []),
        'group.launched',
      ]);
    },
  );

  it('leaves a group that waits for an idle moment to wait, and to be looked at first', () => {
    const rows = { a: rowOf({ drainRequested: true, drainDeadline: 9000 }), b: rowOf() };
    const groups = ['a', 'b'].map((groupId) => ({ groupId, taskArn: arn(groupId) }));
    const given = { groups: rows, launches: { 'e-1': ['a', 'b'] } };
    const one = settled(given, { ...end, groups }, 5000);
    expect(one.groups).toMatchObject({
      a: { drainDeadline: 20_000, observeUntil: 35_000 },
      b: { drainRequested: false, observeUntil: null },
    });
    expect(one.outbox.map(([id, { type }]) => `${id} ${type}`)).toEqual([
      'a group.launched',
      'b group.launched',
    ]);
  });

  it('leaves no group waiting when it names neither', () => {
    const { outbox } = settled(records, end, 5000);
    expect(outbox.map(([groupId, { type }]) => [groupId, type])).toEqual([
      ['a', 'group.refused'],
      ['b', 'group.refused'],
      ['c', 'group.refused'],
    ]);
  });

  it('changes nothing if no group waits for it', () => {
    expect(settled(records, { ...end, label: 'e-9' }, 5000)).toStrictEqual({
      ...records,
      outbox: [],
    });
  });
});
