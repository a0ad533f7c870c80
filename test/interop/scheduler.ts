import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from '../src/scheduler/transport/certificate.ts';
import { addressText, type Binding, bindings } from './binding.ts';
import { compareReleases, InteropFailure, type Transport } from './options.ts';
import type { ProcessHandle } from './processes.ts';
import { isListening, isListeningAt } from './procfs.ts';
import { Relay } from './relay.ts';
import { freePorts, type ScenarioContext } from './scenarioContext.ts';

/** The scaling policy; `engine` selects another policy engine than the default, such as the waterfall. */
export interface Policy {
  engine?: string;
  content: string;
}

/** Given explicitly because the default policy of old releases never sends a command. */
export const vanillaPolicy: Policy = { content: 'allocate=even_load; scaling=vanilla' };

/** A real scheduler with its real object storage server. */
export interface Scheduler {
  /** Address for clients and workers. */
  address: string;
  /** Address for the daemon: the same, or that of the relay. */
  managerAddress: string;
  /** Further flags that the daemon needs for this scheduler. */
  managerFlags: string[];
  port: number;
  monitorPort: number;
  monitorAddress: string;
  storageAddress: string;
  policy: Policy;
  /** Further arguments of the scheduler. */
  arguments: readonly string[];
  process: ProcessHandle;
  storage: ProcessHandle;
}

type SchedulerAddresses = Omit<Scheduler, 'process' | 'storage'>;
type ChosenAddresses = Omit<SchedulerAddresses, 'arguments'>;

/** The value of SCALER_NETWORK_BACKEND; `tcp_zmq` was renamed to `zmq` in 2.3.0. */
export const backendName = (release: string, transport: Transport): string =>
  transport === 'zmq' && compareReleases(release, '2.3.0') < 0 ? 'tcp_zmq' : transport;

/** It names desired counts, and starts no workers one by one. */
export const isDeclarative = (release: string): boolean => compareReleases(release, '2.3.5') >= 0;

export const networkBackend = ({ options }: ScenarioContext): Record<string, string> => ({
  SCALER_NETWORK_BACKEND: backendName(options.scaler, options.transport),
});

const READY_MS = 30_000;

export async function startScheduler(
  context: ScenarioContext,
  name = 'scheduler',
  policy: Policy = vanillaPolicy,
  more: readonly string[] = [],
): Promise<Scheduler> {
  const refusals: string[] = [];
  for (const [attempt, binding] of bindings(context.options).entries()) {
    const processName = attempt === 0 ? name : `${name}-${attempt + 1}`;
    const chosen = await chooseAddresses(context, binding, policy);
    const addresses = { ...chosen, arguments: more };
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
    refusals.join('; ') || `this release cannot be tested over ${context.options.addressScheme}://`,
  );
}

const relayDescriptions = {
  plain: 'behind a relay',
  tls: 'behind a relay that terminates TLS',
  unix: 'behind a relay that listens on a Unix socket',
};

/** The scheduler cannot listen at an address; the message is the scheduler's own. */
class BindFailure extends Error {}

async function chooseAddresses(
  context: ScenarioContext,
  { scheduler, relay }: Binding,
  policy: Policy,
): Promise<ChosenAddresses> {
  const { addressScheme: scheme, addressHost: host } = context.options;
  // Three consecutive ports: scheduler, storage server, monitor stream. Relays use the next three.
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
      // The default monitor address is the scheduler's port plus two, which a Unix socket does not have.
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

/** Starts only the scheduler process; also to restart it at the same addresses. Throws BindFailure when it reports an error at its start. */
export async function startSchedulerProcess(
  context: ScenarioContext,
  addresses: SchedulerAddresses,
  name: string,
): Promise<ProcessHandle> {
  const { address, port, monitorPort, monitorAddress, storageAddress, policy } = addresses;
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
      ...addresses.arguments,
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

/** The error that a scheduler logged at its start, or null. Some releases keep running after such an error. */
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

/** Creates a self-signed certificate for every host that --address-host accepts. */
function createCertificate({ dir }: ScenarioContext) {
  const { cert, key } = selfSigned(['127.0.0.1', '::1', 'localhost']);
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { cert, key, certFile, keyFile };
}
