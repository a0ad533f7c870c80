import { describe, expect, it } from 'vitest';
import {
  admitted,
  adopted,
  aged,
  type Books,
  countRows,
  drained,
  expired,
  type GroupRow,
  heard,
  released,
  reprieved,
  settled,
  standing,
  unwanted,
  victims,
} from '../../../machines/cohort/groupRecords.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const load = (tasks: number) => ({ workers: 4, tasks });
const waits = (given: Partial<GroupRow> = {}): GroupRow =>
  serves({ phase: 'waiting', leaving: true, waitUntil: 9000, load: load(2), ...given });
const booksOf = (groups: Record<string, GroupRow>): Books => ({ groups, launches: {} });
const nobody = { booting: 0, idle: 0, busy: 0 };
const everybody = { booting: 9, idle: 9, busy: 9 };
const plan = (label: string, groupIds: string[]) => ({
  order: {
    label,
    clientToken: `se-${label}`,
    count: groupIds.length,
    revision: 'rev:1',
    market: 'onDemand' as const,
  },
  groupIds,
  doubted: false,
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
    const stray = { groupId: 'stray', taskArn: arn('s'), createdAt: null, deadlinesFrom: 500 };
    expect(adopted(old, [stray])).toStrictEqual({
      groups: { old: serves(), stray: rowOf({ taskArn: arn('s'), launchedAt: 500 }) },
      launches: old.launches,
      toGroups: [['stray', { type: 'group.launched', taskArn: arn('s') }]],
    });
  });

  it.each([
    ['booting', rowOf()],
    ['booting', rowOf({ phase: 'running', load: load(1) })],
    ['revoked', rowOf({ leaving: true })],
    ['revoked', waits({ registered: false })],
    ['waiting', waits()],
    ['draining', rowOf({ phase: 'stopping', leaving: true })],
    ['busy', serves()],
    ['busy', serves({ load: load(1) })],
    ['idle', serves({ load: load(0) })],
    ['booting', serves({ deserted: 0 })],
    ['booting', serves({ seen: 'missing' })],
    ['busy', serves({ seen: 'missing', load: load(1) })],
  ] as const)('counts as %s: %o', (kind, row) => {
    expect(standing(row)).toBe(kind);
    expect(countRows({ a: row, b: row })).toEqual({ ...noCounts, [kind]: 2 });
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
      { booting: 2 },
      ['c', 'b'],
    ],
    [
      'has no workers any more',
      { a: rowOf({ phase: 'running', launchedAt: 9 }), b: serves({ deserted: 5 }) },
      { booting: 1 },
      ['b'],
    ],
    [
      'has no workers any more, wherever it stands in the books',
      { a: serves({ deserted: 5 }), b: rowOf({ phase: 'running', launchedAt: 9 }) },
      { booting: 1 },
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
      { booting: 2 },
      ['b', 'c'],
    ],
    [
      'is of the kind that is asked for',
      { a: serves({ load: load(1) }), b: serves({ load: load(0) }), c: rowOf(), d: waits() },
      { booting: 1, idle: 1, busy: 1 },
      ['c', 'b', 'a'],
    ],
  ] as const)('%s', (_, groups, share, expected) => {
    expect(victims(groups, { ...nobody, ...share })).toEqual(expected);
  });

  it.each([
    ['does not serve yet', { registered: false, load: load(0) }, true],
    ['does not serve yet, for all we know', { registered: false, load: null }, false],
    ['may be at work, but nobody will ever tell', { load: null }, false],
    [
      'has been seen to start only',
      { registered: false, load: null, seen: 'starting' as const },
      true,
    ],
    ['is idle', { load: load(0) }, true],
  ])('is stopped at once when it %s', (_, given, watched) => {
    const when = { at: 7000, until: 9000, watched };
    const { groups, toGroups } = drained(booksOf({ a: serves(given) }), everybody, when);
    expect(groups.a).toStrictEqual(
      serves({ ...given, leaving: true, stopAskedAt: 7000, phase: 'stopping' }),
    );
    expect(toGroups).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('may finish its work first, while there is time for that', () => {
    const busy = booksOf({ a: serves({ load: load(2) }) });
    const patient = drained(busy, everybody, { at: 7000, until: 7001, watched: false });
    expect(patient.groups.a).toStrictEqual(
      serves({ load: load(2), leaving: true, waitUntil: 7001 }),
    );
    expect(patient.toGroups).toEqual([['a', { type: 'group.drain' }]]);
    const late = { at: 7000, until: 7000, watched: true };
    expect(drained(busy, everybody, late).toGroups).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('is waited for when the stream does not tell whether it is at work, but did tell, or will', () => {
    const young = booksOf({
      a: rowOf(),
      b: rowOf({ taskArn: arn('b'), phase: 'provisioning' }),
      c: serves(),
    });
    const { groups, toGroups } = drained(young, everybody, { at: 7, until: 9, watched: true });
    const leaves = { leaving: true, waitUntil: 9 };
    expect(groups).toStrictEqual({
      a: { ...young.groups.a, ...leaves },
      b: { ...young.groups.b, ...leaves },
      c: { ...young.groups.c, ...leaves },
    });
    expect(new Set(toGroups.map(([, { type }]) => type))).toEqual(new Set(['group.drain']));
  });

  it('goes on waiting for its ARN when it has none', () => {
    const when = { at: 7000, until: 9000, watched: false };
    const { groups } = drained(booksOf({ a: rowOf() }), everybody, when);
    expect(groups.a).toStrictEqual(rowOf({ leaving: true, stopAskedAt: 7000 }));
  });

  it('gets less time, but never more, when it waits already', () => {
    const { groups } = drained(
      booksOf({ a: waits({ waitUntil: 9000 }), b: waits({ waitUntil: 4000 }), c: serves() }),
      nobody,
      { at: 3000, until: 5000, watched: true },
    );
    expect([groups.a?.waitUntil, groups.b?.waitUntil]).toEqual([5000, 4000]);
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
  const { groups, toGroups } = released(books, ['1', '3', '4', '9'], 7000);
  const gone = { leaving: true, waitUntil: null, stopAskedAt: 7000, phase: 'stopping' };
  expect(groups).toStrictEqual({
    ...books.groups,
    a: { ...books.groups.a, ...gone },
    c: { ...books.groups.c, ...gone },
  });
  expect(toGroups).toEqual([
    ['a', { type: 'group.stop' }],
    ['c', { type: 'group.stop' }],
  ]);
});

it('takes back those that wait, who serves first, then who has come furthest', () => {
  const books = booksOf({
    a: rowOf({ leaving: true }),
    b: waits(),
    c: serves(),
    d: rowOf({ phase: 'stopping', leaving: true }),
    e: waits(),
    f: waits({ registered: false }),
  });
  const lucky = (most: number) => reprieved(books, most).toGroups.map(([groupId]) => groupId);
  expect(lucky(9)).toEqual(['b', 'e', 'f', 'a']);
  const { groups, toGroups } = reprieved(books, 2);
  const back = { leaving: false, waitUntil: null };
  expect(groups).toStrictEqual({
    ...books.groups,
    b: { ...books.groups.b, ...back },
    e: { ...books.groups.e, ...back },
  });
  expect(toGroups).toEqual([
    ['b', { type: 'group.reprieve' }],
    ['e', { type: 'group.reprieve' }],
  ]);
});

describe('a group that serves', () => {
  it('is found to last after two minutes of looks, once', () => {
    const books = booksOf({
      a: serves(),
      b: rowOf({ phase: 'running' }),
      c: serves({ lasted: true }),
    });
    const first = aged(books, 5000);
    expect(first.lasting).toEqual([]);
    expect(first.groups).toStrictEqual({ ...books.groups, a: serves({ servesSince: 5000 }) });
    const early = aged(first, 124_999);
    expect([early.lasting, early.groups]).toStrictEqual([[], first.groups]);
    const late = aged(early, 125_000);
    expect(late.lasting).toEqual(['a']);
    expect(late.groups.a).toStrictEqual(serves({ servesSince: 5000, lasted: true }));
    expect(aged(late, 999_000)).toEqual({ ...late, lasting: [] });
  });
});

describe('a wait that is over', () => {
  it('ends in a stop, and not a moment early', () => {
    const books = booksOf({ a: waits({ waitUntil: 9000 }), b: waits({ waitUntil: 9001 }) });
    const { groups, toGroups } = expired(books, 9000);
    expect(groups).toStrictEqual({
      a: waits({ waitUntil: null, stopAskedAt: 9000, phase: 'stopping' }),
      b: waits({ waitUntil: 9001 }),
    });
    expect(toGroups).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('does not end before there is a task, nor in the place of who serves', () => {
    const books = booksOf({
      a: rowOf({ leaving: true, waitUntil: 8000 }),
      b: waits({ registered: false, waitUntil: 8000 }),
      c: serves({ load: load(0) }),
    });
    const { groups, toGroups } = expired(books, 9000);
    expect(toGroups).toEqual([['b', { type: 'group.stop' }]]);
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
    expect(heard(books, { 1: load(3), 9: load(1) }, 500)).toStrictEqual({
      ...booksOf({
        ...books.groups,
        a: serves({ taskArn: arn('1'), load: load(3) }),
      }),
      toGroups: [],
    });
  });

  it('says that a group serves', () => {
    const boots = rowOf({ taskArn: arn('1'), phase: 'provisioning' });
    const { groups, toGroups } = heard(booksOf({ a: boots }), { 1: load(0) }, 500);
    expect(groups.a).toStrictEqual({ ...boots, load: load(0) });
    expect(toGroups).toEqual([['a', { type: 'task.registered' }]]);
  });

  it('ends the wait for an idle moment', () => {
    const books = booksOf({ a: waits({ taskArn: arn('1') }), b: waits({ taskArn: arn('2') }) });
    const { groups, toGroups } = heard(books, { 1: load(0), 2: load(1) }, 500);
    expect(groups.a).toMatchObject({ waitUntil: null, stopAskedAt: 500, phase: 'stopping' });
    expect(groups.b).toMatchObject({ waitUntil: 9000, stopAskedAt: null });
    expect(toGroups).toEqual([['a', { type: 'group.stop' }]]);
  });

  it('does not take for idle who has lost sight of its workers while it waits', () => {
    const { groups, toGroups } = heard(
      booksOf({ a: waits({ taskArn: arn('1') }) }),
      { 1: gone },
      5,
    );
    expect(groups.a).toMatchObject({ waitUntil: 9000, load: gone });
    expect(toGroups).toEqual([]);
  });

  it('ends the wait of who has no worker at all', () => {
    const young = waits({ taskArn: arn('1'), registered: false, load: null });
    const { groups, toGroups } = heard(booksOf({ a: young }), { 1: gone }, 5);
    expect(groups.a).toMatchObject({ waitUntil: null, stopAskedAt: 5 });
    expect(toGroups).toEqual([['a', { type: 'group.stop' }]]);
    expect(heard(booksOf({ a: young }), { 1: load(2) }, 5).toGroups).toEqual([
      ['a', { type: 'task.registered' }],
    ]);
  });

  it('tells since when a group that served is without workers', () => {
    let books = booksOf({
      a: serves({ taskArn: arn('1'), load: load(1) }),
      b: rowOf({ taskArn: arn('2') }),
    });
    books = heard(books, { 1: gone, 2: gone }, 500);
    books = heard(books, { 1: gone, 2: gone }, 700);
    expect([books.groups.a?.deserted, books.groups.b?.deserted]).toEqual([500, null]);
    expect(books.groups.a?.load).toEqual(gone);
    expect(heard(books, { 1: load(0) }, 900).groups.a).toMatchObject({
      deserted: null,
      load: load(0),
    });
  });

  it('is forgotten when it tells nothing any more', () => {
    const books = booksOf({
      a: serves({ load: load(1) }),
      b: serves({ deserted: 400 }),
      c: rowOf(),
    });
    const { groups, toGroups } = heard(books, null, 500);
    expect(groups).toStrictEqual({ a: serves(), b: serves(), c: rowOf() });
    expect(toGroups).toEqual([]);
  });
});

it('does not want a launch any more when all its groups are to leave or are gone', () => {
  const groups = { a: rowOf({ leaving: true }), b: rowOf() };
  const launches = { both: ['a', 'b'], left: ['a'], gone: ['a', 'x'] };
  expect(unwanted({ groups, launches })).toEqual(['left', 'gone']);
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
      toGroups: [
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
          a: rowOf({ leaving: true, waitUntil: 4000 }),
          b: rowOf({ leaving: true, waitUntil: 30_000 }),
          c: rowOf({ leaving: true }),
        },
        launches: { 'e-1': ['a', 'b', 'c'] },
      },
      { ...end, groups },
      5000,
    ).groups;
    expect([left.a?.waitUntil, left.b?.waitUntil, left.c?.waitUntil]).toEqual([
      20_000,
      30_000,
      null,
    ]);
  });

  it('lets who was to leave and got a task stay in the place of who got none', () => {
    const leaves = rowOf({ leaving: true, waitUntil: 30_000 });
    const rows = {
      ...{ a: leaves, b: rowOf(), b2: rowOf() },
      ...{ c: leaves, d: rowOf({ leaving: true }), e: leaves },
    };
    const groups = ['a', 'c', 'd'].map((groupId) => ({ groupId, taskArn: arn(groupId) }));
    const one = settled(
      { groups: rows, launches: { 'e-1': Object.keys(rows) } },
      { ...end, groups },
      5000,
    );
    expect(one.toGroups.map(([groupId, { type }]) => `${groupId} ${type}`)).toEqual([
      'a group.reprieve',
      'a group.launched',
      'b group.refused',
      'b2 group.refused',
      'c group.reprieve',
      'c group.launched',
      'd group.launched',
      'e group.refused',
    ]);
    expect(Object.values(one.groups).map(({ leaving, waitUntil }) => [leaving, waitUntil])).toEqual(
      [
        [false, null],
        [false, null],
        [false, null],
        [false, null],
        [true, null],
        [true, 30_000],
      ],
    );
  });

  it('leaves no group waiting when it names neither', () => {
    const { toGroups } = settled(books, end, 5000);
    expect(toGroups.map(([groupId, { type }]) => [groupId, type])).toEqual([
      ['a', 'group.refused'],
      ['b', 'group.refused'],
      ['c', 'group.refused'],
    ]);
  });

  it('changes nothing when nobody waits for it', () => {
    expect(settled(books, { ...end, label: 'e-9' }, 5000)).toStrictEqual({
      ...books,
      toGroups: [],
    });
  });
});
