import { describe, expect, it } from 'vitest';
import { eventFor, reconcileObserved } from '../../../machines/cohort/observe.ts';
import {
  eventForRunning,
  eventForStarted,
  eventForUnknown,
} from '../../../machines/cohort/started.ts';
import { timeouts } from '../../../src/paths/models/cohortFixtures.ts';
import { arn, observed, rowOf, serves } from '../../support/rows.ts';

const hours = 2 * 3_600_000;
const runs = (given = {}) =>
  rowOf({ taskArn: arn('t'), phase: 'running', runningAt: 10_000, ...given });
const neverCame = {
  ...{ type: 'task.failing', cause: 'startFailed' },
  detail: 'no worker at the scheduler 7200 s after the launch',
};
const gone = {
  ...{ type: 'task.failing', cause: 'lost' },
  detail: 'no worker at the scheduler for 7200 s',
};

describe.each(['running', 'unknown', 'starting'] as const)(
  'a task that has started and has the status %s',
  (phase) => {
    const eventAt = (record: ReturnType<typeof runs>, at: number, monitorConnected = true) =>
      eventFor(record, observed(phase), at, timeouts, monitorConnected);

    it('fails in time where the monitor stream shows no worker of it', () => {
      expect(eventAt(runs(), 600_000)).toBeNull();
      expect(eventAt(runs(), hours)).toEqual(neverCame);
    });

    it('names the address that its workers are told where none came', () => {
      const told = { ...timeouts, workerSchedulerAddress: 'tcp://127.0.0.1:8516' };
      expect(eventFor(runs(), observed(phase), hours, told, true)).toEqual({
        ...neverCame,
        detail: `${neverCame.detail}: workers are told the address tcp://127.0.0.1:8516`,
      });
    });

    it('fails in time where its workers are gone, and not while they are there', () => {
      const lost = serves({ runningAt: 10_000, workersLostSince: 7 });
      expect(eventAt(lost, 120_007)).toBeNull();
      expect(eventAt(lost, hours + 7)).toEqual(gone);
      expect(eventAt(lost, hours, false)).toBeNull();
      for (const seen of [{ runningAt: 10_000 }, {}, { assumed: true }])
        expect(eventAt(serves({ ...seen, load: null }), hours)).toBeNull();
    });

    it('serves in time where no monitor stream shows its workers', () => {
      expect(eventAt(runs(), 40_000, false)).toBeNull();
      expect(eventAt(runs(), 40_001, false)).toEqual({ type: 'task.registered' });
    });
  },
);

it('a task of an earlier run has started by the restart at the latest', () => {
  const before = rowOf({
    ...{ taskArn: arn('t'), phase: 'provisioning', ranBefore: true },
    deadlinesFrom: 7,
  } as const);
  for (const phase of ['unknown', 'starting'] as const) {
    const eventAt = (at: number, monitorConnected: boolean) =>
      eventFor(before, observed(phase), at, timeouts, monitorConnected);
    expect(eventAt(600_007, true)).toBeNull();
    expect(eventAt(600_008, true)).toMatchObject({ cause: 'startFailed' });
    expect(eventAt(30_007, false)).toBeNull();
    expect(eventAt(30_008, false)).toEqual({ type: 'task.registered' });
  }
  expect(eventForRunning(before, hours, timeouts, true)).toEqual({ type: 'task.running' });
});

it('a task that has only just been seen to run has its time to boot', () => {
  const old = runs({ runningAt: hours - 30_000 });
  expect(eventForStarted(old, hours, timeouts, true)).toBeNull();
  expect(eventForStarted(old, hours + 1, timeouts, true)).toMatchObject({ cause: 'startFailed' });
  // The start of this one is not known: it counts from now.
  expect(eventForRunning(runs({ runningAt: null }), hours, timeouts, true)).toBeNull();
});

it('a group of unknown status that is assumed to serve fails where its workers came and are gone', () => {
  const lost = serves({ assumed: true, runningAt: null, workersLostSince: 0, load: null });
  expect(eventForUnknown(lost, hours, timeouts, true)).toEqual(gone);
});

it('an unknown status of all serving groups stops none of them, for however long', () => {
  const groups = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [name, serves({ taskArn: arn(name), runningAt: 1 })]),
  );
  const observations = ['a', 'b', 'c'].map((name) => ({
    ...observed('unknown'),
    taskArn: arn(name),
  }));
  let records: Parameters<typeof reconcileObserved>[0] = { groups, launches: {} };
  for (const at of [hours, hours + 5_000, 9e8]) {
    const next = reconcileObserved(records, observations, at, timeouts, true);
    expect(next.outbox).toEqual([]);
    records = next;
  }
});
