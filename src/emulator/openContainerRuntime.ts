import type { ContainerRuntime } from './containerRuntime.ts';
import { namespaceRuntime } from './namespaceRuntime.ts';
import type { EmulatorOptions } from './options.ts';
import { processGroupRuntime } from './processGroupRuntime.ts';

/** PID namespaces where the system allows them, else process groups, with a warning in the log. */
export async function openContainerRuntime({
  isolation,
  hollow,
  log,
}: Pick<EmulatorOptions, 'isolation' | 'hollow' | 'log'>): Promise<ContainerRuntime> {
  if (isolation === 'auto' && !hollow) {
    const runtime = await namespaceRuntime();
    if (runtime) return runtime;
  }
  if (!hollow) log.report('emulator.namespacesUnavailable', {});
  return processGroupRuntime();
}
