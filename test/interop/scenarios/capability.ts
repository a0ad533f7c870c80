import { startClient } from '../client.ts';
import { startEmulator } from '../emulatorClient.ts';
import { MAX_TASKS, startManager, usualSetup } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { nativeManagerId, startNativeManager } from '../nativeManager.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startScheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, settle } from '../world.ts';

/** Idle, this policy asks for nothing at all, which we take for zero only after a minute. */
const SCALE_DOWN_MS = 110_000;

/** Work that only some can do: ours gets what needs its capability, Scaler's own manager the rest, nobody the other's. */
export async function capability(stage: Stage): Promise<Outcome> {
  const scheduler = await startScheduler(stage, 'scheduler', {
    content: 'allocate=capability; scaling=capability',
  });
  const monitor = await startMonitor(stage, scheduler);
  const emulator = await startEmulator(stage);
  const manager = await startManager(stage, scheduler, emulator, {
    ...usualSetup,
    capabilities: 'gpu',
  });
  const native = await startNativeManager(stage, scheduler, { workers: 2, capabilities: 'disk' });
  const world = { scheduler, emulator, monitor, manager };

  // What ours cannot do is none of its business, for several heartbeats.
  const others = await startClient(stage, scheduler, {
    count: 10,
    sleep: 1,
    capabilities: ['disk'],
  });
  const first = await finishIn(stage, others, world);
  stage.check(first === 10, `work for the other capability is right (${first} of 10)`);
  const tooEarly = (await emulator.ledger()).length;
  stage.check(tooEarly === 0, `and nothing was bought for it (${tooEarly})`);

  const client = await startClient(stage, scheduler, {
    count: WANTED_RESULTS,
    sleep: 0.4,
    capabilities: ['gpu', 'disk'],
  });
  const results = await finishIn(stage, client, world);
  const ran = await client.ranOnFargate;
  const wrong = ran.filter((onFargate, x) => onFargate !== (x % 2 === 0)).length;
  stage.check(
    ran.length === WANTED_RESULTS && wrong === 0,
    `each task ran where its capability is (${wrong} did not)`,
  );
  const { length: started } = await emulator.ledger();
  stage.check(
    started >= 2 && started <= MAX_TASKS,
    `five tasks a worker were bought for, up to the cap (${started} of ${MAX_TASKS})`,
  );
  const offered = (monitor.managers.get(usualSetup.managerId) ?? new Set()).size;
  stage.check(offered > 0, `the scheduler counts our workers as ours (${offered})`);
  stage.check(
    (monitor.managers.get(nativeManagerId)?.size ?? 0) > 0,
    'the native manager had workers of its own',
  );
  const outcome = await settle(stage, world, results, undefined, SCALE_DOWN_MS);
  await stage.processes.stop(native, 15_000);
  return outcome;
}
