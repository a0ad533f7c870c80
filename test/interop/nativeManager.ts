import { join } from 'node:path';
import { compareReleases } from './options.ts';
import type { Running } from './processes.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';
import type { Stage } from './stage.ts';

/** Scaler's own manager of workers on its own machine, beside ours. */
export const nativeManagerId = 'wm-native';

export async function startNativeManager(
  stage: Stage,
  scheduler: Scheduler,
  { workers, capabilities }: { workers: number; capabilities?: string },
): Promise<Running> {
  return stage.processes.start({
    name: 'native',
    command: join(stage.venv.bin, 'scaler_worker_manager'),
    args: [
      'baremetal_native',
      scheduler.address,
      ...['--worker-manager-id', nativeManagerId],
      ...['--max-task-concurrency', String(workers)],
      ...(capabilities ? ['--per-worker-capabilities', capabilities] : []),
      // Since 2.7.0 it keeps workers for half a minute that nobody wants.
      ...(compareReleases(stage.options.scaler, '2.7.0') >= 0
        ? ['--scale-down-cooldown-seconds', '0']
        : []),
    ],
    cwd: await stage.subdirectory('native'),
    env: networkBackend(stage),
  });
}
