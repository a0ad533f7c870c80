import { readFileSync } from 'node:fs';
import { startClient } from '../client.ts';
import { checkScaleDown, stopManager, waitForResults } from '../deployment.ts';
import { startEmulator } from '../emulatorClient.ts';
import { defaultSetup, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { compareReleases } from '../options.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** Workers and scheduler are on different sides of release 2.7.0, whose protocols are incompatible: nothing is launched. */
export async function otherWorkers(context: ScenarioContext): Promise<Outcome> {
  const other = compareReleases(context.options.scaler, '2.7.0') < 0 ? '2.9.0' : '2.6.0';
  const scheduler = await startScheduler(context);
  const monitor = await startMonitor(context, scheduler);
  const emulator = await startEmulator(context);
  const wrongManager = await startManager(context, scheduler, emulator, {
    ...defaultSetup,
    name: 'manager-wrong',
    workers: other,
  });
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.3 });
  await context.checkWithin('the log says that the workers are incompatible', 20_000, () =>
    readFileSync(wrongManager.logFile, 'utf8').includes('workers.incompatible'),
  );
  await context.sleep(15_000);
  context.check((await emulator.ledger()).length === 0, 'nothing was launched');
  context.check(monitor.identities.has(defaultSetup.managerId), 'heartbeats continue');
  await stopManager(context, wrongManager);
  const manager = await startManager(context, scheduler, emulator);
  const deployment = { scheduler, emulator, monitor, manager };
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}
