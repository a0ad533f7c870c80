import { join } from 'node:path';
import { compareReleases, type Transport } from './options.ts';
import type { Running } from './processes.ts';
import { isListening } from './procfs.ts';
import { freePorts, type Stage } from './stage.ts';

/** A real scheduler with its real object storage server. */
export interface Scheduler {
  address: string;
  port: number;
  monitorPort: number;
  storageAddress: string;
  process: Running;
  storage: Running;
}

/** The value of SCALER_NETWORK_BACKEND: it was renamed in 2.3.0. */
export const backendName = (release: string, transport: Transport): string =>
  transport === 'zmq' && compareReleases(release, '2.3.0') < 0 ? 'tcp_zmq' : transport;

export const networkBackend = ({ options }: Stage): Record<string, string> => ({
  SCALER_NETWORK_BACKEND: backendName(options.scaler, options.transport),
});

const READY_MS = 30_000;

/** An address as each of the programs writes and parses it. */
const addressOf = (scheme: 'tcp' | 'ws', port: number) =>
  scheme === 'ws' ? `ws://127.0.0.1:${port}/` : `tcp://127.0.0.1:${port}`;

export async function startScheduler(stage: Stage, name = 'scheduler'): Promise<Scheduler> {
  // The monitor stream is two above the scheduler; the storage server takes the port between.
  const port = await freePorts(3);
  const scheduler: Omit<Scheduler, 'process' | 'storage'> = {
    address: addressOf(stage.options.addressScheme, port),
    port,
    monitorPort: port + 2,
    storageAddress: `tcp://127.0.0.1:${port + 1}`,
  };
  stage.marks.push(`127.0.0.1:${port}`);
  const storage = stage.processes.start({
    name: `${name}-storage`,
    command: join(stage.venv.bin, 'scaler_object_storage_server'),
    args: [scheduler.storageAddress],
    cwd: await stage.subdirectory(name),
    env: networkBackend(stage),
  });
  await stage.until('the object storage server listens', READY_MS, () => isListening(port + 1), [
    storage,
  ]);
  const process = await startSchedulerProcess(stage, scheduler, name);
  return { ...scheduler, storage, process };
}

/** The scheduler alone; also the second time, at the same addresses. */
export async function startSchedulerProcess(
  stage: Stage,
  { address, port, monitorPort, storageAddress }: Omit<Scheduler, 'process' | 'storage'>,
  name: string,
): Promise<Running> {
  const process = stage.processes.start({
    name,
    command: join(stage.venv.bin, 'scaler_scheduler'),
    // Named, because the default of old releases never sends a command.
    args: [
      address,
      '--object-storage-address',
      storageAddress,
      '--policy-content',
      'allocate=even_load; scaling=vanilla',
    ],
    cwd: await stage.subdirectory(name),
    env: networkBackend(stage),
  });
  await stage.until(
    'the scheduler listens',
    READY_MS,
    () => isListening(port) && isListening(monitorPort),
    [process],
  );
  return process;
}
