import { startClient } from '../client.ts';
import { checkScaleDown, waitForResults } from '../deployment.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { defaultSetup, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { nativeManagerId, startNativeManager } from '../nativeManager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** What the machines at hand take of the fall; fifty tasks are work for five workers. */
const NATIVE_WORKERS = 2;
const ECS_WORKERS = 3;

/** The machines at hand come first, Fargate gets what flows over, and dries up first. */
export async function waterfall(context: ScenarioContext): Promise<Outcome> {
  const scheduler = await startScheduler(context, 'scheduler', {
    engine: 'waterfall_v1',
    content: `1,${nativeManagerId},${NATIVE_WORKERS}\n2,${defaultSetup.managerId},${ECS_WORKERS}`,
  });
  const monitor = await startMonitor(context, scheduler);
  const emulator = await startEmulator(context);
  const native = await startNativeManager(context, scheduler, { workers: 4 });
  const manager = await startManager(context, scheduler, emulator);
  const deployment = { scheduler, emulator, monitor, manager };
  await context.waitFor('both managers are known', 20_000, () =>
    [nativeManagerId, defaultSetup.managerId].every((id) => monitor.identities.has(id)),
  );

  // What fits into the first manager is none of our business.
  const smallJob = await startClient(context, scheduler, { count: 15, sleep: 0.4 });
  const first = await waitForResults(context, smallJob, deployment);
  context.check(first === 15, `a small job is right (${first} of 15)`);
  const earlyTasks = (await emulator.ledger()).length;
  context.check(earlyTasks === 0, `and nothing was bought for it (${earlyTasks})`);

  let maxAlive = 0;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.8 });
  const poll = setInterval(async () => {
    const alive = (await emulator.ledger().catch(() => [])).filter(isAlive).length;
    maxAlive = Math.max(maxAlive, alive);
  }, 300);
  const results = await waitForResults(context, client, deployment);
  clearInterval(poll);
  context.check(
    maxAlive === ECS_WORKERS,
    `what flows over is ours, up to the rule (${maxAlive} of ${ECS_WORKERS})`,
  );
  const nativeWorkers = (monitor.managers.get(nativeManagerId) ?? new Set()).size;
  context.check(
    nativeWorkers >= NATIVE_WORKERS,
    `the native manager came first (${nativeWorkers} workers)`,
  );
  const ranOnFargate = await client.ranOnFargate;
  context.check(
    ranOnFargate.includes(true) && ranOnFargate.includes(false),
    'both did some of the work',
  );
  const outcome = await checkScaleDown(context, deployment, results);
  await context.processes.stop(native, 15_000);
  return outcome;
}
