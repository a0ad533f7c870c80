import { startClient } from '../client.ts';
import { type Emulator, isAlive, type LedgerTask, startEmulator } from '../emulatorClient.ts';
import { startManager, usualSetup } from '../manager.ts';
import { type Monitor, startMonitor } from '../monitor.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startScheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { settle, stopManager, type World } from '../world.ts';

/** Two teams with the page's defaults in one account: same manager id, same cluster, each its own scheduler. */
export async function twoManagers(stage: Stage): Promise<Outcome> {
  const emulator = await startEmulator(stage);
  const left = await openSide(stage, emulator, 'left');
  const right = await openSide(stage, emulator, 'right');
  const work = { count: WANTED_RESULTS, sleep: 0.2 };
  const clients = await Promise.all(
    [left, right].map((side) => startClient(stage, side.scheduler, work)),
  );
  const results = await Promise.all(clients.map((client) => client.rightResults));
  stage.check(
    results.every((right) => right === WANTED_RESULTS),
    `both clients have their results (${results.join(' and ')})`,
  );

  // Whose a task is, the workers say who came to which scheduler; no word of the daemon is taken for it.
  const ledger = await emulator.ledger();
  const [leftMark, rightMark] = [marksOf(left.monitor, ledger), marksOf(right.monitor, ledger)];
  stage.check(
    leftMark.length === 1 && rightMark.length === 1 && leftMark[0] !== rightMark[0],
    `each manager marks its tasks with a startedBy of its own (${leftMark} and ${rightMark})`,
  );
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
  return settle(stage, right, await staying.rightResults, owns(rightMark));
}

async function openSide(stage: Stage, emulator: Emulator, name: string): Promise<World> {
  const scheduler = await startScheduler(stage, `scheduler-${name}`);
  const monitor = await startMonitor(stage, scheduler);
  const setup = { ...usualSetup, name: `manager-${name}` };
  return {
    scheduler,
    emulator,
    monitor,
    manager: await startManager(stage, scheduler, emulator, setup),
  };
}

const marksOf = (monitor: Monitor, ledger: LedgerTask[]): (string | null)[] => {
  const ids = [...monitor.workers.keys()];
  const tasks = ledger.filter((task) => ids.some((id) => id.includes(task.taskId)));
  return [...new Set(tasks.map((task) => task.startedBy))];
};
