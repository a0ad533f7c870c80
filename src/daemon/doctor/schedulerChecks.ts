import type { Terms } from '../../../machines/scheduler/messages.ts';
import {
  isPublished,
  mismatch,
  newestFor,
  requiredRelease,
} from '../../../machines/scheduler/releases.ts';
import { error, type Finding, ok, unchecked, warning } from '../../aws/preflight/finding.ts';
import type { Config } from '../../config/config.ts';
import { type Detection, detectTransport } from '../../scheduler/transport/detect.ts';
import type { Address } from '../../shared/address.ts';
import { reachOf } from '../../shared/addressReach.ts';

/** What answers at the addresses of the settings; null: not looked at. */
export interface SchedulerFacts {
  scheduler: Detection;
  /** At the workers' address of the scheduler, where it is another one. */
  workerFacing: Detection | null;
  monitor: Detection | null;
  objectStorage: Detection | null;
}

const detectTimeoutMs = 3_000;

/**
 * Connects to each address, reads its first bytes and closes in order. Sends nothing: a heartbeat under the manager's
 * id would make the scheduler count it as a manager.
 */
export async function observeScheduler(
  config: Config,
  detect: typeof detectTransport = detectTransport,
): Promise<SchedulerFacts> {
  const { schedulerAddress, workerSchedulerAddress, objectStorageAddress, monitorAddress } = config;
  const look = (address: Address) =>
    detect(address, { tls: config.tls, timeoutMs: detectTimeoutMs });
  const isOther = (address: Address) =>
    address.text !== schedulerAddress.text && reachOf(address) !== 'unspecified';
  const [scheduler, workerFacing, monitor, objectStorage] = await Promise.all([
    look(schedulerAddress),
    isOther(workerSchedulerAddress) ? look(workerSchedulerAddress) : null,
    monitorAddress === null ? null : look(monitorAddress),
    objectStorageAddress !== null && isOther(objectStorageAddress)
      ? look(objectStorageAddress)
      : null,
  ]);
  return { scheduler, workerFacing, monitor, objectStorage };
}

/** What the first bytes say about the scheduler; null if they do not tell its release. */
export function termsOf({ transport }: Detection): Terms | null {
  switch (transport) {
    case 'ymq0':
      return { transport: 'ymq', generation: 'g2', exact: false, bare: true };
    case 'ymq1':
      return { transport: 'ymq', generation: 'g3', exact: false, bare: false };
    case 'ymq2':
      return { transport: 'ymq', generation: 'g4', exact: false, bare: false };
    default:
      return null;
  }
}

const described: Partial<Record<Detection['transport'], string>> = {
  ymq0: 'YMQ, Scaler before 2.0.2',
  ymq1: 'YMQ, Scaler 2.0.2 to 2.6',
  ymq2: 'YMQ, Scaler 2.7 or newer',
  zmq: 'ZeroMQ',
};

/** Scheduler, monitor stream, object storage, and the workers' release against the scheduler. Pure. */
export function checkScheduler(config: Config, facts: SchedulerFacts): Finding[] {
  const answer = checkAnswer(config, facts.scheduler);
  const isUp = answer.severity === 'ok';
  return [
    answer,
    ...(isUp ? [policyFinding()] : []),
    ...checkWorkerFacing(config, facts),
    ...checkMonitor(config, facts, isUp),
    ...checkObjectStorage(config, facts),
    ...checkWorkerRelease(config, facts.scheduler),
  ];
}

function checkAnswer(config: Config, { transport, reason }: Detection): Finding {
  const { schedulerAddress: address, networkBackend } = config;
  const what = described[transport];
  if (what !== undefined) {
    const found = transport === 'zmq' ? 'zmq' : 'ymq';
    if (networkBackend === 'auto' || networkBackend === found)
      return ok('scheduler.reachable', `the scheduler at ${address.text} speaks ${what}`);
    return error(
      'scheduler.transport',
      `the scheduler at ${address.text} speaks ${what}; --network-backend is ${networkBackend}`,
      'neither the manager nor its workers can talk to it',
      'leave --network-backend at auto',
    );
  }
  const isEncoded = ['ws', 'wss', 'tls'].includes(address.scheme);
  if (transport === 'silent' && isEncoded)
    return ok('scheduler.reachable', `something accepts connections at ${address.text}`);
  if (transport === 'silent')
    return error(
      'scheduler.silent',
      `the scheduler at ${address.text} accepts connections and sends nothing`,
      'a scheduler sends its greeting first: this one hangs, or it is another program',
      'restart the scheduler, or correct the address',
    );
  if (transport === 'unknown')
    return error(
      'scheduler.otherProtocol',
      `no Scaler scheduler at ${reason}`,
      'the manager cannot talk to another program',
      'set the address to the bind address of scaler_scheduler',
    );
  return error(
    'scheduler.unreachable',
    `no scheduler at ${reason}`,
    'without a scheduler nothing asks for workers, and nothing is launched',
    `start it: scaler_scheduler tcp://0.0.0.0:${address.port || 8516}, or correct the address`,
  );
}

function policyFinding(): Finding {
  return unchecked(
    'scheduler.policy',
    'whether the scheduler ever asks for workers is not known: it answers only to heartbeats, and doctor sends none',
    'with scaling=no, the default up to Scaler 1.26.4, a scheduler never starts a worker',
    'start it with --policy-content "allocate=even_load; scaling=vanilla"',
  );
}

const natHint =
  'a router that does not lead back to itself may be the reason; try from a machine in the VPC';

function checkWorkerFacing(config: Config, { workerFacing: seen, scheduler }: SchedulerFacts) {
  const { text, scheme } = config.workerSchedulerAddress;
  if (seen === null) return [];
  if (seen.transport === 'refused')
    return [
      warning(
        'workerAddress.refused',
        `nothing answers at the workers' scheduler address from here: ${seen.reason}`,
        'workers that cannot connect end after --death-timeout-seconds, and their tasks are paid until then',
        `correct --worker-scheduler-address, let the scheduler bind to 0.0.0.0, open the port; ${natHint}`,
      ),
    ];
  const isScaler = described[seen.transport] !== undefined;
  const isSame =
    seen.transport === scheduler.transport || described[scheduler.transport] === undefined;
  if (isScaler ? !isSame : seen.transport === 'unknown' || scheme === 'tcp')
    return [
      error(
        'workerAddress.otherService',
        `at the workers' scheduler address ${text} another program answers than the scheduler at ${config.schedulerAddress.text}`,
        'the workers connect to something that is not the scheduler',
        'set --worker-scheduler-address to the same scheduler as the workers reach it',
      ),
    ];
  return [ok('workerAddress.answers', `a scheduler answers at ${text}, too`)];
}

function checkMonitor({ monitorAddress }: Config, { monitor }: SchedulerFacts, isUp: boolean) {
  // With the scheduler down its monitor stream is down, too.
  if (monitor === null || monitorAddress === null || !isUp) return [];
  if (monitor.transport !== 'refused')
    return [ok('monitor.reachable', `the monitor stream answers at ${monitorAddress.text}`)];
  return [
    warning(
      'monitor.refused',
      `no monitor stream at ${monitor.reason}`,
      'without it the manager does not know which workers are idle, and may stop busy ones',
      'set --monitor-address to the monitor address of the scheduler',
    ),
  ];
}

function checkObjectStorage({ objectStorageAddress }: Config, { objectStorage }: SchedulerFacts) {
  if (objectStorage === null || objectStorageAddress === null) return [];
  if (objectStorage.transport !== 'refused')
    return [
      ok(
        'objectStorage.reachable',
        `the object storage accepts connections at ${objectStorageAddress.text}`,
      ),
    ];
  return [
    warning(
      'objectStorage.refused',
      `no object storage at ${objectStorage.reason}`,
      'workers without object storage cannot read the arguments of their tasks',
      `start scaler_object_storage_server, let it bind to 0.0.0.0, open the port; ${natHint}`,
    ),
  ];
}

function checkWorkerRelease(config: Config, detection: Detection): Finding[] {
  const { scalerVersion } = config.worker;
  const required = requiredRelease(config.ecs.pythonRequirements);
  const release = scalerVersion ?? required;
  if (scalerVersion !== null && required !== null && scalerVersion !== required)
    return [
      error(
        'workerRelease.conflict',
        `--worker-scaler-version is ${scalerVersion}, the requirements install Scaler ${required}`,
        'the command line of one release is given to workers of another, which may refuse it',
        'leave --worker-scaler-version out, or set it to the release of the requirements',
      ),
    ];
  const terms = termsOf(detection);
  if (release === null)
    return terms === null
      ? []
      : [ok('workerRelease.follows', `workers of Scaler ${newestFor(terms)} are launched for it`)];
  if (!isPublished(release))
    return [
      warning(
        'workerRelease.unknown',
        `Scaler ${release} is no release that this program knows`,
        'a release that the package index does not have cannot be installed, and every task fails',
        'set --worker-scaler-version to a published release',
      ),
    ];
  if (terms === null)
    return [
      unchecked(
        'workerRelease.unchecked',
        `whether workers of Scaler ${release} fit the scheduler is not known: it does not tell its release`,
        'workers and schedulers of different protocols never work together',
        'use the release of the scheduler: pip show opengris-scaler',
      ),
    ];
  const reason = mismatch(release, terms);
  if (reason === null)
    return [ok('workerRelease.fits', `workers of Scaler ${release} fit the scheduler`)];
  return [
    error(
      'workerRelease.mismatch',
      reason.replace(/: set .*$/, ''),
      'such workers connect again and again without doing any work; run launches none',
      `set --worker-scaler-version ${newestFor(terms)}, or leave it out`,
    ),
  ];
}
