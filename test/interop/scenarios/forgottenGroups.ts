import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { usualSetup } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import type { Outcome } from '../report.ts';
import { WANTED_RESULTS } from '../report.ts';
import { startSchedulerProcess } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** Longer than it takes to lose patience with a task none of whose workers is seen. */
const WORK_S = 70;

/**
 * The scheduler dies and comes back with an empty memory, and what it is given then is too much for the workers that
 * found it again to be asked to go, and too little to ask for more. The oldest does not know that they are groups of
 * ours: it will never ask for their end. They must not be stopped at work, and must not stay for ever.
 */
export async function forgottenGroups(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage, { ...usualSetup, more: ['--start-deadline', '15'] });
  const { scheduler, emulator } = world;
  const first = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.4 });
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);
  await stage.processes.kill(scheduler.process);
  await stage.processes.stop(first.process, 0);
  await stage.processes.stop(world.monitor.process, 0);
  await stage.pause(2000);

  scheduler.process = await startSchedulerProcess(stage, scheduler, 'scheduler');
  const seenBefore = world.monitor.workers;
  world.monitor = await startMonitor(stage, scheduler);
  for (const [id, capabilities] of seenBefore) world.monitor.workers.set(id, capabilities);
  const before = (await emulator.ledger()).filter(isAlive);
  // Over YMQ the workers end with their scheduler.
  if (stage.options.transport === 'zmq')
    await stage.until(
      'the workers find their scheduler again',
      60_000,
      () => world.monitor.connected.length >= before.length,
    );
  stage.log(`     ${before.length} tasks, ${world.monitor.connected.length} workers`);
  const jobs = Math.max(4, 2 * before.length);
  const second = await startClient(stage, scheduler, {
    count: jobs,
    sleep: WORK_S / 2 + 5,
  });
  await stage.pause(WORK_S * 1000);
  stage.check(second.process.end === null, `the work is not done after ${WORK_S} s`);
  const ids = new Set(before.map(({ taskArn }) => taskArn));
  const tasks = (await emulator.ledger()).filter(({ taskArn }) => ids.has(taskArn));
  const stopped = tasks.filter(({ stopCalls }) => stopCalls > 0).length;
  stage.check(stopped === 0, `no task was stopped at work (${stopped} of ${tasks.length})`);
  const results = await finishIn(stage, second, world);
  stage.check(results === jobs, `all results are right (${results} of ${jobs})`);
  return settle(stage, world, results === jobs ? WANTED_RESULTS : 0);
}
