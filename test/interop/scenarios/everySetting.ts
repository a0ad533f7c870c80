import { backendValue } from '../../../machines/shared/release.ts';
import { backendNames } from '../backendNames.ts';
import { startClient } from '../client.ts';
import { usualSetup } from '../manager.ts';
import { compareReleases } from '../options.ts';
import { commandLine, processesMentioning } from '../procfs.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle } from '../world.ts';

/** What a worker can be told, each unlike its default. */
const told: Record<string, string> = {
  '--per-worker-task-queue-size': '500',
  '--heartbeat-interval-seconds': '1',
  '--task-timeout-seconds': '99',
  '--death-timeout-seconds': '101',
  '--garbage-collect-interval-seconds': '23',
  '--trim-memory-threshold-bytes': '2000000000',
  '--event-loop': 'builtin',
  '--preload': 'os:getpid',
};

/** The worker's own program accepts all that we can tell it, in every release's words. */
export async function everySetting(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage, {
    ...usualSetup,
    capabilities: 'linux,memory=8',
    more: [...Object.entries(told).flat(), '--io-threads', '2', '--hard-processor-suspend'],
  });
  const { scheduler, monitor } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.3 });
  const { scaler } = stage.options;
  const managed = compareReleases(scaler, '1.24.0') >= 0;
  const unified = compareReleases(scaler, '1.26.1') >= 0;
  const program = unified ? 'scaler_worker_manager' : 'scaler_cluster';
  const argv = await stage.until(
    'a worker program runs',
    60_000,
    () =>
      processesMentioning([`127.0.0.1:${scheduler.port}`])
        .map(({ pid }) => commandLine(pid))
        .find((words) => words.some((word) => word.endsWith(`/${program}`))),
    [world.manager],
  );
  const wanted: Record<string, string> = {
    ...told,
    [unified ? '--io-threads' : '--worker-io-threads']: '2',
    [managed ? '--max-task-concurrency' : '--num-of-workers']: '1',
    '--per-worker-capabilities': 'linux,memory=8',
    '--object-storage-address': scheduler.storageAddress,
    ...(managed && { '--worker-manager-id': usualSetup.managerId }),
    ...(unified && { '--mode': 'fixed' }),
  };
  const wrong = Object.entries(wanted).filter(([flag, value]) => {
    const at = argv.indexOf(flag);
    return at < 0 || argv[at + 1] !== value;
  });
  stage.check(
    wrong.length === 0 && argv.includes('--hard-processor-suspend'),
    `${program} was told every setting ${wrong.map(([flag]) => flag).join(' ')}`,
  );
  const spelling = backendValue(scaler, stage.options.transport);
  const spellings = await backendNames(stage.venv);
  stage.check(
    spellings.includes(spelling),
    `its parser takes ${spelling} for the transport (${spellings.join(', ')})`,
  );
  const results = await finishIn(stage, client, world);
  // Those releases publish capabilities without their names, if at all.
  const tells = compareReleases(scaler, '2.0.19') < 0 || compareReleases(scaler, '2.1.10') >= 0;
  const offered = [...monitor.workers.values()].filter((one) => one !== null);
  if (tells)
    stage.check(
      offered.length > 0 && offered.every((one) => one.linux === '-1' && one.memory === '8'),
      `the workers offer their capabilities (${JSON.stringify(offered[0])})`,
    );
  return settle(stage, world, results);
}
