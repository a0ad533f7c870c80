import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { killManager, MAX_TASKS, startManager } from '../manager.ts';
import type { Outcome } from '../outcome.ts';
import { EXPECTED_RESULTS } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** Longer than the restarted daemon needs for a complete inventory; the scheduler does not know its new identity at first. */
const STARTUP_MS = 30_000;

/** The daemon is killed (SIGKILL) in mid-run and its state directory is deleted: the restarted daemon must find and keep all tasks. */
export async function lostState(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 3.5 });
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );
  await killManager(context, deployment.manager);
  await rm(join(context.dir, 'state-manager'), { recursive: true });
  const survivors = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  deployment.manager = await startManager(context, scheduler, emulator);

  await context.sleep(STARTUP_MS);
  context.check(client.process.exit === null, 'the client still has work');
  const tasks = await emulator.ledger();
  const stopped = tasks.filter(
    ({ taskArn, stopCalls }) => survivors.includes(taskArn) && stopCalls > 0,
  );
  context.check(
    stopped.length === 0,
    `no task was stopped while it worked (${stopped.length} of ${survivors.length})`,
  );
  const results = await waitForResults(context, client, deployment);
  const { length: launched } = await emulator.ledger();
  context.check(launched <= MAX_TASKS, `no task was launched twice (${launched} of ${MAX_TASKS})`);
  return checkScaleDown(context, deployment, results);
}
