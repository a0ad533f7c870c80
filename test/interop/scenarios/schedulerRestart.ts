import { startClient } from '../client.ts';
import { startMonitor } from '../monitor.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startSchedulerProcess } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** A launch that was under way when the connection broke may still land so much later. */
const IN_FLIGHT_MS = 1500;
/** Over YMQ the workers of a dead scheduler end at once: longer than it takes to see that and to act on it. */
const SHORTEST_OUTAGE_S = 9;
const LONGEST_OUTAGE_S = 180;
/** What the rest of the scenario may need; who gives it more time gets a longer outage. */
const OTHERWISE_S = 171;

/** The scheduler dies in mid-run and comes back at the same address with an empty memory. */
export async function schedulerRestart(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  // Few and short: over ZeroMQ the workers outlive the scheduler and finish what it gave them first.
  const first = await startClient(stage, scheduler, { count: 60, sleep: 0.4 });
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);

  await stage.processes.kill(scheduler.process);
  await stage.processes.stop(first.process, 0);
  await stage.processes.stop(world.monitor.process, 0);
  await stage.pause(IN_FLIGHT_MS);
  const bought = (await emulator.ledger()).length;
  const outage = Math.max(SHORTEST_OUTAGE_S, stage.options.deadlineSeconds - OTHERWISE_S);
  const seconds = Math.min(LONGEST_OUTAGE_S, outage);
  await stage.pause(seconds * 1000);
  const { length: now } = await emulator.ledger();
  stage.check(
    now === bought,
    `nothing is bought for a dead scheduler in ${seconds} s (${now - bought})`,
  );

  scheduler.process = await startSchedulerProcess(stage, scheduler, 'scheduler');
  const seenBefore = world.monitor.workers;
  world.monitor = await startMonitor(stage, scheduler);
  for (const [id, capabilities] of seenBefore) world.monitor.workers.set(id, capabilities);
  const second = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.3 });
  return settle(stage, world, await finishIn(stage, second, world));
}
