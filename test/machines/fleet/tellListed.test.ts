import { describe, expect, it } from 'vitest';
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

describe('a list that shows tasks of an open launch', () => {
  const open = { label: 'e-1', launchOpen: true, createdAt: 60_000 };
  const shown = async (...tasks: ReturnType<typeof orphan>[]) => {
    const all = await readyManager();
    all.command(4);
    all.answered();
    all.at(72_000);
    all.orders();
    await all.inventoried({ startedAt: 72_000, tasks });
    return all.orders().filter(({ type }) => type === 'cohort.launchesFound');
  };

  it('tells its cohort, once the list must show all of them', async () => {
    const found = { taskArns: ['arn/1', 'arn/2'], createdAt: { 'arn/1': 60_000, 'arn/2': 61_000 } };
    const second = { ...open, createdAt: 61_000, phase: 'starting' as const };
    expect(await shown(orphan('arn/1', open), orphan('arn/2', second))).toEqual([
      { type: 'cohort.launchesFound', found: { 'e-1': found } },
    ]);
  });

  it.each([
    ['may not show all of them yet', { createdAt: 62_001 }],
    ['does not say when they were created', { createdAt: null }],
    ['shows tasks that groups own', { owned: true }],
    ['shows them as stopping', { phase: 'stopping' as const }],
    ['shows tasks of no open launch', { launchOpen: false, owned: true }],
    ['shows tasks without a launch', { label: null }],
  ])('tells nothing when it %s', async (_, given) => {
    expect(await shown(orphan('arn/1', { ...open, ...given }))).toEqual([]);
  });
});
