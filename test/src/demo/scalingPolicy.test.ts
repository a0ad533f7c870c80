import { describe, expect, it } from 'vitest';
import { desiredWorkers } from '../../../src/demo/scalingPolicy.ts';

describe('the vanilla rule', () => {
  it.each([
    ['nothing to do, nobody there', { tasks: 0, workers: 0, managed: 0, cap: 8 }, 0],
    ['the first task asks for one worker', { tasks: 1, workers: 0, managed: 0, cap: 8 }, 1],
    ['many tasks ask for one worker, too', { tasks: 5000, workers: 0, managed: 0, cap: 8 }, 1],
    ['more than ten tasks a worker: one more', { tasks: 21, workers: 2, managed: 2, cap: 8 }, 3],
    ['ten tasks a worker are no reason', { tasks: 20, workers: 2, managed: 2, cap: 8 }, 2],
    ['never more than the manager offers', { tasks: 500, workers: 8, managed: 8, cap: 8 }, 8],
    ['a manager that offers nothing', { tasks: 500, workers: 0, managed: 0, cap: 0 }, 0],
    ['one task a worker keeps them all', { tasks: 6, workers: 6, managed: 6, cap: 8 }, 6],
    ['fewer tasks than workers: a tenth', { tasks: 15, workers: 20, managed: 20, cap: 40 }, 2],
    ['but one at least', { tasks: 1, workers: 6, managed: 6, cap: 8 }, 1],
    ['no tasks: none', { tasks: 0, workers: 6, managed: 6, cap: 8 }, 0],
    ["others' workers count for the load", { tasks: 21, workers: 3, managed: 1, cap: 8 }, 1],
  ])('%s', (_, load, workers) => {
    expect(desiredWorkers(load)).toBe(workers);
  });
});
