import { startClient } from '../client.ts';
import { checkScaleDown, waitForResults } from '../deployment.ts';
import { startEmulator } from '../emulatorClient.ts';
import { defaultSetup, MAX_TASKS, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { nativeManagerId, startNativeManager } from '../nativeManager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** When idle, this policy sends no requests; the daemon takes that for zero only after a minute. */
const SCALE_DOWN_MS = 110_000;

/** Tasks need a capability that only one of two managers offers: each manager runs exactly the tasks for its capability. */
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

  // Tasks for the other capability start no Fargate task over several heartbeats.
  const diskJob = await startClient(context, scheduler, {
    count: 10,
    sleep: 1,
    capabilities: ['disk'],
  });
  const first = await waitForResults(context, diskJob, deployment);
  context.check(first === 10, `the results for the other capability are correct (${first} of 10)`);
  const earlyTasks = (await emulator.ledger()).length;
  context.check(earlyTasks === 0, `the other capability launched no Fargate task (${earlyTasks})`);

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
    `each task ran on a worker with its capability (${misplaced} did not)`,
  );
  const { length: started } = await emulator.ledger();
  context.check(
    started >= 2 && started <= MAX_TASKS,
    `Fargate tasks were launched, one worker per five queued tasks up to the cap (${started} of ${MAX_TASKS})`,
  );
  const ownWorkers = (monitor.managers.get(defaultSetup.managerId) ?? new Set()).size;
  context.check(
    ownWorkers > 0,
    `the scheduler assigns the Fargate workers to the daemon (${ownWorkers})`,
  );
  context.check(
    (monitor.managers.get(nativeManagerId)?.size ?? 0) > 0,
    'the scheduler assigns workers to the native manager',
  );
  const outcome = await checkScaleDown(context, deployment, results, undefined, SCALE_DOWN_MS);
  await context.processes.stop(native, 15_000);
  return outcome;
}
