import { expect, it } from 'vitest';
import { runningByTask, wouldLose } from '../../../machines/scheduler/runningTasks.ts';

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
