import { startClient } from '../client.ts';
import { checkScaleDown, waitForResults } from '../deployment.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { defaultSetup, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { nativeManagerId, startNativeManager } from '../nativeManager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** Limits of the two managers in the waterfall policy; 50 tasks need five workers. */
const NATIVE_WORKERS = 2;
const ECS_WORKERS = 3;

/** With the waterfall policy, the native manager gets workers first, Fargate only beyond its limit, and Fargate scales down first. */
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
  await context.waitFor('the scheduler has registered both managers', 20_000, () =>
    [nativeManagerId, defaultSetup.managerId].every((id) => monitor.identities.has(id)),
  );

  // Work within the limit of the first manager starts no Fargate task.
  const smallJob = await startClient(context, scheduler, { count: 15, sleep: 0.4 });
  const first = await waitForResults(context, smallJob, deployment);
  context.check(first === 15, `the results of a small job are correct (${first} of 15)`);
  const earlyTasks = (await emulator.ledger()).length;
  context.check(earlyTasks === 0, `the small job launched no Fargate task (${earlyTasks})`);

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
    `the overflow runs on Fargate, up to the limit of the policy (${maxAlive} of ${ECS_WORKERS})`,
  );
  const nativeWorkers = (monitor.managers.get(nativeManagerId) ?? new Set()).size;
  context.check(
    nativeWorkers >= NATIVE_WORKERS,
    `the native manager has its workers (${nativeWorkers} workers)`,
  );
  const ranOnFargate = await client.ranOnFargate;
  context.check(
    ranOnFargate.includes(true) && ranOnFargate.includes(false),
    'both managers ran some of the tasks',
  );
  const outcome = await checkScaleDown(context, deployment, results);
  await context.processes.stop(native, 15_000);
  return outcome;
}
