import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startClient } from '../client.ts';
import { type Emulator, isAlive, type LedgerTask, startEmulator } from '../emulatorClient.ts';
import { startManager, usualSetup } from '../manager.ts';
import { type Monitor, startMonitor } from '../monitor.ts';
import { compareReleases } from '../options.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startScheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, settle, stopManager, type World } from '../world.ts';

/** Two teams with the page's defaults in one account: same manager id, same cluster, each its own scheduler. */
export async function twoManagers(stage: Stage): Promise<Outcome> {
  const emulator = await startEmulator(stage);
  const left = await openSide(stage, emulator, 'left');
  const right = await openSide(stage, emulator, 'right');
  const work = { count: WANTED_RESULTS, sleep: 0.2 };
  const results = await Promise.all(
    [left, right].map(async (side) =>
      finishIn(stage, await startClient(stage, side.scheduler, work), side),
    ),
  );
  stage.check(
    results.every((right) => right === WANTED_RESULTS),
    `both clients have their results (${results.join(' and ')})`,
  );

  // Whose a task is, the workers say who came to which scheduler; no word of the daemon is taken for it.
  const ledger = await emulator.ledger();
  const [leftMark, rightMark] = [
    marksOf(stage, left.monitor, ledger),
    marksOf(stage, right.monitor, ledger),
  ];
  const distinct = leftMark.length === 1 && rightMark.length === 1 && leftMark[0] !== rightMark[0];
  if (!distinct)
    throw new Error(`the managers' startedBy do not tell them apart: ${leftMark} and ${rightMark}`);
  stage.log(`     startedBy is ${leftMark} and ${rightMark}`);
  const owns = (mark: (string | null)[]) => (task: LedgerTask) => mark.includes(task.startedBy);
  const living = async (mark: (string | null)[]) =>
    (await emulator.ledger()).filter(owns(mark)).filter(isAlive);

  // Both busy again; then one team goes home in the middle of its work.
  const leaving = await startClient(stage, left.scheduler, { count: 200, sleep: 1 });
  const staying = await startClient(stage, right.scheduler, { count: WANTED_RESULTS, sleep: 1 });
  await stage.until(
    'both sides have two tasks alive',
    60_000,
    async () => (await living(leftMark)).length >= 2 && (await living(rightMark)).length >= 2,
    [left.manager, right.manager],
  );
  const before = await living(rightMark);
  await stopManager(stage, left.manager);
  await stage.comes(
    'the tasks of the manager that left are stopped',
    20_000,
    async () => (await living(leftMark)).length === 0,
  );
  const after = (await living(rightMark)).map((task) => task.taskArn);
  stage.check(
    before.every((task) => after.includes(task.taskArn)),
    `the other manager's tasks run on (${before.length})`,
  );
  await stage.processes.stop(leaving.process, 0);
  return settle(stage, right, await finishIn(stage, staying, right), owns(rightMark));
}

async function openSide(stage: Stage, emulator: Emulator, name: string): Promise<World> {
  const scheduler = await startScheduler(stage, `scheduler-${name}`);
  const monitor = await startMonitor(stage, scheduler);
  // It is told to go in the middle of its work, and is not to wait for the end of that.
  const setup = { ...usualSetup, name: `manager-${name}`, drainSeconds: 2 };
  return {
    scheduler,
    emulator,
    monitor,
    manager: await startManager(stage, scheduler, emulator, setup),
  };
}

const marksOf = (stage: Stage, monitor: Monitor, ledger: LedgerTask[]): (string | null)[] => {
  const ids = [...monitor.workers.keys()];
  const tasks = ledger.filter((task) => workedIn(stage, task, ids));
  return [...new Set(tasks.map((task) => task.startedBy))];
};

/** Workers name their task; those of the first release name only themselves, in the task's own log. */
function workedIn(stage: Stage, { taskId }: LedgerTask, ids: string[]): boolean {
  if (ids.some((id) => id.includes(taskId))) return true;
  if (compareReleases(stage.options.scaler, '1.24.0') >= 0) return false;
  const log = join(stage.dir, 'tasks', `${taskId}.log`);
  const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return ids.some((id) => said.includes(id));
}
