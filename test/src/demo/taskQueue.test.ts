import { describe, expect, it } from 'vitest';
import { TaskQueue } from '../../../src/demo/taskQueue.ts';

describe('TaskQueue', () => {
  it('assigns one task at a time to a worker, and counts correct results once', () => {
    const queue = new TaskQueue(2);
    const first = queue.assign('a');
    expect(first).toMatchObject({ task: 0, number: 1 });
    expect(queue.assign('a')).toBeNull();
    expect(queue.assign('b')).toMatchObject({ task: 1, number: 2 });
    expect(queue.counts).toEqual({ submitted: 2, waiting: 0, running: 2, completed: 0 });
    expect(queue.finish('b', 1, 4)).toBe(true);
    expect(queue.finish('b', 1, 4)).toBe(false);
    expect(queue.counts).toEqual({ submitted: 2, waiting: 0, running: 1, completed: 1 });
    expect(queue.unfinished).toBe(1);
  });

  it('requeues a task when its worker leaves or sends an incorrect result', () => {
    const queue = new TaskQueue(1);
    queue.assign('a');
    queue.requeue('a');
    expect(queue.isBusy('a')).toBe(false);
    expect(queue.assign('b')).toMatchObject({ task: 0 });
    expect(queue.finish('b', 0, 7)).toBe(false);
    expect(queue.assign('c')).toMatchObject({ task: 0 });
    expect(queue.finish('c', 0, 1)).toBe(true);
    expect(queue.unfinished).toBe(0);
  });
});
