import { expect, it } from 'vitest';
import { noAdoption } from '../../../machines/fleet/adoption.ts';
import { newStatus } from '../../../machines/fleet/cohortStatus.ts';
import { mostWorkers } from '../../../machines/fleet/mostWorkers.ts';
import { type Counts, noCounts } from '../../../machines/fleet/plan.ts';
import type { Fleet } from '../../../machines/fleet/state.ts';
import { counted } from '../../support/cohortTotals.ts';
import { readyManager } from '../../support/liveManager.ts';

const fleet = (counts: Partial<Counts>, owned = 0) =>
  counted({
    cohorts: { 'cohort.0': { ...newStatus(0), counts: { ...noCounts, ...counts } } },
    ...{ settings: { workersPerTask: 4 }, adoption: noAdoption, resend: [] },
    owned: Array(owned).fill({}),
  }) as unknown as Fleet;

it.each([
  ['groups that boot, serve and end', { pending: 1, busy: 2, stopping: 1 }, 0, 16],
  ['groups that are still to be put into a cohort', { idle: 1 }, 3, 16],
  ['workers beyond those that a group should have', { idle: 1, surplusWorkers: 2 }, 0, 6],
])('the most workers that there can be include %s', (_, counts, owned, workers) =>
  expect(mostWorkers(fleet(counts, owned))).toBe(workers),
);

it('a command for more than those and one is none of the default policy, however old the views are', async () => {
  const { actor, at, command, report, fleet } = await readyManager({}, { tasksPerWorker: 10 });
  for (const now of [10_000, 10_500])
    actor.send({
      ...{ type: 'monitor.work', at: now },
      work: { at: now, tasks: 100, workers: 0, own: 0, otherManagers: 0, everyMs: 60_000 },
    });
  at(20_000);
  command(1);
  report({ pending: 4 });
  const most = 4 * fleet().settings.workersPerTask + 1;
  command(most);
  expect(fleet().policy.mismatches).toBe(0);
  command(most + 1);
  expect(fleet().policy.mismatches).toBe(1);
});
