import { describe, expect, it } from 'vitest';
import {
  type Cancellations,
  cancelingAt,
  changedCounts,
  isSettled,
  noCancellations,
  onTaskStates,
  onWorkerList,
} from '../../../machines/scheduler/cancellations.ts';
import type { TaskState } from '../../../machines/scheduler/messages.ts';

type State = [taskId: string, state: TaskState | null, workerId?: string];

const after = (before: Cancellations, ...states: State[]): Cancellations =>
  onTaskStates(
    before,
    states.map(([taskId, state, workerId = 'Worker|ECS-a|1|2']) => ({
      type: 'monitor.task' as const,
      taskId,
      state,
      workerId,
    })),
  );

describe('the cancellations of a Fargate task', () => {
  it('are none where no task is being cancelled', () => {
    expect(after(noCancellations, ['t', 'running'])).toBe(noCancellations);
  });

  it.each(['canceled', 'success', 'inactive', 'balanceCanceling', null] as const)(
    'are over when each task is %s',
    (state) => {
      const two = after(noCancellations, ['t', 'canceling'], ['u', 'canceling']);
      expect(cancelingAt(two, 'a')).toBe(2);
      const one = after(two, ['t', state]);
      expect(cancelingAt(one, 'a')).toBe(1);
      expect(after(one, ['u', state])).toEqual(noCancellations);
    },
  );

  it('are those of its own workers only', () => {
    const state = after(
      noCancellations,
      ['t', 'canceling'],
      ['u', 'canceling', ''],
      ['v', 'canceling', 'Worker|NAT|1'],
    );
    expect([cancelingAt(state, 'b'), state.counts]).toEqual([0, { a: 1 }]);
  });

  it('are counted once each, also where a task moves or begins and ends at once', () => {
    const again = after(noCancellations, ['t', 'canceling'], ['t', 'canceling']);
    expect(again.counts).toEqual({ a: 1 });
    expect(after(again, ['t', 'canceling', 'Worker|ECS-b|1|2']).counts).toEqual({ b: 1 });
    expect(after(again, ['u', 'canceling'], ['u', 'canceled']).counts).toEqual({ a: 1 });
  });

  it('are settled only when the scheduler counts no more than are known', () => {
    expect(isSettled(noCancellations, 'a')).toBe(false);
    expect(isSettled(onWorkerList(noCancellations), 'a')).toBe(true);
    expect(isSettled(onWorkerList(noCancellations, 1), 'a')).toBe(false);
    const known = onWorkerList(after(noCancellations, ['t', 'canceling']), 1);
    expect([isSettled(known, 'a'), isSettled(known, 'b')]).toEqual([false, true]);
    expect(onWorkerList(known, 1)).toBe(known);
    expect(isSettled(onWorkerList(known, 2), 'b')).toBe(false);
  });
});

it('the counts that have changed are those of begun and of ended cancellations', () => {
  const one = after(noCancellations, ['t', 'canceling'], ['u', 'canceling', 'Worker|ECS-b|1']);
  expect(changedCounts(noCancellations, one)).toEqual({ a: 1, b: 1 });
  expect(changedCounts(one, one)).toEqual({});
  expect(changedCounts(one, after(one, ['t', 'canceled'], ['v', 'canceling']))).toEqual({});
  expect(changedCounts(one, after(one, ['t', 'canceled']))).toEqual({ a: 0 });
});
