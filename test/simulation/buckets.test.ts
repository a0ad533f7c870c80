import { expect, it } from 'vitest';
import { createBuckets } from './buckets.ts';

const documented = {
  modify: { burst: 100, perSecond: 40 },
  launch: { burst: 20, perSecond: 20 },
  read: { burst: 100, perSecond: 20 },
};

it('RunTask and StopTask share a bucket, RunTask has one of its own, reads another; each fills with time', () => {
  let now = 0;
  const { limit, take, isLimited } = createBuckets({ now: () => now });
  const most = (operation: Parameters<typeof take>[0]): number => {
    let count = 0;
    while (count < 1000 && take(operation)) count++;
    return count;
  };
  expect([isLimited(), most('RunTask')]).toEqual([false, 1000]);
  limit(documented);
  expect([isLimited(), most('RunTask'), most('StopTask')]).toEqual([true, 20, 80]);
  expect([most('DescribeTasks'), most('ListTasks')]).toEqual([100, 0]);
  now += 1000;
  expect([most('RunTask'), most('StopTask'), most('ListTasks')]).toEqual([20, 20, 20]);
  now += 1_000_000;
  expect(most('StopTask')).toBe(100);
  limit(null);
  expect(take('ListTasks')).toBe(true);
});
