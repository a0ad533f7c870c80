import { backendValue } from '../../../machines/shared/release.ts';
import { backendNames } from '../backendNames.ts';
import { startClient } from '../client.ts';
import { checkScaleDown, startDeployment, waitForResults } from '../deployment.ts';
import { defaultSetup } from '../manager.ts';
import { compareReleases } from '../options.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import { commandLine, processesMentioning } from '../procfs.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** The settings of a worker, each with another value than its default. */
const workerSettings: Record<string, string> = {
  '--per-worker-task-queue-size': '500',
  '--heartbeat-interval-seconds': '1',
  '--task-timeout-seconds': '99',
  '--death-timeout-seconds': '101',
  '--garbage-collect-interval-seconds': '23',
  '--trim-memory-threshold-bytes': '2000000000',
  '--event-loop': 'builtin',
  '--preload': 'os:getpid',
};

/** The worker program of each release accepts every setting, under the release's own flag names. */
export async function everySetting(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context, {
    ...defaultSetup,
    capabilities: 'linux,memory=8',
    extraArguments: [
      ...Object.entries(workerSettings).flat(),
      '--io-threads',
      '2',
      '--hard-processor-suspend',
    ],
  });
  const { scheduler, monitor } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.3 });
  const { scaler } = context.options;
  const hasManagers = compareReleases(scaler, '1.24.0') >= 0;
  const hasUnifiedProgram = compareReleases(scaler, '1.26.1') >= 0;
  const program = hasUnifiedProgram ? 'scaler_worker_manager' : 'scaler_cluster';
  const argv = await context.waitFor(
    'a worker program runs',
    60_000,
    () =>
      processesMentioning([`127.0.0.1:${scheduler.port}`])
        .map(({ pid }) => commandLine(pid))
        .find((words) => words.some((word) => word.endsWith(`/${program}`))),
    [deployment.manager],
  );
  const expected: Record<string, string> = {
    ...workerSettings,
    [hasUnifiedProgram ? '--io-threads' : '--worker-io-threads']: '2',
    [hasManagers ? '--max-task-concurrency' : '--num-of-workers']: '1',
    '--per-worker-capabilities': 'linux,memory=8',
    '--object-storage-address': scheduler.storageAddress,
    ...(hasManagers && { '--worker-manager-id': defaultSetup.managerId }),
    ...(hasUnifiedProgram && { '--mode': 'fixed' }),
  };
  const missing = Object.entries(expected).filter(([flag, value]) => {
    const at = argv.indexOf(flag);
    return at < 0 || argv[at + 1] !== value;
  });
  context.check(
    missing.length === 0 && argv.includes('--hard-processor-suspend'),
    `${program} has every setting ${missing.map(([flag]) => flag).join(' ')}`,
  );
  const spelling = backendValue(scaler, context.options.transport);
  const spellings = await backendNames(context.venv);
  context.check(
    spellings.includes(spelling),
    `its parser takes ${spelling} for the transport (${spellings.join(', ')})`,
  );
  const results = await waitForResults(context, client, deployment);
  // The releases from 2.0.19 to before 2.1.10 publish capabilities without their names, or not at all.
  const publishesCapabilities =
    compareReleases(scaler, '2.0.19') < 0 || compareReleases(scaler, '2.1.10') >= 0;
  const offered = [...monitor.workers.values()].filter((one) => one !== null);
  if (publishesCapabilities)
    context.check(
      offered.length > 0 && offered.every((one) => one.linux === '-1' && one.memory === '8'),
      `the workers offer their capabilities (${JSON.stringify(offered[0])})`,
    );
  return checkScaleDown(context, deployment, results);
}
