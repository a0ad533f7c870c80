import { startClient } from '../client.ts';
import { checkScaleDown, waitForResults } from '../deployment.ts';
import { startEmulator } from '../emulatorClient.ts';
import { defaultSetup, MAX_TASKS, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { nativeManagerId, startNativeManager } from '../nativeManager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** Idle, this policy asks for nothing at all, which we take for zero only after a minute. */
const SCALE_DOWN_MS = 110_000;

/** Work that only some can do: ours gets what needs its capability, Scaler's own manager the rest, nobody the other's. */
export async function capability(context: ScenarioContext): Promise<Outcome> {
  const scheduler = await startScheduler(context, 'scheduler', {
    content: 'allocate=capability; scaling=capability',
  });
  const monitor = await startMonitor(context, scheduler);
  const emulator = await startEmulator(context);
  const manager = await startManager(context, scheduler, emulator, {
    ...defaultSetup,
    capabilities: 'gpu',
  });
  const native = await startNativeManager(context, scheduler, { workers: 2, capabilities: 'disk' });
  const deployment = { scheduler, emulator, monitor, manager };

  // What ours cannot do is none of its business, for several heartbeats.
  const diskJob = await startClient(context, scheduler, {
    count: 10,
    sleep: 1,
    capabilities: ['disk'],
  });
  const first = await waitForResults(context, diskJob, deployment);
  context.check(first === 10, `work for the other capability is right (${first} of 10)`);
  const earlyTasks = (await emulator.ledger()).length;
  context.check(earlyTasks === 0, `and nothing was bought for it (${earlyTasks})`);

  const client = await startClient(context, scheduler, {
    count: EXPECTED_RESULTS,
    sleep: 0.4,
    capabilities: ['gpu', 'disk'],
  });
  const results = await waitForResults(context, client, deployment);
  const ranOnFargate = await client.ranOnFargate;
  const misplaced = ranOnFargate.filter((onFargate, x) => onFargate !== (x % 2 === 0)).length;
  context.check(
    ranOnFargate.length === EXPECTED_RESULTS && misplaced === 0,
    `each task ran where its capability is (${misplaced} did not)`,
  );
  const { length: started } = await emulator.ledger();
  context.check(
    started >= 2 && started <= MAX_TASKS,
    `five tasks a worker were bought for, up to the cap (${started} of ${MAX_TASKS})`,
  );
  const ownWorkers = (monitor.managers.get(defaultSetup.managerId) ?? new Set()).size;
  context.check(ownWorkers > 0, `the scheduler counts our workers as ours (${ownWorkers})`);
  context.check(
    (monitor.managers.get(nativeManagerId)?.size ?? 0) > 0,
    'the native manager had workers of its own',
  );
  const outcome = await checkScaleDown(context, deployment, results, undefined, SCALE_DOWN_MS);
  await context.processes.stop(native, 15_000);
  return outcome;
}
