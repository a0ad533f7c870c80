import { startClient } from '../client.ts';
import {
  checkScaleDown,
  runningTasks,
  startDeployment,
  stopManager,
  waitForResults,
} from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { defaultSetup, MAX_TASKS, startManager } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Two managers with different manager ids at one scheduler. */
export async function oneScheduler(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, { count: 2 * EXPECTED_RESULTS, sleep: 1 });
  // The first groups all belong to one manager: some schedulers also ask the other manager to shut them down.
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );
  const other = await startManager(context, scheduler, emulator, {
    ...defaultSetup,
    name: 'manager-other',
    managerId: 'wm-other',
  });
  const results = await waitForResults(context, client, deployment);
  const tasks = await emulator.ledger();
  const ownershipTags = [...new Set(tasks.map(({ startedBy }) => startedBy))];
  const taskCounts = ownershipTags.map(
    (tag) => tasks.filter(({ startedBy }) => startedBy === tag).length,
  );
  context.check(
    ownershipTags.length === 2 && taskCounts.every((share) => share <= MAX_TASKS),
    `both managers launched tasks, neither beyond its cap (${taskCounts.join(' and ')})`,
  );
  await context.checkWithin(
    'the scheduler scales both fleets down to zero',
    60_000,
    async () => !(await emulator.ledger()).some(isAlive),
  );
  await stopManager(context, other);
  return checkScaleDown(context, deployment, results / 2);
}
