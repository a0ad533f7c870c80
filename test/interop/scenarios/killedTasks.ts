import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClient } from '../client.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** Less than the minute after which a scheduler notices by itself that a worker is silent. */
const soonMs = 45_000;
const calmMs = 4000;

/**
 * One busy Fargate task is stopped in order and another is killed, as for want of memory: that one cannot say
 * goodbye, and its work must be done elsewhere all the same without a minute's wait.
 */
export async function killedTasks(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator, manager } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 1.5 });
  await stage.until('three tasks run', 60_000, async () => (await running(emulator)).length >= 3, [
    manager,
  ]);
  const told = () => readFileSync(manager.logFile, 'utf8').split('toldOfDeadWorker').length - 1;
  const busy = () => world.monitor.connected.length >= 3;
  await stage.until('their workers are connected', 60_000, busy, [manager]);
  // Killed with bytes on the way to it, it would stop some schedulers altogether: the work must have been shared out.
  await sleep(calmMs);
  const [stopped, killed] = (await running(emulator)).map(({ taskArn }) => taskArn);
  const at = performance.now();
  await emulator.strike(killed ?? '', { oom: {} });
  await stage.until('the scheduler is told', 20_000, () => told() > 0, [manager]);
  await emulator.strike(stopped ?? '', { maintenance: {} });
  stage.log('     one task was killed, and one is told to stop');
  const results = await finishIn(stage, client, world);
  const tookMs = Math.round(performance.now() - at);
  stage.check(tookMs < soonMs, `all work was done ${tookMs} ms later`);
  stage.check(told() === 1, `the scheduler was told of one dead worker (${told()})`);
  return settle(stage, world, results);
}
