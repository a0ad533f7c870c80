import { expect, it } from 'vitest';
import { runningByTask, sameLoad, wouldLose } from '../../../machines/scheduler/runningTasks.ts';

const worker = (task: string, n: number, running?: { tasks: number; ageSeconds: number }) => ({
  workerId: task === '' ? `Worker|FIX|${n}` : `Worker|ECS-${task}|${n}`,
  managerId: 'wm',
  groupId: null,
  load: { free: 9, sent: 1, queued: 0, ...(running && { running }) },
});

it('what the workers of a Fargate task run is added up, and grows older', () => {
  const running = runningByTask(
    [
      worker('a', 1, { tasks: 1, ageSeconds: 10 }),
      worker('a', 2, { tasks: 2, ageSeconds: 7 }),
      worker('b', 1),
      worker('', 1, { tasks: 1, ageSeconds: 99 }),
      { ...worker('c', 1), load: null },
    ],
    100_000,
  );
  expect(Object.keys(running)).toEqual(['a']);
  expect(wouldLose(running.a, 100_000)).toBe(17_000);
  expect(wouldLose(running.a, 101_000)).toBe(20_000);
  expect(wouldLose(running.b, 101_000)).toBe(0);
});

it('loads are the same if nothing of them differs, and if both are unknown', () => {
  const load = { workers: 2, tasks: 3, canceling: 1, running: { tasks: 3, begunSum: 500 } };
  const { running, ...counts } = load;
  expect(sameLoad(null, null)).toBe(true);
  expect(sameLoad(counts, { ...counts })).toBe(true);
  expect(sameLoad(load, { ...load, running: { ...running } })).toBe(true);
  for (const other of [
    ...[null, counts, { ...load, workers: 1 }, { ...load, tasks: 2 }, { ...load, canceling: 0 }],
    ...[{ tasks: 2 }, { begunSum: 400 }].map((one) => ({
      ...load,
      running: { ...running, ...one },
    })),
  ]) {
    expect(sameLoad(load, other)).toBe(false);
    expect(sameLoad(other, load)).toBe(false);
  }
});
