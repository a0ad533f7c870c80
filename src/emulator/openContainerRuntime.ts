import type { ContainerRuntime } from './containerRuntime.ts';
import { namespaceRuntime } from './namespaceRuntime.ts';
import type { EmulatorOptions } from './options.ts';
import { processGroupRuntime } from './processGroupRuntime.ts';

/** The best jail this system offers; says so in the log when it is not the good one. */
export async function openContainerRuntime({
  isolation,
  hollow,
  log,
}: Pick<EmulatorOptions, 'isolation' | 'hollow' | 'log'>): Promise<ContainerRuntime> {
  if (isolation === 'auto' && !hollow) {
    const runtime = await namespaceRuntime();
    if (runtime) return runtime;
  }
  if (!hollow)
    log.warn(
      {},
      'no PID namespaces here: a task is a process group with a watchdog, and what leaves its group may outlive the task',
    );
  return processGroupRuntime();
}
