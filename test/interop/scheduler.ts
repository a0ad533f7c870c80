import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from '../src/scheduler/transport/certificate.ts';
import { addressText, type Binding, bindings } from './binding.ts';
import { compareReleases, InteropFailure, type Transport } from './options.ts';
import type { ProcessHandle } from './processes.ts';
import { isListening, isListeningAt } from './procfs.ts';
import { Relay } from './relay.ts';
import { freePorts, type ScenarioContext } from './scenarioContext.ts';

/** What decides how many workers there are: scaling, and on an engine of its own the waterfall. */
export interface Policy {
  engine?: string;
  content: string;
}

/** Named, because the default of old releases never sends a command. */
export const vanillaPolicy: Policy = { content: 'allocate=even_load; scaling=vanilla' };

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
  process: ProcessHandle;
  storage: ProcessHandle;
}

type SchedulerAddresses = Omit<Scheduler, 'process' | 'storage'>;

/** The value of SCALER_NETWORK_BACKEND: it was renamed in 2.3.0. */
export const backendName = (release: string, transport: Transport): string =>
  transport === 'zmq' && compareReleases(release, '2.3.0') < 0 ? 'tcp_zmq' : transport;

export const networkBackend = ({ options }: ScenarioContext): Record<string, string> => ({
  SCALER_NETWORK_BACKEND: backendName(options.scaler, options.transport),
});

const READY_MS = 30_000;

export async function startScheduler(
  context: ScenarioContext,
  name = 'scheduler',
  policy: Policy = vanillaPolicy,
): Promise<Scheduler> {
  const refusals: string[] = [];
  for (const [attempt, binding] of bindings(context.options).entries()) {
    const processName = attempt === 0 ? name : `${name}-${attempt + 1}`;
    const addresses = await chooseAddresses(context, binding, policy);
    const storage = await startStorage(context, addresses, processName);
    try {
      const process = await startSchedulerProcess(context, addresses, processName);
      if (binding.relay !== 'none') await openRelays(context, addresses, binding);
      if (attempt > 0 || binding.relay !== 'none') {
        context.notes.instead = `${addresses.address}${binding.relay === 'none' ? '' : `, ${relayDescriptions[binding.relay]}`}`;
        context.log(`     instead: ${context.notes.instead}`);
      }
      return { ...addresses, storage, process };
    } catch (error) {
      if (!(error instanceof BindFailure)) throw error;
      refusals.push(error.message);
      context.notes.cannotBind = refusals.join('; ');
      context.log(`     ${error.message}`);
      await context.processes.kill(storage);
    }
  }
  throw new InteropFailure(
    refusals.join('; ') || `no way to have ${context.options.addressScheme}:// with this release`,
  );
}

const relayDescriptions = {
  plain: 'with a relay before it',
  tls: 'with a relay before it that ends TLS',
  unix: 'with a relay before it at a Unix socket',
};

/** In the scheduler's own words. */
class BindFailure extends Error {}

async function chooseAddresses(
  context: ScenarioContext,
  { scheduler, relay }: Binding,
  policy: Policy,
): Promise<SchedulerAddresses> {
  const { addressScheme: scheme, addressHost: host } = context.options;
  // The monitor stream is two above the scheduler; the storage server takes the port between. A relay takes as many.
  const port = await freePorts(6);
  const [schedulerEnd, managerEnd] = [scheduler, { scheme, host }].map(
    ({ scheme, host }, index) => {
      const at = (offset: number) =>
        scheme === 'ipc'
          ? `ipc://${join(context.dir, `${port}-${offset}.sock`)}`
          : addressText(scheme, host, port + offset + (index === 1 && relay !== 'none' ? 3 : 0));
      return { main: at(0), monitor: at(2) };
    },
  ) as [EndpointAddresses, EndpointAddresses];
  context.processMarkers.push(`${scheduler.host}:${port}`);
  const encrypted = scheme === 'tls' || scheme === 'wss';
  return {
    address: schedulerEnd.main,
    managerAddress: managerEnd.main,
    managerFlags: [
      ...(encrypted ? ['--tls-ca', certificateOf(context).certFile] : []),
      // Nobody can count two up from a Unix socket.
      ...(scheme === 'ipc' ? ['--monitor-address', managerEnd.monitor] : []),
    ],
    port,
    monitorPort: port + 2,
    monitorAddress: schedulerEnd.monitor,
    storageAddress: `tcp://127.0.0.1:${port + 1}`,
    policy,
  };
}

interface EndpointAddresses {
  main: string;
  monitor: string;
}

async function startStorage(
  context: ScenarioContext,
  addresses: SchedulerAddresses,
  name: string,
): Promise<ProcessHandle> {
  const storage = context.processes.start({
    name: `${name}-storage`,
    command: join(context.venv.bin, 'scaler_object_storage_server'),
    args: [addresses.storageAddress],
    cwd: await context.subdirectory(name),
    env: networkBackend(context),
  });
  await context.waitFor(
    'the object storage server listens',
    READY_MS,
    () => isListening(addresses.port + 1),
    [storage],
  );
  return storage;
}

/** The scheduler alone; also the second time, at the same addresses. */
export async function startSchedulerProcess(
  context: ScenarioContext,
  { address, port, monitorPort, monitorAddress, storageAddress, policy }: SchedulerAddresses,
  name: string,
): Promise<ProcessHandle> {
  const scheme = address.split(':', 1)[0] as string;
  const encrypted = scheme === 'tls' || scheme === 'wss';
  const { certFile, keyFile } = encrypted ? certificateOf(context) : {};
  const process = context.processes.start({
    name,
    command: join(context.venv.bin, 'scaler_scheduler'),
    args: [
      address,
      ...['--object-storage-address', storageAddress],
      ...['--policy-content', policy.content],
      ...(policy.engine ? ['--policy-engine-type', policy.engine] : []),
      ...(scheme === 'ipc' ? ['--monitor-address', monitorAddress] : []),
      ...(certFile && keyFile ? ['--tls-cert', certFile, '--tls-key', keyFile] : []),
    ],
    cwd: await context.subdirectory(name),
    env: networkBackend(context),
  });
  const isListeningNow = () =>
    scheme === 'ipc'
      ? [address, monitorAddress].every((text) => isListeningAt(text.slice('ipc://'.length)))
      : isListening(port) && isListening(monitorPort);
  const startupError = () => startupErrorIn(process);
  await context.waitFor(
    'the scheduler listens',
    READY_MS,
    () => isListeningNow() || process.exit || startupError(),
  );
  const error = startupError();
  if (process.exit || error !== null) {
    await context.processes.kill(process);
    throw new BindFailure(`${name} at ${address}: ${error ?? JSON.stringify(process.exit)}`);
  }
  return process;
}

/** What a scheduler that could not start said; it does not always end then. */
function startupErrorIn({ logFile }: ProcessHandle): string | null {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const last = lines.findLast((line) => /^[\w.]+(Error|Exit): |: error: argument /.test(line));
  return last?.slice(0, 300) ?? null;
}

async function openRelays(
  context: ScenarioContext,
  addresses: SchedulerAddresses,
  { scheduler, relay: relayKind }: Binding,
): Promise<void> {
  const certificate = relayKind === 'tls' ? certificateOf(context) : undefined;
  for (const offset of [0, 2]) {
    const path = join(context.dir, `${addresses.port}-${offset}.sock`);
    const listenOn =
      relayKind === 'unix'
        ? { path }
        : { host: relayHost(context), port: addresses.port + 3 + offset };
    const target = { host: scheduler.host, port: addresses.port + offset };
    const relay = await Relay.open({ listenOn, target, certificate });
    context.onCleanUp(() => relay.close());
  }
}

const relayHost = ({ options: { addressHost } }: ScenarioContext) =>
  addressHost === 'localhost' ? '127.0.0.1' : addressHost;

const certificates = new WeakMap<ScenarioContext, ReturnType<typeof createCertificate>>();

function certificateOf(context: ScenarioContext) {
  const certificate = certificates.get(context) ?? createCertificate(context);
  certificates.set(context, certificate);
  return certificate;
}

/** For every host there is to ask for. */
function createCertificate({ dir }: ScenarioContext) {
  const { cert, key } = selfSigned(['127.0.0.1', '::1', 'localhost']);
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { cert, key, certFile, keyFile };
}
