import { describe, expect, it } from 'vitest';
import { desiredWorkers } from '../../../src/demo/scalingPolicy.ts';

describe('the vanilla scaling policy', () => {
  it.each([
    ['no tasks and no workers: none', { tasks: 0, workers: 0, managed: 0, cap: 8 }, 0],
    ['one task and no workers: one', { tasks: 1, workers: 0, managed: 0, cap: 8 }, 1],
    ['many tasks and no workers: one', { tasks: 5000, workers: 0, managed: 0, cap: 8 }, 1],
    ['more than ten tasks per worker: one more', { tasks: 21, workers: 2, managed: 2, cap: 8 }, 3],
    ['ten tasks per worker: unchanged', { tasks: 20, workers: 2, managed: 2, cap: 8 }, 2],
    [
      'more than ten tasks per worker at the cap: the cap',
      { tasks: 500, workers: 8, managed: 8, cap: 8 },
      8,
    ],
    ['a cap of 0: none', { tasks: 500, workers: 0, managed: 0, cap: 0 }, 0],
    ['one task per worker: unchanged', { tasks: 6, workers: 6, managed: 6, cap: 8 }, 6],
    [
      'fewer tasks than workers: one per ten tasks, rounded up',
      { tasks: 15, workers: 20, managed: 20, cap: 40 },
      2,
    ],
    ['one task and six workers: one', { tasks: 1, workers: 6, managed: 6, cap: 8 }, 1],
    ['no tasks and six workers: none', { tasks: 0, workers: 6, managed: 6, cap: 8 }, 0],
    [
      'load over the workers of all managers: unchanged',
      { tasks: 21, workers: 3, managed: 1, cap: 8 },
      1,
    ],
  ])('%s', (_, load, workers) => {
    expect(desiredWorkers(load)).toBe(workers);
  });
});
