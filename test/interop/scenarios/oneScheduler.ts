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

/** Two managers side by side at one scheduler, each under its own name and with tasks of its own. */
export async function oneScheduler(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, { count: 2 * EXPECTED_RESULTS, sleep: 1 });
  // The first groups are all of one manager: a scheduler that asks whoever beats for their end asks the wrong one, too.
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
    (mark) => tasks.filter(({ startedBy }) => startedBy === mark).length,
  );
  context.check(
    ownershipTags.length === 2 && taskCounts.every((share) => share <= MAX_TASKS),
    `both took part, and neither beyond its cap (${taskCounts.join(' and ')})`,
  );
  await context.checkWithin(
    'both fleets go down to zero by the wish of the scheduler',
    60_000,
    async () => !(await emulator.ledger()).some(isAlive),
  );
  await stopManager(context, other);
  return checkScaleDown(context, deployment, results / 2);
}
