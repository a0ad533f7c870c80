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

/** Two teams in one account with the documented defaults: same manager id and cluster, each with its own scheduler. */
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

  // The owner of a task is found by the scheduler at which its workers registered, independently of the daemons.
  const ledger = await emulator.ledger();
  const [leftTags, rightTags] = [
    ownershipTagsOf(context, left.monitor, ledger),
    ownershipTagsOf(context, right.monitor, ledger),
  ];
  const distinct = leftTags.length === 1 && rightTags.length === 1 && leftTags[0] !== rightTags[0];
  if (!distinct)
    throw new Error(
      `the startedBy of the two managers are not distinct: ${leftTags} and ${rightTags}`,
    );
  context.log(`     startedBy is ${leftTags} and ${rightTags}`);
  const owns = (tag: (string | null)[]) => (task: LedgerTask) => tag.includes(task.startedBy);
  const aliveTasks = async (tag: (string | null)[]) =>
    (await emulator.ledger()).filter(owns(tag)).filter(isAlive);

  // Both managers are busy again; then one of them is stopped in the middle of its work.
  const leftClient = await startClient(context, left.scheduler, { count: 200, sleep: 1 });
  const rightClient = await startClient(context, right.scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 1,
  });
  await context.waitFor(
    'both managers have two running tasks',
    60_000,
    async () =>
      (await aliveTasks(leftTags)).length >= 2 && (await aliveTasks(rightTags)).length >= 2,
    [left.manager, right.manager],
  );
  const before = await aliveTasks(rightTags);
  await stopManager(context, left.manager);
  await context.checkWithin(
    'the tasks of the stopped manager are stopped',
    20_000,
    async () => (await aliveTasks(leftTags)).length === 0,
  );
  const after = (await aliveTasks(rightTags)).map((task) => task.taskArn);
  context.check(
    before.every((task) => after.includes(task.taskArn)),
    `the tasks of the other manager keep running (${before.length})`,
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
  // It is stopped in the middle of its work: a short drain timeout.
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

/** Whether a worker runs in the task. Worker ids contain the task id; before 1.24.0 they appear only in the task's log. */
function hasWorkerIn(context: ScenarioContext, { taskId }: LedgerTask, ids: string[]): boolean {
  if (ids.some((id) => id.includes(taskId))) return true;
  if (compareReleases(context.options.scaler, '1.24.0') >= 0) return false;
  const log = join(context.dir, 'tasks', `${taskId}.log`);
  const logText = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return ids.some((id) => logText.includes(id));
}
