import { readFileSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
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

/** The manager is started twice by mistake, on two machines: same manager id, so the same ownership tag on its tasks. */
export const sameOwnershipTag = (context: ScenarioContext): Promise<Outcome> =>
  runDuplicate(context, false);

/** The same with a copied identity file: both managers also connect under the same transport identity. */
export const sameIdentity = (context: ScenarioContext): Promise<Outcome> =>
  runDuplicate(context, true);

/** Longer than the scheduler's timeout for silent managers, and than the first inventories of both managers. */
const DUPLICATE_RUN_MS = 45_000;

async function runDuplicate(context: ScenarioContext, copyState: boolean): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 5 });
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );
  if (copyState)
    await cp(join(context.dir, 'state-manager'), join(context.dir, 'state-twin'), {
      recursive: true,
      filter: (path) => statSync(path).isDirectory() || basename(path) === 'identity',
    });
  const other = await startManager(context, scheduler, emulator, { ...defaultSetup, name: 'twin' });
  await context.sleep(DUPLICATE_RUN_MS);
  const warningsIn = (logFile: string) =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => /"level":"(?:warn|error)"/.test(line));
  context.check(
    [other, deployment.manager].some(({ logFile }) =>
      warningsIn(logFile).some((line) => line.includes('another manager')),
    ),
    'a warning names another manager',
  );
  const before = (await emulator.ledger()).filter(isAlive);
  context.check(client.process.exit === null, 'the client still has work');
  // The scheduler does not answer it, so whose the tasks with its tag are is not known to it: it leaves them and says so.
  await stopManager(context, other, 1);
  await context.sleep(3000);
  const after = await emulator.ledger();
  const stopped = before.filter(
    ({ taskArn }) => !after.some((task) => task.taskArn === taskArn && isAlive(task)),
  );
  context.check(
    stopped.length === 0,
    `stopping the second manager stopped no task (${stopped.length} of ${before.length})`,
  );
  const results = await waitForResults(context, client, deployment);
  const { length: launched } = await emulator.ledger();
  context.check(launched <= MAX_TASKS, `no task was launched twice (${launched} of ${MAX_TASKS})`);
  return checkScaleDown(context, deployment, results);
}
