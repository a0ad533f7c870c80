import { startClient } from '../client.ts';
import { killManager, startManager } from '../manager.ts';
import { connectionTo } from '../procfs.ts';
import type { Outcome } from '../report.ts';
import { WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** A daemon that dies with unread bytes resets its connection: over YMQ that can wedge a scheduler's main loop. */
export async function stoppedThenKilled(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator, manager } = world;
  const { processes } = stage;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.8 });
  await stage.until('a task runs', 60_000, async () => (await running(emulator)).length, [manager]);

  // With the scheduler asleep the heartbeat waits in its socket, so we know that it was the last thing sent.
  processes.signal(scheduler.process, 'SIGSTOP');
  await stage.until(
    'a heartbeat waits at the scheduler',
    15_000,
    () => connectionTo(manager.pid, scheduler.port)?.far?.unread,
    [manager],
  );
  processes.signal(manager, 'SIGSTOP');
  processes.signal(scheduler.process, 'SIGCONT');
  const unread = await stage.until(
    'the answer waits unread at the stopped daemon',
    15_000,
    () => connectionTo(manager.pid, scheduler.port)?.near.unread,
  );
  stage.log(`     killed with ${unread} bytes unread`);
  await killManager(stage, manager);
  world.manager = await startManager(stage, scheduler, emulator);
  const results = await finishIn(stage, client, world);
  return settle(stage, world, results);
}
