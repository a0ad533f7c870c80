import { describe, expect, it } from 'vitest';
import type { CohortRecords, GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { recordLoads } from '../../../machines/cohort/loads.ts';
import { reconcileObserved } from '../../../machines/cohort/observe.ts';
import { assumeUnobserved } from '../../../machines/cohort/unobserved.ts';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { timeouts } from '../../../src/paths/models/cohortFixtures.ts';
import { arn, observed, rowOf, serves } from '../../support/rows.ts';

const recordsOf = (groups: Record<string, GroupRecord>): CohortRecords => ({
  groups,
  launches: {},
});

const held = rowOf({ taskArn: arn('t'), phase: 'held', drainRequested: true, runningAt: 0 });

it('without DescribeTasks a task counts as stopped some time after its StopTask was accepted', () => {
  const timeouts = { unobservedStopMs: 100, startDeadlineMs: 9e9 } as never;
  const records = recordsOf({
    a: serves({ stopAccepted: true, stopRequestedAt: 899 }),
    b: serves({ stopAccepted: true, stopRequestedAt: 900 }),
    c: serves({ taskArn: null, phase: 'stopping', stopRequestedAt: -9e9 }),
    d: serves({ stopAccepted: true, stopRequestedAt: null }),
  });
  const { outbox, ...rest } = assumeUnobserved(records, 1000, timeouts, false);
  expect(outbox).toEqual([['a', expect.objectContaining({ type: 'task.stopped' })]]);
  expect(rest).toStrictEqual(records);
});

describe('without DescribeTasks', () => {
  const timeouts = { unobservedStopMs: 100, startDeadlineMs: 5000, workersLostMs: 3000 } as never;
  const types = ({ outbox }: { outbox: [string, { type: string }][] }) =>
    outbox.map(([groupId, { type }]) => `${groupId} ${type}`);

  it('a StopTask that was not accepted is sent again', () => {
    const records = recordsOf({
      a: serves({ phase: 'stopping', stopRequestedAt: 4999 }),
      b: serves({ phase: 'stopping', stopRequestedAt: 5000 }),
      c: serves({ phase: 'stopping', stopRequestedAt: null }),
    });
    const step = assumeUnobserved(records, 20_000, timeouts, true);
    expect(types(step)).toEqual(['a group.stop']);
    expect(step.groups.a).toStrictEqual(serves({ phase: 'stopping', stopRequestedAt: 20_000 }));
    expect(step.groups.b).toBe(records.groups.b);
  });

  it('a group whose stop is held gets no other order to leave', () => {
    const records = recordsOf({ a: held });
    expect(assumeUnobserved(records, 900_000, timeouts, true).outbox).toEqual([]);
  });

  it('a group without workers for long is stopped, if the monitor stream is connected', () => {
    const records = recordsOf({
      a: serves({ workersLostSince: 999 }),
      b: serves({ workersLostSince: 1000 }),
    });
    const step = assumeUnobserved(records, 4000, timeouts, true);
    expect(types(step)).toEqual(['a task.failing']);
    expect(step.groups.a).toMatchObject({ phase: 'stopping', stopRequestedAt: 4000 });
    expect(types(assumeUnobserved(records, 4000, timeouts, false))).toEqual([]);
  });

  it('a group counts as serving after its start deadline, if the monitor stream is not connected', () => {
    const young = rowOf({ taskArn: arn('1'), deadlinesFrom: 1000 });
    const records = recordsOf({ a: { ...young, deadlinesFrom: 999 }, b: young, c: serves() });
    expect(types(assumeUnobserved(records, 6000, timeouts, false))).toEqual(['a task.registered']);
  });

  it('a group whose workers did not come by the start deadline is stopped, if the monitor stream is connected', () => {
    const young = rowOf({ taskArn: arn('1'), deadlinesFrom: 1000 });
    const records = recordsOf({ a: { ...young, deadlinesFrom: 999 }, b: young, c: serves() });
    const { outbox } = assumeUnobserved(records, 6000, timeouts, true);
    expect(outbox).toEqual([
      ['a', expect.objectContaining({ type: 'task.failing', cause: 'startFailed' })],
    ]);
  });
});

describe('a group that counts as serving for its age alone', () => {
  it('is stopped when ECS shows for a while that its task has not started', () => {
    const group = rowOf({ taskArn: arn('t'), phase: 'provisioning', lastStatus: 'starting' });
    const assumed = assumeUnobserved(recordsOf({ a: group }), 600_001, timeouts, false).groups.a;
    expect(assumed).toMatchObject({ assumed: true });
    let records = recordsOf({ a: { ...(assumed as GroupRecord), registered: true } });
    const see = (phase: TaskObservation['phase'], at: number) => {
      const { outbox, ...next } = reconcileObserved(
        records,
        [observed(phase)],
        at,
        timeouts,
        false,
      );
      records = next;
      return outbox.map(([, event]) => event);
    };
    expect(see('starting', 610_000)).toEqual([]);
    expect(see('missing', 620_000)).toEqual([]);
    expect(see('starting', 630_000)).toEqual([]);
    expect(see('starting', 660_000)).toEqual([]);
    const [failing] = see('starting', 660_001);
    expect(failing).toMatchObject({ type: 'task.failing', cause: 'startFailed' });
  });

  it('stays once anything has shown that it runs, whatever ECS shows then', () => {
    const group = serves({ assumed: true, lastStatus: 'starting' });
    const seen = reconcileObserved(
      recordsOf({ a: group }),
      [observed('running')],
      1000,
      timeouts,
      false,
    );
    const loads = { t: { workers: 1, tasks: 1, canceling: 0 } };
    const shown = recordLoads(recordsOf({ a: group }), loads, 1000);
    const unshown = recordLoads(shown, null, 2000);
    for (const records of [seen, unshown])
      for (const at of [700_000, 800_000]) {
        const again = reconcileObserved(records, [observed('starting')], at, timeouts, false);
        expect(again.outbox).toEqual([]);
      }
  });
});
