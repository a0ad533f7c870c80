import { describe, expect, it } from 'vitest';
import {
  noCancellations,
  onTaskStates,
  onWorkerList,
} from '../../../machines/scheduler/cancellations.ts';
import {
  type DeadTasks,
  deadAtStart,
  isNoted,
  markTaskDead,
  type NotedTimes,
  noneNoted,
  onDeadWorkers,
  onReportsLost,
  reportableWorkers,
  withNoted,
  withoutAcknowledged,
  withoutNoted,
  withoutNoticed,
  workersOfDead,
} from '../../../machines/scheduler/deadWorkers.ts';
import type { TaskState } from '../../../machines/scheduler/messages.ts';
import type { Cause } from '../../../machines/shared/domain.ts';

const one = 'Worker|ECS-a|1|2';
const two = 'Worker|ECS-a|1|3';
const other = 'Worker|ECS-b|1|4';
const dead = markTaskDead(noneNoted, 'a', 0);
const settled = onWorkerList(noCancellations);
const canceling = (before: typeof settled, workerId: string, state: TaskState = 'canceling') =>
  onTaskStates(before, [{ type: 'monitor.task', taskId: 't', state, workerId }]);

describe('the workers of a dead task', () => {
  it('are reportable while they count as connected', () => {
    const connected = { a: { [one]: 1, [two]: 0 }, b: { [other]: 1 } };
    expect(reportableWorkers(dead, { connected, cancellations: settled })).toEqual([one, two]);
    expect(
      reportableWorkers(dead, { connected: { b: { [other]: 1 } }, cancellations: settled }),
    ).toEqual([]);
    expect(reportableWorkers(noneNoted, { connected, cancellations: settled })).toEqual([]);
  });

  it('are left to the scheduler once it must have noticed by itself', () => {
    const { lately } = dead;
    expect(lately).toEqual<DeadTasks>({ a: 0 });
    expect(withoutNoticed(lately, 59_999)).toBe(lately);
    expect(withoutNoticed(lately, 60_000)).toEqual({});
    const both = markTaskDead(dead, 'b', 1).lately;
    expect(withoutNoticed(both, 60_000)).toEqual<DeadTasks>({ b: 1 });
  });

  it('are those of a task that died once, whether lately or not', () => {
    expect(markTaskDead(dead, 'a', 50_000)).toBe(dead);
    const before: NotedTimes = { earlier: { a: 0 }, lately: {} };
    expect(markTaskDead(before, 'a', 50_000)).toBe(before);
    const connected = { a: { [one]: 1 }, b: { [other]: 1 } };
    const shown = { connected, cancellations: settled };
    expect(reportableWorkers(markTaskDead(before, 'b', 9), shown)).toEqual([one, other]);
    expect(workersOfDead('b', shown)).toEqual([other]);
    expect(workersOfDead('c', shown)).toEqual([]);
  });

  it('are kept for every task, and all of them are copied for one task in fifty', () => {
    let known: NotedTimes = { earlier: { before: 0 }, lately: {} };
    let copies = 0;
    for (let n = 1; n <= 250; n++) {
      const { earlier } = known;
      known = markTaskDead(known, `t${n}`, n);
      copies += known.earlier === earlier ? 0 : 1;
      expect(Object.keys(known.lately).length).toBeLessThanOrEqual(50);
    }
    const all = {
      before: 0,
      ...Object.fromEntries([...Array(250)].map((_, i) => [`t${i + 1}`, i + 1])),
    };
    expect({ ...known.earlier, ...known.lately }).toEqual(all);
    expect(copies).toBe(4);
  });

  it('are known to a start from the journal, if they died a moment ago and of themselves', () => {
    const ended = (
      taskId: string,
      cause: Cause,
      endedAt: number,
      detail: string | null = null,
    ) => ({ ...{ taskArn: `arn/${taskId}`, cause, endedAt, detail } });
    const oom = 'EssentialContainerExited; OutOfMemoryError: Container killed due to memory usage';
    const history = [
      ended('new', 'exited', 40_001),
      ended('reclaimed', 'interrupted', 50_000),
      ended('stopped', 'stoppedOutside', 60_000),
      ended('old', 'exited', 40_000),
      // By a clock that was ahead.
      ended('later', 'exited', 900_000),
      // These were to be drained, and ended before StopTask reached them.
      ended('drainedOom', 'drained', 70_000, oom),
      ended('drainedSpot', 'drained', 80_000, 'SpotInterruption; interrupted'),
      // This one was given up, and ECS showed its end later.
      ended('lostSpot', 'lost', 85_000, 'SpotInterruption; interrupted'),
      // These said goodbye, or may live.
      ended('drainedByUs', 'drained', 90_000, 'UserInitiated; scaler-ecs: no longer desired'),
      ended('drained', 'drained', 90_000),
      ended('lost', 'lost', 90_000),
      { taskArn: null, cause: 'launchFailed', detail: null, endedAt: 90_000 } as const,
      // This one names no task.
      { taskArn: null, cause: 'exited', detail: null, endedAt: 90_000 } as const,
    ];
    const dead = (at: number) => deadAtStart(history, { at, writtenAt: 100_000 });
    const times = {
      ...{ new: 40_001, reclaimed: 50_000, stopped: 60_000, later: 100_000 },
      ...{ drainedOom: 70_000, drainedSpot: 80_000, lostSpot: 85_000 },
    };
    expect(dead(100_000)).toEqual<DeadTasks>(times);
    // The clock was set since, or the daemon did not run for a day.
    for (const by of [86_400_000, -50_000])
      expect(dead(100_000 + by)).toEqual(
        Object.fromEntries(Object.entries(times).map(([taskId, since]) => [taskId, since + by])),
      );
    expect(deadAtStart([], { at: 100_000, writtenAt: 0 })).toEqual({});
  });

  it('are not reportable while a task of theirs is being cancelled', () => {
    const connected = { a: { [one]: 1 } };
    const cancelling = canceling(settled, one);
    expect(reportableWorkers(dead, { connected, cancellations: cancelling })).toEqual([]);
    expect(
      reportableWorkers(dead, { connected, cancellations: canceling(cancelling, one, 'canceled') }),
    ).toEqual([one]);
  });

  it('are not reportable while more is being cancelled than is known', () => {
    const connected = { a: { [one]: 1 } };
    expect(reportableWorkers(dead, { connected, cancellations: noCancellations })).toEqual([]);
    expect(reportableWorkers(dead, { connected, cancellations: onWorkerList(settled, 1) })).toEqual(
      [],
    );
    // The task belongs to another worker.
    const known = onWorkerList(canceling(settled, other), 1);
    expect(reportableWorkers(dead, { connected, cancellations: known })).toEqual([one]);
    expect(reportableWorkers(dead, { connected, cancellations: onWorkerList(known, 2) })).toEqual(
      [],
    );
  });
});

describe('times that are noted', () => {
  it('are kept while they mean something', () => {
    let noted = withNoted(noneNoted, ['old'], 1000);
    const others = (from: number) => Array.from({ length: 30 }, (_, n) => `w${from + n}`);
    noted = withNoted(noted, others(0), 2000);
    noted = withNoted(noted, others(30), 60_999);
    expect(isNoted(noted, 'old')).toBe(true);
    noted = withNoted(noted, others(60), 61_000);
    expect(isNoted(noted, 'old')).toBe(false);
    expect(others(0).every((id) => isNoted(noted, id))).toBe(true);
  });

  it('are taken back one by one', () => {
    const noted = { earlier: { a: 1, b: 2 }, lately: { c: 3, d: 4 } };
    expect(withoutNoted(noted, ['a'])).toEqual({ earlier: { b: 2 }, lately: { c: 3, d: 4 } });
    expect(withoutNoted(noted, ['c'])).toEqual({ earlier: { a: 1, b: 2 }, lately: { d: 4 } });
    expect(withoutNoted(noted, ['c', 'a'])).toEqual({ earlier: { b: 2 }, lately: { d: 4 } });
  });
});

describe('reports', () => {
  const start = { deadWorkers: [], unreported: [], reported: noneNoted };
  const change = (added: string[], removed: string[] = []) => ({ added, removed });

  it('are due of the workers that are named, until they are named no more', () => {
    const due = onDeadWorkers(start, change([one, two]));
    expect(due).toEqual({ deadWorkers: [one, two], unreported: [one, two] });
    expect(onDeadWorkers({ ...start, ...due }, change([other], [one]))).toEqual({
      ...{ deadWorkers: [two, other], unreported: [two, other] },
    });
  });

  it('are made once for each worker: one that is named again has come back', () => {
    const reported = withNoted(noneNoted, [one], 1000);
    expect(onDeadWorkers({ ...start, reported }, change([one, two]))).toEqual({
      ...{ deadWorkers: [one, two], unreported: [two] },
    });
  });

  it('that could not be sent are made again of workers that are named still', () => {
    const reported = withNoted(noneNoted, [one, two], 1000);
    const before = { deadWorkers: [one], unreported: [other], reported };
    const left = { earlier: {}, lately: { [two]: 1000 } };
    expect(onReportsLost(before, [one])).toEqual({ unreported: [other, one], reported: left });
    expect(onReportsLost(before, [two])).toMatchObject({ unreported: [other] });
    expect(onReportsLost(before, [])).toEqual({ unreported: [other], reported });
  });

  it('is acknowledged once, in whatever order the answers come', () => {
    expect(withoutAcknowledged([one, two, other], two)).toEqual([one, other]);
    expect(withoutAcknowledged([one, two], 'another name')).toEqual([two]);
    expect(withoutAcknowledged([], one)).toEqual([]);
  });
});
