import { expect, it } from 'vitest';
import { orphan, readyManager } from '../../support/liveManager.ts';

it('tells the cohorts in which DescribeTasks denies tasks which of ours a list shows', async () => {
  const { at, command, answered, report, orders, inventoried } = await readyManager();
  command(4);
  answered();
  const listed = async (denied: number, now: number) => {
    report({ idle: 2, denied });
    at(now);
    orders();
    const owned = orphan('arn/1', { owned: true });
    await inventoried({ startedAt: now - 1000, tasks: [owned, orphan('arn/2')] });
    return orders().filter(({ type }) => type === 'cohort.listed');
  };
  expect(await listed(0, 72_000)).toEqual([]);
  expect(await listed(1, 140_000)).toEqual([
    { type: 'cohort.listed', at: 139_000, taskArns: ['arn/1'] },
  ]);
});
