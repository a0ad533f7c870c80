import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { isAlive } from '../emulatorClient.ts';
import { killManager, MAX_TASKS, startManager } from '../manager.ts';
import type { Outcome } from '../outcome.ts';
import { EXPECTED_RESULTS } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** The daemon is killed (SIGKILL) and restarted while the first task starts, and again in mid-run: it keeps its tasks, launches none twice, and all results arrive. */
export async function killDaemon(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1 });

  await context.waitFor(
    'the first task is launched',
    30_000,
    async () => (await emulator.ledger()).length,
  );
  await restart();
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [deployment.manager],
  );
  await restart();
  const survivors = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);

  await context.sleep(5000); // longer than the restarted daemon needs for its inventory and its first decisions
  const alive = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  context.check(
    survivors.every((arn) => alive.includes(arn)),
    `the restarted daemon keeps the tasks of its predecessor (${survivors.length})`,
  );
  const results = await waitForResults(context, client, deployment);
  const tasks = await emulator.ledger();
  context.check(tasks.length <= MAX_TASKS, `no task was launched twice (${tasks.length} in all)`);
  return checkScaleDown(context, deployment, results);

  async function restart() {
    await killManager(context, deployment.manager);
    deployment.manager = await startManager(context, scheduler, emulator);
  }
}
