import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startClient } from '../client.ts';
import { checkScaleDown, type Deployment, stopManager, waitForResults } from '../deployment.ts';
import { type Emulator, isAlive, type LedgerTask, startEmulator } from '../emulatorClient.ts';
import { defaultSetup, startManager } from '../manager.ts';
import { type Monitor, startMonitor } from '../monitor.ts';
import { compareReleases } from '../options.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** Two teams with the page's defaults in one account: same manager id, same cluster, each its own scheduler. */
export async function twoManagers(context: ScenarioContext): Promise<Outcome> {
  const emulator = await startEmulator(context);
  const left = await startSide(context, emulator, 'left');
  const right = await startSide(context, emulator, 'right');
  const work = { count: EXPECTED_RESULTS, sleep: 0.2 };
  const results = await Promise.all(
    [left, right].map(async (side) =>
      waitForResults(context, await startClient(context, side.scheduler, work), side),
    ),
  );
  context.check(
    results.every((right) => right === EXPECTED_RESULTS),
    `both clients have their results (${results.join(' and ')})`,
  );

  // Whose a task is, the workers say who came to which scheduler; no word of the daemon is taken for it.
  const ledger = await emulator.ledger();
  const [leftTags, rightTags] = [
    ownershipTagsOf(context, left.monitor, ledger),
    ownershipTagsOf(context, right.monitor, ledger),
  ];
  const distinct = leftTags.length === 1 && rightTags.length === 1 && leftTags[0] !== rightTags[0];
  if (!distinct)
    throw new Error(`the managers' startedBy do not tell them apart: ${leftTags} and ${rightTags}`);
  context.log(`     startedBy is ${leftTags} and ${rightTags}`);
  const owns = (mark: (string | null)[]) => (task: LedgerTask) => mark.includes(task.startedBy);
  const aliveTasks = async (mark: (string | null)[]) =>
    (await emulator.ledger()).filter(owns(mark)).filter(isAlive);

  // Both busy again; then one team goes home in the middle of its work.
  const leftClient = await startClient(context, left.scheduler, { count: 200, sleep: 1 });
  const rightClient = await startClient(context, right.scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 1,
  });
  await context.waitFor(
    'both sides have two tasks alive',
    60_000,
    async () =>
      (await aliveTasks(leftTags)).length >= 2 && (await aliveTasks(rightTags)).length >= 2,
    [left.manager, right.manager],
  );
  const before = await aliveTasks(rightTags);
  await stopManager(context, left.manager);
  await context.checkWithin(
    'the tasks of the manager that left are stopped',
    20_000,
    async () => (await aliveTasks(leftTags)).length === 0,
  );
  const after = (await aliveTasks(rightTags)).map((task) => task.taskArn);
  context.check(
    before.every((task) => after.includes(task.taskArn)),
    `the other manager's tasks run on (${before.length})`,
  );
  await context.processes.stop(leftClient.process, 0);
  return checkScaleDown(
    context,
    right,
    await waitForResults(context, rightClient, right),
    owns(rightTags),
  );
}

async function startSide(
  context: ScenarioContext,
  emulator: Emulator,
  name: string,
): Promise<Deployment> {
  const scheduler = await startScheduler(context, `scheduler-${name}`);
  const monitor = await startMonitor(context, scheduler);
  // It is told to go in the middle of its work, and is not to wait for the end of that.
  const setup = { ...defaultSetup, name: `manager-${name}`, drainSeconds: 2 };
  return {
    scheduler,
    emulator,
    monitor,
    manager: await startManager(context, scheduler, emulator, setup),
  };
}

function ownershipTagsOf(
  context: ScenarioContext,
  monitor: Monitor,
  ledger: LedgerTask[],
): (string | null)[] {
  const ids = [...monitor.workers.keys()];
  const tasks = ledger.filter((task) => hasWorkerIn(context, task, ids));
  return [...new Set(tasks.map((task) => task.startedBy))];
}

/** Workers name their task; those of the first release name only themselves, in the task's own log. */
function hasWorkerIn(context: ScenarioContext, { taskId }: LedgerTask, ids: string[]): boolean {
  if (ids.some((id) => id.includes(taskId))) return true;
  if (compareReleases(context.options.scaler, '1.24.0') >= 0) return false;
  const log = join(context.dir, 'tasks', `${taskId}.log`);
  const logText = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return ids.some((id) => logText.includes(id));
}
