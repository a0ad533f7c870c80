import { describe, expect, it } from 'vitest';
import type { Books, GroupRow } from '../../../machines/cohort/groupRecords.ts';
import { compared, meaning, presumed } from '../../../machines/cohort/observe.ts';
import type { TaskSighting } from '../../../machines/shared/domain.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const patience = {
  missingGraceMs: 60_000,
  bootGraceMs: 30_000,
  startDeadlineMs: 600_000,
  desertedMs: 120_000,
  blindStopMs: 180_000,
  blindEndMs: 5000,
};
const sighting = (
  phase: TaskSighting['phase'],
  more: Partial<TaskSighting> = {},
): TaskSighting => ({
  ...{ taskArn: arn('t'), phase, cause: null, detail: null, createdAt: null },
  ...more,
});
const booksOf = (groups: Record<string, GroupRow>): Books => ({ groups, launches: {} });
const boots = (given = {}) => rowOf({ taskArn: arn('t'), phase: 'provisioning', ...given });
const runs = (given = {}) => rowOf({ taskArn: arn('t'), phase: 'running', ...given });
const stops = (given = {}) =>
  serves({ phase: 'stopping', leaving: true, stopAskedAt: 1000, ...given });

describe('what ECS shows of a group', () => {
  const lost = { type: 'task.stopped', cause: 'lost' };
  const spot = { cause: 'interrupted', detail: 'Spot' } as const;

  it.each([
    ['is its end', runs(), sighting('stopped', spot), 0, { type: 'task.stopped', ...spot }],
    [
      'is its end, for whatever reason',
      runs(),
      sighting('stopped'),
      0,
      { type: 'task.stopped', cause: 'exited', detail: null },
    ],
    ['may be nothing yet', boots({ missingSince: 0 }), sighting('missing'), 60_000, null],
    ['may be nothing once', boots({ launchedAt: 1 }), sighting('missing'), 90_000, null],
    [
      'may be nothing twice in ten seconds',
      boots({ missingSince: 80_001 }),
      sighting('missing'),
      90_000,
      null,
    ],
    ['is nothing any more', boots({ missingSince: 80_000 }), sighting('missing'), 90_000, lost],
    ['says that it runs', boots(), sighting('running'), 0, { type: 'task.running' }],
    ['may take its time to start', boots({ launchedAt: 7 }), sighting('starting'), 600_007, null],
    [
      'may take too long to start',
      boots({ launchedAt: 7 }),
      sighting('starting'),
      600_008,
      { type: 'task.failing', cause: 'startFailed', detail: 'not running 600 s after its launch' },
    ],
    [
      'may be another hand that stops it',
      runs(),
      sighting('stopping'),
      0,
      { type: 'task.failing', cause: 'stoppedOutside', detail: null },
    ],
    [
      'may be Spot that takes it back',
      runs(),
      sighting('stopping', spot),
      0,
      { type: 'task.failing', ...spot },
    ],
    ['is as it was told to be', stops(), sighting('stopping'), 99_000, null],
    ['is not yet as it was told to be', stops(), sighting('running'), 16_000, null],
    ['shows that a stop got lost', stops(), sighting('running'), 16_001, { type: 'group.stop' }],
    [
      'shows that nobody has asked for a stop',
      stops({ stopAskedAt: null }),
      sighting('running'),
      16_001,
      { type: 'group.stop' },
    ],
  ] as const)('%s', (_, row, seen, at, expected) => {
    const news = meaning(row, seen, at, patience, true);
    if (expected === null) expect(news).toBeNull();
    else expect(news).toMatchObject(expected);
  });
});

describe('a task that runs', () => {
  const seen = sighting('running');

  it('has workers after its grace, when nothing else can tell', () => {
    const row = runs({ runningAt: 10_000 });
    expect(meaning(row, seen, 40_000, patience, false)).toBeNull();
    expect(meaning(row, seen, 40_001, patience, false)).toEqual({ type: 'task.registered' });
    expect(meaning(runs(), seen, 40_001, patience, false)).toBeNull();
    expect(meaning(serves({ deserted: 0 }), seen, 900_000, patience, false)).toBeNull();
  });

  it('without workers fails by the deadline, but not just when it has begun to run', () => {
    const row = runs({ launchedAt: 7, runningAt: 10_000 });
    expect(meaning(row, seen, 600_007, patience, true)).toBeNull();
    expect(meaning(row, seen, 600_008, patience, true)).toEqual({
      type: 'task.failing',
      cause: 'startFailed',
      detail: 'no worker at the scheduler 600 s after the launch',
    });
    const late = runs({ runningAt: 600_000 });
    expect(meaning(late, seen, 630_000, patience, true)).toBeNull();
    expect(meaning(late, seen, 630_001, patience, true)).not.toBeNull();
    expect(meaning(runs(), seen, 900_000, patience, true)).toBeNull();
  });

  it('is given up when its workers have been gone for long', () => {
    const row = serves({ deserted: 10_000 });
    expect(meaning(row, seen, 130_000, patience, true)).toBeNull();
    expect(meaning(row, seen, 130_001, patience, true)).toEqual({
      type: 'task.failing',
      cause: 'lost',
      detail: 'no worker at the scheduler for 120 s',
    });
    expect(meaning(serves(), seen, 900_000, patience, true)).toBeNull();
  });
});

describe('a look', () => {
  const look = (row: ReturnType<typeof rowOf>, seen: TaskSighting, at: number) => {
    const books = { groups: { a: row, b: rowOf() }, launches: {} };
    const { groups, toGroups, launches } = compared(books, [seen], at, patience, true);
    expect(groups.b).toBe(books.groups.b);
    expect(launches).toBe(books.launches);
    return { row: groups.a, toGroups };
  };

  it('tells a group what is new, and keeps what was seen', () => {
    expect(look(boots(), sighting('running', { subnet: 'subnet-a' }), 500)).toStrictEqual({
      row: boots({ seen: 'running', runningAt: 500, subnet: 'subnet-a' }),
      toGroups: [['a', { type: 'task.running' }]],
    });
    const known = boots({ subnet: 'subnet-a', blame: 'network', runningAt: 400 });
    expect(look(known, sighting('running'), 500).row).toStrictEqual({ ...known, seen: 'running' });
    const why = sighting('stopped', { blame: 'capacity' });
    expect(look(boots(), why, 500).row).toMatchObject({ blame: 'capacity', runningAt: null });
  });

  it('changes nothing that it shows again', () => {
    const row = boots({ seen: 'starting' });
    expect(look(row, sighting('starting'), 500)).toEqual({ row, toGroups: [] });
    expect(look(row, sighting('starting'), 500).row).toBe(row);
  });

  it('changes nothing of a group that it does not show', () => {
    const row = boots({ seen: 'starting' });
    expect(look(row, sighting('running', { taskArn: arn('x') }), 500).row).toBe(row);
  });

  it('knows since when a task is missing, and forgets that when it is back', () => {
    const gone = look(boots({ seen: 'starting' }), sighting('missing'), 500).row as never;
    expect(gone).toMatchObject({ missingSince: 500 });
    expect(look(gone, sighting('missing'), 700).row).toBe(gone);
    expect(look(gone, sighting('starting'), 700).row).toMatchObject({ missingSince: null });
    const lost = { row: { missingSince: 500 }, toGroups: [['a', { type: 'task.stopped' }]] };
    expect(look(gone, sighting('missing'), 90_000)).toMatchObject(lost);
  });

  it('knows when a stop was asked for', () => {
    const told = { phase: 'stopping', waitUntil: null };
    const waiting = runs({ leaving: true, waitUntil: 900 });
    expect(look(waiting, sighting('stopping'), 500).row).toMatchObject({
      ...{ ...told, stopAskedAt: 500 },
    });
    expect(look(stops(), sighting('running'), 20_000).row).toMatchObject({ stopAskedAt: 20_000 });
    expect(look(stops(), sighting('stopping'), 20_000).row).toMatchObject({ stopAskedAt: 1000 });
  });
});

it('stops who waits for an idle moment of workers that cannot be there yet', () => {
  const waiting = { leaving: true, waitUntil: 9000 };
  const books = booksOf({
    a: boots(waiting),
    b: boots({ taskArn: arn('b') }),
    c: boots({ taskArn: arn('c'), ...waiting }),
    d: serves({ taskArn: arn('d'), ...waiting }),
  });
  const sightings = [
    sighting('starting'),
    sighting('starting', { taskArn: arn('b') }),
    sighting('running', { taskArn: arn('c') }),
    sighting('starting', { taskArn: arn('d') }),
  ];
  const { groups, toGroups } = compared(books, sightings, 5000, patience, true);
  expect(toGroups).toEqual([
    ['a', { type: 'group.stop' }],
    ['c', { type: 'task.running' }],
  ]);
  expect(groups.a).toMatchObject({ phase: 'stopping', waitUntil: null, stopAskedAt: 5000 });
  expect(groups.c).toMatchObject({ phase: 'provisioning', waitUntil: 9000, stopAskedAt: null });
});

it('presumes stopped what took a StopTask long enough ago, when nobody may look', () => {
  const patience = { blindStopMs: 100, startDeadlineMs: 9e9 } as never;
  const books = booksOf({
    a: serves({ stopAccepted: true, stopAskedAt: 899 }),
    b: serves({ stopAccepted: true, stopAskedAt: 900 }),
    c: serves({ taskArn: null, phase: 'stopping', stopAskedAt: -9e9 }),
    d: serves({ stopAccepted: true, stopAskedAt: null }),
  });
  const { toGroups, ...rest } = presumed(books, 1000, patience, false);
  expect(toGroups).toEqual([['a', expect.objectContaining({ type: 'task.stopped' })]]);
  expect(rest).toStrictEqual(books);
});

describe('when nobody may look', () => {
  const patience = { blindStopMs: 100, startDeadlineMs: 5000, desertedMs: 3000 } as never;
  const types = ({ toGroups }: { toGroups: [string, { type: string }][] }) =>
    toGroups.map(([groupId, { type }]) => `${groupId} ${type}`);

  it('a stop that was not taken is asked for again', () => {
    const books = booksOf({
      a: serves({ phase: 'stopping', stopAskedAt: 4999 }),
      b: serves({ phase: 'stopping', stopAskedAt: 5000 }),
      c: serves({ phase: 'stopping', stopAskedAt: null }),
    });
    const step = presumed(books, 20_000, patience, true);
    expect(types(step)).toEqual(['a group.stop']);
    expect(step.groups.a).toStrictEqual(serves({ phase: 'stopping', stopAskedAt: 20_000 }));
    expect(step.groups.b).toBe(books.groups.b);
  });

  it('who is without workers for long is stopped to make sure, if somebody tells of workers', () => {
    const books = booksOf({ a: serves({ deserted: 999 }), b: serves({ deserted: 1000 }) });
    const step = presumed(books, 4000, patience, true);
    expect(types(step)).toEqual(['a task.failing']);
    expect(step.groups.a).toMatchObject({ phase: 'stopping', stopAskedAt: 4000 });
    expect(types(presumed(books, 4000, patience, false))).toEqual([]);
  });

  it('who has had time enough to start counts as serving, if nobody tells of workers', () => {
    const young = rowOf({ taskArn: arn('1'), launchedAt: 1000 });
    const books = booksOf({ a: { ...young, launchedAt: 999 }, b: young, c: serves() });
    expect(types(presumed(books, 6000, patience, false))).toEqual(['a task.registered']);
  });

  it('whose workers have not come in that time is stopped to make sure, if somebody tells of workers', () => {
    const young = rowOf({ taskArn: arn('1'), launchedAt: 1000 });
    const books = booksOf({ a: { ...young, launchedAt: 999 }, b: young, c: serves() });
    const { toGroups } = presumed(books, 6000, patience, true);
    expect(toGroups).toEqual([
      ['a', expect.objectContaining({ type: 'task.failing', cause: 'startFailed' })],
    ]);
  });
});
