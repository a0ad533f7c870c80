import { describe, expect, it } from 'vitest';
import {
  type BegunTasks,
  followed,
  noBegunTasks,
  onTaskBegins,
  tasksOf,
} from '../../../machines/scheduler/begunTasks.ts';
import type { TaskState } from '../../../machines/scheduler/messages.ts';

const workerId = (task: string, n = 1): string => `Worker|ECS-${task}|${n}`;
const connected = {
  a: { [workerId('a')]: 0, [workerId('a', 2)]: 0 },
  b: { [workerId('b')]: 5 },
};
const says = (...states: [task: string, state: TaskState | null, worker?: string][]) =>
  states.map(([taskId, state, worker = '']) => ({
    ...{ type: 'monitor.task' as const, taskId, state },
    workerId: worker,
  }));

function after(...batches: ReturnType<typeof says>[]): BegunTasks {
  let begun = noBegunTasks;
  for (const batch of batches) begun = onTaskBegins(begun, connected, batch).begun;
  return begun;
}

describe('the tasks that have begun since the last list', () => {
  it.each([
    ['is given', says(['t', 'running', workerId('a')]), 1],
    [
      'is said twice to run',
      says(['t', 'running', workerId('a')], ['t', 'running', workerId('a')]),
      1,
    ],
    ['has ended', says(['t', 'running', workerId('a')], ['t', 'success']), 0],
    [
      'has ended, and its worker is named',
      says(['t', 'running', workerId('a')], ['t', 'success', workerId('a')]),
      0,
    ],
    [
      'ends at a worker that has another one',
      says(['t', 'running', workerId('a')], ['u', 'running', workerId('a')], ['t', 'failed']),
      1,
    ],
    ['that was not given is being cancelled', says(['t', 'canceling', workerId('a')]), 0],
    ['is taken back', says(['t', 'running', workerId('a')], ['t', 'inactive']), 0],
    [
      'goes to another worker',
      says(['t', 'running', workerId('a')], ['t', 'running', workerId('b')]),
      0,
    ],
    ['is being cancelled', says(['t', 'running', workerId('a')], ['t', 'canceling']), 1],
    ['is in a state that has no name here', says(['t', 'running', workerId('a')], ['t', null]), 1],
    ['was not known before', says(['t', 'success']), 0],
  ])('are counted when a task %s', (_, states, expected) => {
    expect(tasksOf(after(states), workerId('a'), 0)).toBe(expected);
    // The same, each said in a batch of its own.
    expect(tasksOf(after(...states.map((state) => [state])), workerId('a'), 0)).toBe(expected);
  });

  it('are not followed at a worker that the list showed at work, or that it did not show', () => {
    const states = says(['t', 'running', workerId('b')], ['u', 'running', workerId('c')]);
    const { begun, touched } = onTaskBegins(noBegunTasks, connected, states);
    expect(begun).toBe(noBegunTasks);
    expect([...touched]).toEqual([]);
    expect(tasksOf(begun, workerId('b'), 5)).toBe(5);
  });

  it('are many when a worker was given more than a few: it is busy until a list shows otherwise', () => {
    const numbers = Array.from({ length: 7 }, (_, n) => n);
    const given = says(...numbers.map((n) => [`t${n}`, 'running', workerId('a')] as never));
    const ended = says(...numbers.map((n) => [`t${n}`, 'success'] as never));
    expect(tasksOf(after(given), workerId('a'), 0)).toBe(5);
    expect(tasksOf(after(given, ended), workerId('a'), 0)).toBe(1);
    expect(Object.keys(after(given).workerOf)).toHaveLength(4);
  });

  it('stay the same when a task is said again to run where it runs, also at a worker with many', () => {
    const numbers = Array.from({ length: 7 }, (_, n) => n);
    const given = after(says(...numbers.map((n) => [`t${n}`, 'running', workerId('a')] as never)));
    const again = onTaskBegins(given, connected, says(['t0', 'running', workerId('a')]));
    expect(again.begun).toBe(given);
    expect([...again.touched]).toEqual([]);
  });

  it('name the Fargate tasks that change, and those of which the next list may say otherwise', () => {
    const first = onTaskBegins(noBegunTasks, connected, says(['t', 'running', workerId('a')]));
    expect([...first.touched]).toEqual(['a']);
    const { begun, touched } = onTaskBegins(first.begun, connected, says(['t', 'failed']));
    expect([...touched]).toEqual(['a']);
    expect(followed(begun)).toEqual(['a']);
    expect(onTaskBegins(begun, connected, says(['t', 'failed'])).begun).toBe(begun);
  });
});
