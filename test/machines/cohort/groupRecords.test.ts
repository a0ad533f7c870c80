import { describe, expect, it } from 'vitest';
import {
  admitted,
  adopted,
  type CohortRecords,
  categoryOf,
  countRecords,
  drained,
  expired,
  type GroupRecord,
  recordLoads,
  recordServing,
  released,
  scaleDownCandidates,
  settled,
  undrained,
  unwantedLaunches,
} from '../../../machines/cohort/groupRecords.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const load = (tasks: number) => ({ workers: 4, tasks });
const waits = (given: Partial<GroupRecord> = {}): GroupRecord =>
  serves({ phase: 'waiting', drainRequested: true, drainDeadline: 9000, load: load(2), ...given });
const booksOf = (groups: Record<string, GroupRecord>): CohortRecords => ({ groups, launches: {} });
const nobody = { pending: 0, idle: 0, busy: 0 };
const everybody = { pending: 9, idle: 9, busy: 9 };
const plan = (label: string, groupIds: string[]) => ({
  order: {
    label,
    clientToken: `se-${label}`,
    count: groupIds.length,
    revision: 'rev:1',
    market: 'onDemand' as const,
  },
  groupIds,
  outcomeUnknown: false,
});

describe('a group in the books', () => {
  const old = { groups: { old: serves() }, launches: { 'e-0': ['old'] } };

  it('begins as one that waits for the ARN of its launch', () => {
    expect(admitted(old, [plan('e-1', ['a', 'b']), plan('e-2', ['c'])], 1000)).toStrictEqual({
      groups: {
        old: serves(),
        a: rowOf({ launchedAt: 1000 }),
        b: rowOf({ launchedAt: 1000 }),
        c: rowOf({ launchedAt: 1000 }),
      },
      launches: { 'e-0': ['old'], 'e-1': ['a', 'b'], 'e-2': ['c'] },
    });
  });

  it('or with the ARN and the age that it was found with', () => {
    const stray = { groupId: 'stray', taskArn: arn('s'), launchedAt: 500 };
    expect(adopted(old, [stray])).toStrictEqual({
      groups: { old: serves(), stray: rowOf({ taskArn: arn('s'), launchedAt: 500 }) },
      launches: old.launches,
      outbox: [['stray', { type: 'group.launched', taskArn: arn('s') }]],
    });
  });

  it.each([
    ['pending', rowOf()],
    ['pending', rowOf({ phase: 'running', load: load(1) })],
    ['cancelled', rowOf({ drainRequested: true })],
    ['cancelled', waits({ registered: false })],
    ['drainPending', waits()],
    ['stopping', rowOf({ phase: 'stopping', drainRequested: true })],
    ['busy', serves()],
    ['busy', serves({ load: load(1) })],
    ['idle', serves({ load: load(0) })],
    ['pending', serves({ workersLostSince: 0 })],
    ['pending', serves({ lastStatus: 'missing' })],
    ['busy', serves({ lastStatus: 'missing', load: load(1) })],
  ] as const)('counts as %s: %o', (kind, row) => {
    expect(categoryOf(row)).toBe(kind);
    expect(countRecords({ a: row, b: row })).toEqual({ ...noCounts, [kind]: 2 });
  });
});

describe('who is to leave', () => {
  it.each([
    [
      'has come least far',
      {
        a: rowOf({ phase: 'running' }),
        b: rowOf({ phase: 'provisioning' }),
        c: rowOf({ phase: 'requested' }),
      },
      { pending: 2 },
      ['c', 'b'],
    ],
    [
      'has no workers any more',
      { a: rowOf({ phase: 'running', launchedAt: 9 }), b: serves({ workersLostSince: 5 }) },
      { pending: 1 },
      ['b'],
    ],
    [
      'has no workers any more, wherever it stands in the books',
      { a: serves({ workersLostSince: 5 }), b: rowOf({ phase: 'running', launchedAt: 9 }) },
      { pending: 1 },
      ['a'],
    ],
    [
      'is least at work',
      { a: serves({ load: load(5) }), b: serves({ load: load(2) }), c: serves({ load: load(3) }) },
      { busy: 2 },
      ['b', 'c'],
    ],
    [
      'is not known to be at work',
      { a: serves({ load: load(1), launchedAt: 9 }), b: serves() },
      { busy: 1 },
      ['b'],
    ],
    [
      'is the youngest',
      { a: rowOf({ launchedAt: 1 }), b: rowOf({ launchedAt: 3 }), c: rowOf({ launchedAt: 2 }) },
      { pending: 2 },
      ['b', 'c'],
    ],
    [
      'is of the kind that is asked for',
      { a: serves({ load: load(1) }), b: serves({ load: load(0) }), c: rowOf(), d: waits() },
      { pending: 1, idle: 1, busy: 1 },
      ['c', 'b', 'a'],
    ],
  ] as const)('%s', (_, groups, share, expected) => {
    expect(scaleDownCandidates(groups, { ...nobody, ...share })).toEqual(expected);
  });

  it.each([
    ['does not serve yet', { registered: false, load: load(0) }, true],
    ['does not serve yet, for all we know', { registered: false, load: null }, false],
    ['may be at work, but nobody will ever tell', { load: null }, false],
    [
      'has been seen to start only',
      { registered: false, load: null, lastStatus: 'starting' as const },
      true,
    ],
    ['is idle', { load: load(0) }, true],
  ])('is stopped at once when it %s', (_, given, monitorEverConnected) => {
    const when = { at: 7000, until: 9000, monitorEverConnected };
    const { groups, outbox } = drained(booksOf({ a: serves(given) }), everybody, when);
    expect(groups.a).toStrictEqual(
      serves({ ...given, drainRequested: true, stopRequestedAt: 7000, phase: 'stopping' }),
    );
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('may finish its work first, while there is time for that', () => {
    const busy = booksOf({ a: serves({ load: load(2) }) });
    const patient = drained(busy, everybody, {
      at: 7000,
      until: 7001,
      monitorEverConnected: false,
    });
    expect(patient.groups.a).toStrictEqual(
      serves({ load: load(2), drainRequested: true, drainDeadline: 7001 }),
    );
    expect(patient.outbox).toEqual([['a', { type: 'group.drain' }]]);
    const late = { at: 7000, until: 7000, monitorEverConnected: true };
    expect(drained(busy, everybody, late).outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('is waited for when the stream does not tell whether it is at work, but did tell, or will', () => {
    const young = booksOf({
      a: rowOf(),
      b: rowOf({ taskArn: arn('b'), phase: 'provisioning' }),
      c: serves(),
    });
    const { groups, outbox } = drained(young, everybody, {
      at: 7,
      until: 9,
      monitorEverConnected: true,
    });
    const leaves = { drainRequested: true, drainDeadline: 9 };
    expect(groups).toStrictEqual({
      a: { ...young.groups.a, ...leaves },
      b: { ...young.groups.b, ...leaves },
      c: { ...young.groups.c, ...leaves },
    });
    expect(new Set(outbox.map(([, { type }]) => type))).toEqual(new Set(['group.drain']));
  });

  it('goes on waiting for its ARN when it has none', () => {
    const when = { at: 7000, until: 9000, monitorEverConnected: false };
    const { groups } = drained(booksOf({ a: rowOf() }), everybody, when);
    expect(groups.a).toStrictEqual(rowOf({ drainRequested: true, stopRequestedAt: 7000 }));
  });

  it('gets less time, but never more, when it waits already', () => {
    const { groups } = drained(
      booksOf({
        a: waits({ drainDeadline: 9000 }),
        b: waits({ drainDeadline: 4000 }),
        c: serves(),
      }),
      nobody,
      { at: 3000, until: 5000, monitorEverConnected: true },
    );
    expect([groups.a?.drainDeadline, groups.b?.drainDeadline]).toEqual([5000, 4000]);
    expect(groups.c).toStrictEqual(serves());
  });
});

it('stops at once exactly those whose tasks are named, once', () => {
  const books = booksOf({
    a: serves({ taskArn: arn('1'), load: load(3) }),
    b: serves({ taskArn: arn('2') }),
    c: waits({ taskArn: arn('3') }),
    d: serves({ taskArn: arn('4'), phase: 'stopping' }),
    e: rowOf(),
  });
  const { groups, outbox } = released(books, ['1', '3', '4', '9'], 7000);
  const gone = {
    drainRequested: true,
    drainDeadline: null,
    stopRequestedAt: 7000,
    phase: 'stopping',
  };
  expect(groups).toStrictEqual({
    ...books.groups,
    a: { ...books.groups.a, ...gone },
    c: { ...books.groups.c, ...gone },
  });
  expect(outbox).toEqual([
    ['a', { type: 'group.stop' }],
    ['c', { type: 'group.stop' }],
  ]);
});

it('takes back those that wait, who serves first, then who has come furthest', () => {
  const books = booksOf({
    a: rowOf({ drainRequested: true }),
    b: waits(),
    c: serves(),
    d: rowOf({ phase: 'stopping', drainRequested: true }),
    e: waits(),
    f: waits({ registered: false }),
  });
  const lucky = (most: number) => undrained(books, most).outbox.map(([groupId]) => groupId);
  expect(lucky(9)).toEqual(['b', 'e', 'f', 'a']);
  const { groups, outbox } = undrained(books, 2);
  const back = { drainRequested: false, drainDeadline: null };
  expect(groups).toStrictEqual({
    ...books.groups,
    b: { ...books.groups.b, ...back },
    e: { ...books.groups.e, ...back },
  });
  expect(outbox).toEqual([
    ['b', { type: 'group.cancelDrain' }],
    ['e', { type: 'group.cancelDrain' }],
  ]);
});

describe('a group that serves', () => {
  it('is found to last after two minutes of looks, once', () => {
    const books = booksOf({
      a: serves(),
      b: rowOf({ phase: 'running' }),
      c: serves({ stable: true }),
    });
    const first = recordServing(books, 5000);
    expect(first.nowStable).toEqual([]);
    expect(first.groups).toStrictEqual({ ...books.groups, a: serves({ servingSince: 5000 }) });
    const early = recordServing(first, 124_999);
    expect([early.nowStable, early.groups]).toStrictEqual([[], first.groups]);
    const late = recordServing(early, 125_000);
    expect(late.nowStable).toEqual(['a']);
    expect(late.groups.a).toStrictEqual(serves({ servingSince: 5000, stable: true }));
    expect(recordServing(late, 999_000)).toEqual({ ...late, nowStable: [] });
  });
});

describe('a wait that is over', () => {
  it('ends in a stop, and not a moment early', () => {
    const books = booksOf({ a: waits({ drainDeadline: 9000 }), b: waits({ drainDeadline: 9001 }) });
    const { groups, outbox } = expired(books, 9000);
    expect(groups).toStrictEqual({
      a: waits({ drainDeadline: null, stopRequestedAt: 9000, phase: 'stopping' }),
      b: waits({ drainDeadline: 9001 }),
    });
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('does not end before there is a task, nor in the place of who serves', () => {
    const books = booksOf({
      a: rowOf({ drainRequested: true, drainDeadline: 8000 }),
      b: waits({ registered: false, drainDeadline: 8000 }),
      c: serves({ load: load(0) }),
    });
    const { groups, outbox } = expired(books, 9000);
    expect(outbox).toEqual([['b', { type: 'group.stop' }]]);
    expect([groups.a, groups.c]).toStrictEqual([books.groups.a, books.groups.c]);
  });
});

describe('what the monitor stream tells', () => {
  const gone = { workers: 0, tasks: 0 };

  it('is kept for each task that it names', () => {
    const books = booksOf({
      a: serves({ taskArn: arn('1') }),
      b: serves({ taskArn: arn('2') }),
      c: rowOf(),
    });
    expect(recordLoads(books, { 1: load(3), 9: load(1) }, 500)).toStrictEqual({
      ...booksOf({
        ...books.groups,
        a: serves({ taskArn: arn('1'), load: load(3) }),
      }),
      outbox: [],
    });
  });

  it('says that a group serves', () => {
    const boots = rowOf({ taskArn: arn('1'), phase: 'provisioning' });
    const { groups, outbox } = recordLoads(booksOf({ a: boots }), { 1: load(0) }, 500);
    expect(groups.a).toStrictEqual({ ...boots, load: load(0) });
    expect(outbox).toEqual([['a', { type: 'task.registered' }]]);
  });

  it('ends the wait for an idle moment', () => {
    const books = booksOf({ a: waits({ taskArn: arn('1') }), b: waits({ taskArn: arn('2') }) });
    const { groups, outbox } = recordLoads(books, { 1: load(0), 2: load(1) }, 500);
    expect(groups.a).toMatchObject({
      drainDeadline: null,
      stopRequestedAt: 500,
      phase: 'stopping',
    });
    expect(groups.b).toMatchObject({ drainDeadline: 9000, stopRequestedAt: null });
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('does not take for idle who has lost sight of its workers while it waits', () => {
    const { groups, outbox } = recordLoads(
      booksOf({ a: waits({ taskArn: arn('1') }) }),
      { 1: gone },
      5,
    );
    expect(groups.a).toMatchObject({ drainDeadline: 9000, load: gone });
    expect(outbox).toEqual([]);
  });

  it('ends the wait of who has no worker at all', () => {
    const young = waits({ taskArn: arn('1'), registered: false, load: null });
    const { groups, outbox } = recordLoads(booksOf({ a: young }), { 1: gone }, 5);
    expect(groups.a).toMatchObject({ drainDeadline: null, stopRequestedAt: 5 });
    expect(outbox).toEqual([['a', { type: 'group.stop' }]]);
    expect(recordLoads(booksOf({ a: young }), { 1: load(2) }, 5).outbox).toEqual([
      ['a', { type: 'task.registered' }],
    ]);
  });

  it('tells since when a group that served is without workers', () => {
    let books = booksOf({
      a: serves({ taskArn: arn('1'), load: load(1) }),
      b: rowOf({ taskArn: arn('2') }),
    });
    books = recordLoads(books, { 1: gone, 2: gone }, 500);
    books = recordLoads(books, { 1: gone, 2: gone }, 700);
    expect([books.groups.a?.workersLostSince, books.groups.b?.workersLostSince]).toEqual([
      500,
      null,
    ]);
    expect(books.groups.a?.load).toEqual(gone);
    expect(recordLoads(books, { 1: load(0) }, 900).groups.a).toMatchObject({
      workersLostSince: null,
      load: load(0),
    });
  });

  it('is forgotten when it tells nothing any more', () => {
    const books = booksOf({
      a: serves({ load: load(1) }),
      b: serves({ workersLostSince: 400 }),
      c: rowOf(),
    });
    const { groups, outbox } = recordLoads(books, null, 500);
    expect(groups).toStrictEqual({ a: serves(), b: serves(), c: rowOf() });
    expect(outbox).toEqual([]);
  });
});

it('does not want a launch any more when all its groups are to leave or are gone', () => {
  const groups = { a: rowOf({ drainRequested: true }), b: rowOf() };
  const launches = { both: ['a', 'b'], left: ['a'], gone: ['a', 'x'] };
  expect(unwantedLaunches({ groups, launches })).toEqual(['left', 'gone']);
});

describe('a launch that has ended', () => {
  const end = { label: 'e-1', groups: [], refusals: [], market: 'onDemand' as const };
  const books = {
    groups: { a: rowOf({ launchedAt: 1000 }), b: rowOf({ launchedAt: 9000 }), c: rowOf() },
    launches: { 'e-1': ['a', 'b', 'c', 'x'], 'e-2': ['y'] },
  };

  it('gives each group its task, as old as the answer at most, or its refusal', () => {
    const groups = [
      { groupId: 'a', taskArn: arn('1') },
      { groupId: 'b', taskArn: arn('2') },
    ];
    const refusals = [
      { kind: 'capacity' as const, reason: 'full' },
      { kind: 'quota' as const, reason: 'too many' },
    ];
    expect(settled(books, { ...end, groups, refusals }, 5000)).toStrictEqual({
      groups: {
        a: rowOf({ taskArn: arn('1'), launchedAt: 5000 }),
        b: rowOf({ taskArn: arn('2'), launchedAt: 9000 }),
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

  it('leaves time to be told of who is to leave, if it may wait at all', () => {
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

  it('lets who was to leave and got a task stay in the place of who got none', () => {
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

  it('leaves no group waiting when it names neither', () => {
    const { outbox } = settled(books, end, 5000);
    expect(outbox.map(([groupId, { type }]) => [groupId, type])).toEqual([
      ['a', 'group.refused'],
      ['b', 'group.refused'],
      ['c', 'group.refused'],
    ]);
  });

  it('changes nothing when nobody waits for it', () => {
    expect(settled(books, { ...end, label: 'e-9' }, 5000)).toStrictEqual({
      ...books,
      outbox: [],
    });
  });
});
