import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from '../src/scheduler/transport/certificate.ts';
import { addressText, type Binding, bindings } from './binding.ts';
import { compareReleases, InteropFailure, type Transport } from './options.ts';
import type { Running } from './processes.ts';
import { isListening, isListeningAt } from './procfs.ts';
import { Relay } from './relay.ts';
import { freePorts, type Stage } from './stage.ts';

/** What decides how many workers there are: scaling, and on an engine of its own the waterfall. */
export interface Policy {
  engine?: string;
  content: string;
}

/** Named, because the default of old releases never sends a command. */
export const vanilla: Policy = { content: 'allocate=even_load; scaling=vanilla' };

/** A real scheduler with its real object storage server. */
export interface Scheduler {
  /** For its clients and workers. */
  address: string;
  /** For our daemon: the same, or the relay's. */
  managerAddress: string;
  /** What our daemon has to be told beside that. */
  managerFlags: string[];
  port: number;
  monitorPort: number;
  monitorAddress: string;
  storageAddress: string;
  policy: Policy;
  process: Running;
  storage: Running;
}

type Place = Omit<Scheduler, 'process' | 'storage'>;

/** The value of SCALER_NETWORK_BACKEND: it was renamed in 2.3.0. */
export const backendName = (release: string, transport: Transport): string =>
  transport === 'zmq' && compareReleases(release, '2.3.0') < 0 ? 'tcp_zmq' : transport;

export const networkBackend = ({ options }: Stage): Record<string, string> => ({
  SCALER_NETWORK_BACKEND: backendName(options.scaler, options.transport),
});

const READY_MS = 30_000;

export async function startScheduler(
  stage: Stage,
  name = 'scheduler',
  policy: Policy = vanilla,
): Promise<Scheduler> {
  const refusals: string[] = [];
  for (const [attempt, binding] of bindings(stage.options).entries()) {
    const called = attempt === 0 ? name : `${name}-${attempt + 1}`;
    const place = await placeOf(stage, binding, policy);
    const storage = await startStorage(stage, place, called);
    try {
      const process = await startSchedulerProcess(stage, place, called);
      if (binding.front !== 'none') await openFront(stage, place, binding);
      if (attempt > 0 || binding.front !== 'none') {
        stage.notes.instead = `${place.address}${binding.front === 'none' ? '' : `, ${fronts[binding.front]}`}`;
        stage.log(`     instead: ${stage.notes.instead}`);
      }
      return { ...place, storage, process };
    } catch (error) {
      if (!(error instanceof CannotBind)) throw error;
      refusals.push(error.message);
      stage.notes.cannotBind = refusals.join('; ');
      stage.log(`     ${error.message}`);
      await stage.processes.kill(storage);
    }
  }
  throw new InteropFailure(
    refusals.join('; ') || `no way to have ${stage.options.addressScheme}:// with this release`,
  );
}

const fronts = {
  plain: 'with a relay before it',
  tls: 'with a relay before it that ends TLS',
  unix: 'with a relay before it at a Unix socket',
};

/** In the scheduler's own words. */
class CannotBind extends Error {}

async function placeOf(stage: Stage, { own, front }: Binding, policy: Policy): Promise<Place> {
  const { addressScheme: scheme, addressHost: host } = stage.options;
  // The monitor stream is two above the scheduler; the storage server takes the port between. A relay takes as many.
  const port = await freePorts(6);
  const [far, near] = [own, { scheme, host }].map(({ scheme, host }, which) => {
    const at = (offset: number) =>
      scheme === 'ipc'
        ? `ipc://${join(stage.dir, `${port}-${offset}.sock`)}`
        : addressText(scheme, host, port + offset + (which === 1 && front !== 'none' ? 3 : 0));
    return { main: at(0), monitor: at(2) };
  }) as [Ends, Ends];
  stage.marks.push(`${own.host}:${port}`);
  const encrypted = scheme === 'tls' || scheme === 'wss';
  return {
    address: far.main,
    managerAddress: near.main,
    managerFlags: [
      ...(encrypted ? ['--tls-ca', certificateOf(stage).certFile] : []),
      // Nobody can count two up from a Unix socket.
      ...(scheme === 'ipc' ? ['--monitor-address', near.monitor] : []),
    ],
    port,
    monitorPort: port + 2,
    monitorAddress: far.monitor,
    storageAddress: `tcp://127.0.0.1:${port + 1}`,
    policy,
  };
}

interface Ends {
  main: string;
  monitor: string;
}

async function startStorage(stage: Stage, place: Place, name: string): Promise<Running> {
  const storage = stage.processes.start({
    name: `${name}-storage`,
    command: join(stage.venv.bin, 'scaler_object_storage_server'),
    args: [place.storageAddress],
    cwd: await stage.subdirectory(name),
    env: networkBackend(stage),
  });
  await stage.until(
    'the object storage server listens',
    READY_MS,
    () => isListening(place.port + 1),
    [storage],
  );
  return storage;
}

/** The scheduler alone; also the second time, at the same addresses. */
export async function startSchedulerProcess(
  stage: Stage,
  { address, port, monitorPort, monitorAddress, storageAddress, policy }: Place,
  name: string,
): Promise<Running> {
  const scheme = address.split(':', 1)[0] as string;
  const encrypted = scheme === 'tls' || scheme === 'wss';
  const { certFile, keyFile } = encrypted ? certificateOf(stage) : {};
  const process = stage.processes.start({
    name,
    command: join(stage.venv.bin, 'scaler_scheduler'),
    args: [
      address,
      ...['--object-storage-address', storageAddress],
      ...['--policy-content', policy.content],
      ...(policy.engine ? ['--policy-engine-type', policy.engine] : []),
      ...(scheme === 'ipc' ? ['--monitor-address', monitorAddress] : []),
      ...(certFile && keyFile ? ['--tls-cert', certFile, '--tls-key', keyFile] : []),
    ],
    cwd: await stage.subdirectory(name),
    env: networkBackend(stage),
  });
  const listens = () =>
    scheme === 'ipc'
      ? [address, monitorAddress].every((text) => isListeningAt(text.slice('ipc://'.length)))
      : isListening(port) && isListening(monitorPort);
  const words = () => lastWords(process);
  await stage.until('the scheduler listens', READY_MS, () => listens() || process.end || words());
  const refusal = words();
  if (process.end || refusal !== null) {
    await stage.processes.kill(process);
    throw new CannotBind(`${name} at ${address}: ${refusal ?? JSON.stringify(process.end)}`);
  }
  return process;
}

/** What a scheduler that could not start said; it does not always end then. */
function lastWords({ logFile }: Running): string | null {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const last = lines.findLast((line) => /^[\w.]+(Error|Exit): |: error: argument /.test(line));
  return last?.slice(0, 300) ?? null;
}

async function openFront(stage: Stage, place: Place, { own, front }: Binding): Promise<void> {
  const certificate = front === 'tls' ? certificateOf(stage) : undefined;
  for (const offset of [0, 2]) {
    const path = join(stage.dir, `${place.port}-${offset}.sock`);
    const door =
      front === 'unix' ? { path } : { host: doorHost(stage), port: place.port + 3 + offset };
    const target = { host: own.host, port: place.port + offset };
    const relay = await Relay.open({ door, target, certificate });
    stage.atEnd(() => relay.close());
  }
}

const doorHost = ({ options: { addressHost } }: Stage) =>
  addressHost === 'localhost' ? '127.0.0.1' : addressHost;

const certificates = new WeakMap<Stage, ReturnType<typeof makeCertificate>>();

function certificateOf(stage: Stage) {
  const made = certificates.get(stage) ?? makeCertificate(stage);
  certificates.set(stage, made);
  return made;
}

/** For every host there is to ask for. */
function makeCertificate({ dir }: Stage) {
  const { cert, key } = selfSigned(['127.0.0.1', '::1', 'localhost']);
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { cert, key, certFile, keyFile };
}
