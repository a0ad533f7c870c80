import { describe, expect, it } from 'vitest';
import type { CohortRecords, GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { eventFor, observedByStop, reconcileObserved } from '../../../machines/cohort/observe.ts';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { timeouts } from '../../../src/paths/models/cohortFixtures.ts';
import { arn, observed, rowOf, serves } from '../../support/rows.ts';

const recordsOf = (groups: CohortRecords['groups']): CohortRecords => ({ groups, launches: {} });
const boots = (given = {}) => rowOf({ taskArn: arn('t'), phase: 'provisioning', ...given });
const runs = (given = {}) => rowOf({ taskArn: arn('t'), phase: 'running', ...given });
const stops = (given = {}) =>
  serves({ phase: 'stopping', drainRequested: true, stopRequestedAt: 1000, ...given });

const held = runs({ phase: 'held', drainRequested: true, runningAt: 0 });
const accepted = stops({ stopAccepted: true });
const unseen = serves({ observeUntil: 9e9, load: { workers: 1, tasks: 0, canceling: 0 } });

describe('an observation of a task', () => {
  const lost = { type: 'task.stopped', cause: 'lost' };
  const spot = { cause: 'interrupted', detail: 'Spot' } as const;

  it.each([
    ['is its end', runs(), observed('stopped', spot), 0, { type: 'task.stopped', ...spot }],
    [
      'is its end, for whatever reason',
      runs(),
      observed('stopped'),
      0,
      { type: 'task.stopped', cause: 'exited', detail: null },
    ],
    ['may be nothing yet', boots({ missingSince: 0 }), observed('missing'), 60_000, null],
    ['may be nothing once', boots({ deadlinesFrom: 1 }), observed('missing'), 90_000, null],
    [
      'may be nothing for a minute',
      serves({ missingSince: 30_000 }),
      observed('missing'),
      90_000,
      null,
    ],
    ['is nothing any more', boots({ missingSince: 29_999 }), observed('missing'), 90_000, lost],
    ['says that it runs', boots(), observed('running'), 0, { type: 'task.running' }],
    [
      'may take its time to start',
      boots({ deadlinesFrom: 7 }),
      ...([observed('starting'), 600_007, null] as const),
    ],
    [
      'may take too long to start',
      boots({ deadlinesFrom: 7 }),
      observed('starting'),
      600_008,
      { type: 'task.failing', cause: 'startFailed', detail: 'not running 600 s after its launch' },
    ],
    [
      'may not be known for a while',
      boots({ deadlinesFrom: 7 }),
      ...([observed('unknown'), 600_007, null] as const),
    ],
    [
      'may not be known to run for too long',
      boots({ deadlinesFrom: 7 }),
      observed('unknown'),
      600_008,
      {
        type: 'task.failing',
        cause: 'startFailed',
        detail: 'not known to run 600 s after its launch',
      },
    ],
    [
      'may not be known to run for too long, also where it is to leave',
      boots({ phase: 'waiting', drainRequested: true, drainDeadline: 9e9 }),
      observed('unknown'),
      600_001,
      { type: 'task.failing', cause: 'startFailed' },
    ],
    [
      'is no news of an unknown status: its workers serve',
      serves(),
      ...([observed('unknown'), 9e8, null] as const),
    ],
    [
      'is no news of an unknown status: it is assumed to serve',
      serves({ assumed: true, load: null }),
      ...([observed('unknown'), 9e8, null] as const),
    ],
    [
      'is no news of an unknown status: it was seen to run',
      runs({ runningAt: 1 }),
      ...([observed('unknown'), 600_000, null] as const),
    ],
    [
      'is no news of an unknown status: an earlier run has seen it run',
      boots({ ranBefore: true }),
      ...([observed('unknown'), 600_000, null] as const),
    ],
    ['is no news of an unknown status: it is held', held, observed('unknown'), 9e8, null],
    ['is no news of an unknown status: it stops', stops(), observed('unknown'), 9e8, null],
    [
      'starts again never: an earlier run has seen it run',
      boots({ ranBefore: true }),
      ...([observed('starting'), 600_000, null] as const),
    ],
    ['starts again never: its workers serve', serves(), observed('starting'), 900_000, null],
    [
      'starts again never: it was seen to run',
      runs({ runningAt: 1 }),
      ...([observed('starting'), 600_000, null] as const),
    ],
    [
      'starts again never: the monitor shows its workers',
      boots({ load: { workers: 1, tasks: 1, canceling: 0 } }),
      observed('starting'),
      900_000,
      null,
    ],
    [
      'stops no group that waits for an idle moment and has run',
      runs({ phase: 'waiting', drainRequested: true, drainDeadline: 9e9, runningAt: 1 }),
      observed('starting'),
      500,
      null,
    ],
    [
      'may be another hand that stops it',
      runs(),
      observed('stopping'),
      0,
      { type: 'task.failing', cause: 'stoppedOutside', detail: null },
    ],
    [
      'may be Spot that takes it back',
      runs(),
      observed('stopping', spot),
      0,
      { type: 'task.failing', ...spot },
    ],
    ['may be nothing once, its stop accepted', accepted, observed('missing'), 90_000, null],
    ['is denied while the workers serve', unseen, observed('missing'), 500, null],
    ['says nothing new of a held group that ends', held, observed('stopping'), 900_000, null],
    ['says nothing new of a held group that runs', held, observed('running'), 900_000, null],
    ['is as it was told to be', stops(), observed('stopping'), 99_000, null],
    ['is not yet as it was told to be', stops(), observed('running'), 16_000, null],
    ['shows that a stop got lost', stops(), observed('running'), 16_001, { type: 'group.stop' }],
    [
      'shows that no stop was requested',
      stops({ stopRequestedAt: null }),
      observed('running'),
      16_001,
      { type: 'group.stop' },
    ],
  ] as const)('%s', (_, row, seen, at, expected) => {
    const news = eventFor(row, seen, at, timeouts, true);
    if (expected === null) expect(news).toBeNull();
    else expect(news).toMatchObject(expected);
  });
});

describe('a running task', () => {
  const seen = observed('running');

  it('counts as serving after its grace period when the monitor is not connected', () => {
    const row = runs({ runningAt: 10_000 });
    expect(eventFor(row, seen, 40_000, timeouts, false)).toBeNull();
    expect(eventFor(row, seen, 40_001, timeouts, false)).toEqual({ type: 'task.registered' });
    expect(eventFor(runs(), seen, 40_001, timeouts, false)).toBeNull();
    expect(eventFor(serves({ workersLostSince: 0 }), seen, 900_000, timeouts, false)).toBeNull();
  });

  it('counts as serving as well when its status has come to be unknown, or an earlier run saw it run', () => {
    const unknown = observed('unknown');
    for (const row of [runs({ runningAt: 7 }), boots({ ranBefore: true, deadlinesFrom: 7 })]) {
      expect(eventFor(row, unknown, 30_007, timeouts, false)).toBeNull();
      expect(eventFor(row, unknown, 30_008, timeouts, false)).toEqual({ type: 'task.registered' });
    }
  });

  it('without workers fails at the start deadline, but not right after it began to run', () => {
    const row = runs({ deadlinesFrom: 7, runningAt: 10_000 });
    expect(eventFor(row, seen, 600_007, timeouts, true)).toBeNull();
    expect(eventFor(row, seen, 600_008, timeouts, true)).toEqual({
      type: 'task.failing',
      cause: 'startFailed',
      detail: 'no worker at the scheduler 600 s after the launch',
    });
    const late = runs({ runningAt: 600_000 });
    expect(eventFor(late, seen, 630_000, timeouts, true)).toBeNull();
    expect(eventFor(late, seen, 630_001, timeouts, true)).not.toBeNull();
    expect(eventFor(runs(), seen, 900_000, timeouts, true)).toBeNull();
  });

  it('is stopped when its workers have been gone for long', () => {
    const row = serves({ workersLostSince: 10_000 });
    expect(eventFor(row, seen, 130_000, timeouts, true)).toBeNull();
    expect(eventFor(row, seen, 130_001, timeouts, true)).toEqual({
      type: 'task.failing',
      cause: 'lost',
      detail: 'no worker at the scheduler for 120 s',
    });
    expect(eventFor(serves(), seen, 900_000, timeouts, true)).toBeNull();
  });
});

describe('one page of observations', () => {
  const look = (row: ReturnType<typeof rowOf>, seen: TaskObservation, at: number) => {
    const records = { groups: { a: row, b: rowOf() }, launches: {} };
    const { groups, outbox, launches } = reconcileObserved(records, [seen], at, timeouts, true);
    expect(groups.b).toBe(records.groups.b);
    expect(launches).toBe(records.launches);
    return { row: groups.a, outbox };
  };

  it('sends a group only what is new, and records what was observed', () => {
    expect(look(boots(), observed('running', { subnet: 'subnet-a' }), 500)).toStrictEqual({
      row: boots({ lastStatus: 'running', runningAt: 500, subnet: 'subnet-a' }),
      outbox: [['a', { type: 'task.running' }]],
    });
    const known = boots({ subnet: 'subnet-a', failureReason: 'network', runningAt: 400 });
    expect(look(known, observed('running'), 500).row).toStrictEqual({
      ...known,
      lastStatus: 'running',
    });
    const why = observed('stopped', { failureReason: 'capacity' });
    expect(look(boots(), why, 500).row).toMatchObject({
      failureReason: 'capacity',
      runningAt: null,
    });
  });

  it('changes nothing when it repeats the last one', () => {
    const row = boots({ lastStatus: 'starting' });
    expect(look(row, observed('starting'), 500)).toEqual({ row, outbox: [] });
    expect(look(row, observed('starting'), 500).row).toBe(row);
  });

  it('changes nothing of a group that it gives an unknown status', () => {
    for (const lastStatus of ['starting', 'running', null] as const) {
      const groups = { g: boots({ deadlinesFrom: 0, lastStatus }) };
      const { outbox, ...records } = reconcileObserved(
        recordsOf(groups),
        [observed('unknown')],
        ...([1000, timeouts, false] as const),
      );
      expect(records).toEqual(recordsOf(groups));
      expect(outbox).toEqual([]);
    }
  });

  it('changes nothing of a group that is not in it', () => {
    const row = boots({ lastStatus: 'starting' });
    expect(look(row, observed('running', { taskArn: arn('x') }), 500).row).toBe(row);
  });

  it('records since when a task is missing, and forgets it when the task is back', () => {
    const gone = look(boots({ lastStatus: 'starting' }), observed('missing'), 500).row as never;
    expect(gone).toMatchObject({ missingSince: 500 });
    expect(look(gone, observed('missing'), 700).row).toBe(gone);
    expect(look(gone, observed('starting'), 700).row).toMatchObject({ missingSince: null });
    const lost = { row: { missingSince: 500 }, outbox: [['a', { type: 'task.stopped' }]] };
    expect(look(gone, observed('missing'), 90_000)).toMatchObject(lost);
  });

  it('does not end a group whose workers the monitor shows, however long ECS denies its task', () => {
    const load = { workers: 2, tasks: 2, canceling: 0 };
    let row = serves({ load, lastStatus: 'running' });
    for (const at of [100_000, 106_000, 112_000, 170_000, 900_000]) {
      const next = look(row, observed('missing'), at);
      expect(next.outbox).toEqual([]);
      row = next.row as GroupRecord;
    }
    expect(row).toMatchObject({ phase: 'running', missingSince: 100_000 });
    // A monitor without a connection shows nothing.
    const lost = { type: 'task.stopped', cause: 'lost' };
    expect(eventFor(row, observed('missing'), 900_000, timeouts, false)).toMatchObject(lost);
    const left = { ...row, load: { ...load, workers: 0 } };
    expect(eventFor(left, observed('missing'), 900_000, timeouts, true)).toMatchObject(lost);
  });

  it('asks again for the stop of a task that ECS denies and whose workers the monitor shows', () => {
    const row = stops({ load: { workers: 1, tasks: 0, canceling: 0 }, missingSince: 0 });
    const stop = { type: 'group.stop' };
    expect(eventFor(row, observed('missing'), 90_000, timeouts, true)).toEqual(stop);
  });

  it('records since when ECS shows a task as starting that is assumed to serve', () => {
    const row = serves({ assumed: true, lastStatus: 'starting' });
    expect(look(row, observed('starting'), 500).row).toMatchObject({ startingSince: 500 });
  });

  it('keeps a task that has run as running when ECS says that it starts', () => {
    const row = serves({ lastStatus: 'running', runningAt: 400 });
    expect(look(row, observed('starting'), 500)).toEqual({ row, outbox: [] });
    const missing = serves({ lastStatus: 'missing', missingSince: 400 });
    expect(look(missing, observed('starting'), 500)).toEqual({
      row: { ...missing, lastStatus: 'running', missingSince: null },
      outbox: [],
    });
  });

  it('knows that the container of a task has ended, and keeps that', () => {
    const row = stops({ lastStatus: 'stopping' });
    const ended = { ...row, executionStopped: true };
    const seen = observed('stopping', { executionStopped: true });
    expect(look(row, seen, 500)).toEqual({ row: ended, outbox: [] });
    expect(look(ended, observed('stopping'), 500).row).toBe(ended);
  });

  it('records when a stop was requested', () => {
    const told = { phase: 'stopping', drainDeadline: null };
    const waiting = runs({ drainRequested: true, drainDeadline: 900 });
    expect(look(waiting, observed('stopping'), 500).row).toMatchObject({
      ...{ ...told, stopRequestedAt: 500 },
    });
    expect(look(stops(), observed('running'), 20_000).row).toMatchObject({
      stopRequestedAt: 20_000,
    });
    expect(look(stops(), observed('stopping'), 20_000).row).toMatchObject({
      stopRequestedAt: 1000,
    });
  });
});

it('a group that waits for an idle moment is stopped if its workers cannot have started yet', () => {
  const waiting = { drainRequested: true, drainDeadline: 9000 };
  const records = recordsOf({
    a: boots(waiting),
    b: boots({ taskArn: arn('b') }),
    c: boots({ taskArn: arn('c'), ...waiting }),
    d: serves({ taskArn: arn('d'), ...waiting }),
  });
  const observations = [
    observed('starting'),
    observed('starting', { taskArn: arn('b') }),
    observed('running', { taskArn: arn('c') }),
    observed('starting', { taskArn: arn('d') }),
  ];
  const { groups, outbox } = reconcileObserved(records, observations, 5000, timeouts, true);
  expect(outbox).toEqual([
    ['a', { type: 'group.stop' }],
    ['c', { type: 'task.running' }],
  ]);
  expect(groups.a).toMatchObject({ phase: 'stopping', drainDeadline: null, stopRequestedAt: 5000 });
  expect(groups.c).toMatchObject({
    phase: 'provisioning',
    drainDeadline: 9000,
    stopRequestedAt: null,
  });
});

describe('a description of groups of which some drain and were not described yet', () => {
  const leaves = (id: string, given: Partial<GroupRecord> = {}) =>
    rowOf({
      ...{ taskArn: arn(id), phase: 'waiting', drainRequested: true, observeUntil: 9000 },
      ...given,
    });
  const stays = (id: string, given: Partial<GroupRecord> = {}) =>
    rowOf({ taskArn: arn(id), phase: 'provisioning', ...given });
  const seen = (id: string, phase: TaskObservation['phase']) =>
    observed(phase, { taskArn: arn(id) });
  const look = (groups: Record<string, GroupRecord>, ...observations: TaskObservation[]) => {
    const step = reconcileObserved(recordsOf(groups), observations, 5000, timeouts, false);
    const news = step.outbox.map(([groupId, { type }]) => `${groupId} ${type}`);
    return { groups: step.groups, news };
  };

  it.each([
    ['stopped', 'running', ['b group.cancelDrain', 'a task.stopped']],
    ['stopping', 'starting', ['b group.cancelDrain', 'a task.failing']],
    ['missing', 'running', ['b group.cancelDrain', 'a group.stop']],
    ['running', 'running', ['a task.running', 'b group.stop']],
    ['starting', 'starting', ['b group.stop']],
    ['missing', 'missing', []],
    ['stopped', 'missing', ['a task.stopped']],
    ['stopped', 'stopped', ['a task.stopped', 'b task.stopped']],
  ] as const)('shows one that stays as %s and one that leaves as %s', (a, b, expected) => {
    const { news, groups } = look({ a: stays('a'), b: leaves('b') }, seen('a', a), seen('b', b));
    expect(news).toEqual(expected);
    const stopped = {
      phase: 'stopping',
      drainRequested: true,
      observeUntil: null,
      stopRequestedAt: 5000,
    };
    if (expected[0] === 'b group.cancelDrain') {
      expect(groups.b).toMatchObject({ drainRequested: false, observeUntil: null, lastStatus: b });
      if (a === 'missing') expect(groups.a).toMatchObject(stopped);
    } else if (b === 'missing')
      expect(groups.b).toMatchObject({ observeUntil: 9000, lastStatus: b });
    else if (b !== 'stopped') expect(groups.b).toMatchObject(stopped);
  });

  it('keeps a living group in place of one whose launch has no answer', () => {
    const { news, groups } = look({ a: rowOf(), b: leaves('b') }, seen('b', 'starting'));
    expect(news).toEqual(['b group.cancelDrain', 'a group.stop']);
    expect(groups.a).toStrictEqual(rowOf({ drainRequested: true, stopRequestedAt: 5000 }));
  });

  it('keeps a living group in place of one that was missing and of which nothing new is shown', () => {
    for (const shown of [[], [seen('a', 'unknown')]]) {
      const rows = { a: stays('a', { lastStatus: 'missing' }), b: leaves('b') };
      const { news } = look(rows, ...shown, seen('b', 'running'));
      expect(news).toEqual(['b group.cancelDrain', 'a group.stop']);
    }
  });

  it('keeps as many groups as have ended, serving groups first, then running ones', () => {
    const groups = {
      a: stays('a'),
      b: leaves('b'),
      c: leaves('c'),
      d: leaves('d', { registered: true }),
      e: stays('e'),
    };
    const given = [
      ...[seen('a', 'stopped'), seen('b', 'starting'), seen('c', 'running'), seen('d', 'running')],
      seen('e', 'stopped'),
    ];
    expect(look(groups, ...given).news.filter((each) => each.includes('group'))).toEqual([
      ...['d group.cancelDrain', 'c group.cancelDrain', 'b group.stop'],
    ]);
    const { e: _, ...fewer } = groups;
    expect(look(fewer, ...given).news.filter((each) => each.includes('group'))).toEqual([
      ...['d group.cancelDrain', 'b group.stop', 'c group.stop'],
    ]);
  });

  it('keeps one that runs rather than one that starts', () => {
    const order = (...ids: string[]) =>
      look(
        { a: rowOf(), ...Object.fromEntries(ids.map((id) => [id, leaves(id)])) },
        ...[seen('starts', 'starting'), seen('runs', 'running')],
      ).news[0];
    expect(order('starts', 'runs')).toBe('runs group.cancelDrain');
    expect(order('runs', 'starts')).toBe('runs group.cancelDrain');
  });

  it('keeps none that a person drains, that is not shown, or that was taken back just now', () => {
    const others = {
      b: leaves('b', { evicted: true, drainDeadline: 9000 }),
      c: leaves('c', { drainDeadline: 9000 }),
      d: leaves('d', { drainRequested: false, observeUntil: null }),
    };
    const { news } = look({ a: rowOf(), ...others }, seen('b', 'running'), seen('d', 'running'));
    expect(news).toEqual([]);
  });

  it('counts ended groups before it stops a group without a task', () => {
    const rows = { a: rowOf(), b: stays('b'), c: leaves('c') };
    const { news } = look(rows, seen('b', 'stopped'), seen('c', 'running'));
    expect(news).toEqual(['c group.cancelDrain', 'b task.stopped']);
  });

  it('keeps a serving group in an idle moment, and one that has workers', () => {
    const rows = {
      a: serves({ taskArn: arn('a') }),
      b: stays('b', { load: { workers: 1, tasks: 0, canceling: 0 } }),
      c: leaves('c'),
    };
    const given = [seen('a', 'missing'), seen('b', 'missing'), seen('c', 'running')];
    expect(look(rows, ...given).news).toEqual(['c group.stop']);
  });

  it('does not keep a group in place of one that already drains or stops', () => {
    const rows = {
      a: stops({ taskArn: arn('a'), stopRequestedAt: 4000 }),
      b: leaves('b', { phase: 'provisioning' }),
      c: leaves('c'),
    };
    const given = [seen('a', 'stopped'), seen('b', 'stopped'), seen('c', 'running')];
    expect(look(rows, ...given).news).not.toContain('c group.cancelDrain');
  });

  it('lets a group that may be busy end its work', () => {
    const waits = { drainDeadline: 20_000 };
    const rows = {
      a: leaves('a', waits),
      b: leaves('b', { ...waits, load: { workers: 1, tasks: 2, canceling: 0 } }),
      c: leaves('c', { ...waits, load: { workers: 1, tasks: 0, canceling: 0 } }),
      d: leaves('d', { ...waits, load: { workers: 0, tasks: 0, canceling: 0 } }),
      e: leaves('e', waits),
    };
    const running = ['a', 'b', 'c', 'd'].map((id) => seen(id, 'running'));
    const { news, groups } = look(rows, ...running, seen('e', 'starting'));
    expect(news).toEqual(['c group.stop', 'd group.stop', 'e group.stop']);
    expect(groups.a).toMatchObject({ drainDeadline: 20_000, observeUntil: null, phase: 'waiting' });
    expect(groups.b).toMatchObject({ drainDeadline: 20_000, observeUntil: null, phase: 'waiting' });
  });
});

describe('a task whose worker cancels a task', () => {
  const load = { workers: 2, tasks: 1, canceling: 1 };
  const observe = (record: ReturnType<typeof rowOf>, at: number, ...seen: TaskObservation[]) =>
    reconcileObserved({ groups: { a: record }, launches: {} }, seen, at, timeouts, true);

  it('is held when it fails, and is not told to stop again while it is held', () => {
    const reclaimed = observed('stopping', { cause: 'interrupted', detail: 'Spot' });
    const { groups, outbox } = observe(serves({ load }), 500, reclaimed);
    expect(outbox).toEqual([
      ['a', { type: 'task.failing', cause: 'interrupted', detail: 'Spot', hold: true }],
    ]);
    expect(groups.a).toMatchObject({ phase: 'held', stopHeldSince: 500 });
    const again = observe(groups.a as never, 60_000, observed('running'));
    expect(again.outbox).toEqual([]);
    expect(observe(groups.a as never, 600, observed('stopped')).outbox).toMatchObject([
      ['a', { type: 'task.stopped' }],
    ]);
  });
});

describe('the answer to a StopTask', () => {
  const other = stops({ taskArn: arn('u') });
  const answered = (seen: TaskObservation, given: Partial<GroupRecord> = {}) =>
    observedByStop(recordsOf({ a: stops(given), b: other }), 'a', seen, 5000, timeouts);

  it('is the end of a task that has ended unseen', () => {
    const seen = observed('stopped', { cause: 'exited', livedMs: 80_000, createdAt: 7 });
    const { groups, outbox } = answered(seen);
    expect(outbox).toEqual([['a', { type: 'task.stopped', cause: 'exited', detail: null }]]);
    expect(groups.a).toMatchObject({ lastStatus: 'stopped', livedMs: 80_000, billedFrom: 7 });
  });

  it('shows that any other task has lived until it was told to stop, if not longer', () => {
    const seen = observed('running', { createdAt: 7, market: 'spot' });
    const a = { ...stops(), billedFrom: 7, market: 'spot', aliveUntil: 1000 };
    expect(answered(seen)).toEqual({ ...recordsOf({ a, b: other } as never), outbox: [] });
    const until = (given: object) => answered(seen, given).groups.a?.aliveUntil;
    expect([until({ aliveUntil: 4000 }), until({ stopRequestedAt: null })]).toEqual([4000, 5000]);
  });

  it.each(['stopped', 'stopping'] as const)('says nothing of a group that is gone: %s', (phase) => {
    const step = observedByStop(recordsOf({}), 'a', observed(phase), 5000, timeouts);
    expect(step).toEqual({ ...recordsOf({}), outbox: [] });
  });
});

it('a group whose stop was accepted ends at once when its cluster does not exist any more', () => {
  const gone = observed('missing', { clusterGone: true });
  const at = (given: Partial<GroupRecord>) =>
    eventFor(stops(given), gone, 2000, timeouts, false)?.type;
  expect(at({ stopAccepted: true })).toBe('task.stopped');
  expect(at({ stopAccepted: false })).toBeUndefined();
});

it('a task of an unknown status, not one that stops, is known to have started if ECS shows when', () => {
  for (const [phase, ...known] of [['unknown', 7, 0] as const, ['stopping', null, 1] as const]) {
    const [boots, started] = [runs({ registered: false }), observed(phase, { startedAt: 7 })];
    const next = reconcileObserved(recordsOf({ a: boots }), [started], 600_000, timeouts, true);
    expect([next.groups.a?.runningAt, next.outbox.length]).toEqual(known);
  }
});
