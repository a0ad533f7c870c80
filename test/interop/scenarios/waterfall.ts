import { startClient } from '../client.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { startManager, usualSetup } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { nativeManagerId, startNativeManager } from '../nativeManager.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startScheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, settle } from '../world.ts';

/** What the machines at hand take of the fall; fifty tasks are work for five workers. */
const NATIVE_WORKERS = 2;
const OURS = 3;

/** The machines at hand come first, Fargate gets what flows over, and dries up first. */
export async function waterfall(stage: Stage): Promise<Outcome> {
  const scheduler = await startScheduler(stage, 'scheduler', {
    engine: 'waterfall_v1',
    content: `1,${nativeManagerId},${NATIVE_WORKERS}\n2,${usualSetup.managerId},${OURS}`,
  });
  const monitor = await startMonitor(stage, scheduler);
  const emulator = await startEmulator(stage);
  const native = await startNativeManager(stage, scheduler, { workers: 4 });
  const manager = await startManager(stage, scheduler, emulator);
  const world = { scheduler, emulator, monitor, manager };
  await stage.until('both managers are known', 20_000, () =>
    [nativeManagerId, usualSetup.managerId].every((id) => monitor.identities.has(id)),
  );

  // What fits into the first manager is none of our business.
  const little = await startClient(stage, scheduler, { count: 15, sleep: 0.4 });
  const first = await finishIn(stage, little, world);
  stage.check(first === 15, `a small job is right (${first} of 15)`);
  const tooEarly = (await emulator.ledger()).length;
  stage.check(tooEarly === 0, `and nothing was bought for it (${tooEarly})`);

  let most = 0;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.8 });
  const watch = setInterval(async () => {
    const alive = (await emulator.ledger().catch(() => [])).filter(isAlive).length;
    most = Math.max(most, alive);
  }, 300);
  const results = await finishIn(stage, client, world);
  clearInterval(watch);
  stage.check(most === OURS, `what flows over is ours, up to the rule (${most} of ${OURS})`);
  const natives = (monitor.managers.get(nativeManagerId) ?? new Set()).size;
  stage.check(natives >= NATIVE_WORKERS, `the native manager came first (${natives} workers)`);
  const ran = await client.ranOnFargate;
  stage.check(ran.includes(true) && ran.includes(false), 'both did some of the work');
  const outcome = await settle(stage, world, results);
  await stage.processes.stop(native, 15_000);
  return outcome;
}
