import { join } from 'node:path';
import { compareReleases } from './options.ts';
import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';

/** Manager id of Scaler's own manager for workers on the local machine. */
export const nativeManagerId = 'wm-native';

export async function startNativeManager(
  context: ScenarioContext,
  scheduler: Scheduler,
  { workers, capabilities }: { workers: number; capabilities?: string },
): Promise<ProcessHandle> {
  return context.processes.start({
    name: 'native',
    command: join(context.venv.bin, 'scaler_worker_manager'),
    args: [
      'baremetal_native',
      scheduler.address,
      ...['--worker-manager-id', nativeManagerId],
      ...['--max-task-concurrency', String(workers)],
      ...(capabilities ? ['--per-worker-capabilities', capabilities] : []),
      // Since 2.7.0 this manager keeps unneeded workers for 30 s by default.
      ...(compareReleases(context.options.scaler, '2.7.0') >= 0
        ? ['--scale-down-cooldown-seconds', '0']
        : []),
    ],
    cwd: await context.subdirectory('native'),
    env: networkBackend(context),
  });
}
