import type { Generation } from '../../../machines/scheduler/messages.ts';
import { atLeast } from '../../../machines/shared/release.ts';

/** How a scheduler is reached: null over ZeroMQ; else YMQ, with this version in its magic, or 0 without a magic. */
export type Magic = 0 | 1 | 2 | null;

/** What one release of Scaler's scheduler does toward a worker manager. */
export interface SchedulerRelease {
  release: string;
  /** Releases that do the same: their schedulers differ in nothing that is said here. */
  likewise: readonly string[];
  generation: Generation;
  /** How it may be reached. */
  reached: readonly Magic[];
  /** No command is sent to a manager that owes the answer to another one. */
  waits: boolean;
  /** A shutdown of workers names one of them, or all that may go. */
  names: 'one' | 'all';
  /** What "too many" keeps back until more workers are connected: all commands, starts, or nothing. */
  tooManyStops: 'everything' | 'starts' | 'nothing';
  /** What a started unit counts for before its workers have connected. */
  pending: 'nothing' | 'one' | 'workerIds';
  /** No command when what is desired is what is connected. */
  silentWhenMet: boolean;
  /** The scheduler ends when a worker leaves that has a task being cancelled. */
  diesOfCancellation: boolean;
}

const base: Omit<SchedulerRelease, 'release' | 'generation' | 'reached'> = {
  likewise: [],
  waits: false,
  names: 'all',
  tooManyStops: 'nothing',
  pending: 'nothing',
  silentWhenMet: false,
  diesOfCancellation: false,
};

/**
 * One for each way to behave, from which seeds draw; what lies between them behaves as one of these. `likewise` is from a
 * comparison of the wheels: the scaling policies and `worker_manager_controller.py` decide the same in both.
 */
export const releases: readonly SchedulerRelease[] = [
  { ...base, release: '1.15.0', generation: 'g1', reached: [null, 0] },
  { ...base, release: '1.20.1', generation: 'g1b', reached: [null, 0] },
  {
    ...{ ...base, release: '1.24.0', generation: 'g2', reached: [null] },
    ...{ names: 'one', likewise: ['1.24.6'] },
  },
  { ...base, release: '1.26.4', generation: 'g2', reached: [null] },
  {
    ...{ ...base, release: '1.26.6', generation: 'g2', reached: [null] },
    ...{ waits: true, tooManyStops: 'everything' },
  },
  {
    ...{ ...base, release: '1.27.2', generation: 'g2', reached: [null, 0] },
    ...{ waits: true, tooManyStops: 'starts' },
  },
  {
    ...{ ...base, release: '2.0.20', generation: 'g2', reached: [null, 1] },
    ...{ waits: true, pending: 'one' },
  },
  {
    ...{ ...base, release: '2.1.10', generation: 'g23', reached: [null, 1] },
    ...{ waits: true, pending: 'workerIds', likewise: ['2.2.0'] },
  },
  {
    ...{ ...base, release: '2.3.3', generation: 'g23', reached: [1] },
    ...{ waits: true, pending: 'workerIds' },
  },
  {
    ...{ ...base, release: '2.5.0', generation: 'g3', reached: [1, null] },
    ...{ silentWhenMet: true, likewise: ['2.3.5', '2.4.6'] },
  },
  { ...base, release: '2.5.5', generation: 'g3', reached: [1] },
  { ...base, release: '2.6.0', generation: 'g3', reached: [1, null], diesOfCancellation: true },
  {
    ...{ ...base, release: '2.9.0', generation: 'g4', reached: [2, null] },
    likewise: ['2.7.0', '2.8.0'],
  },
];

export function releaseNamed(release: string): SchedulerRelease {
  const found = releases.find(
    (each) => each.release === release || each.likewise.includes(release),
  );
  if (!found) throw new Error(`no simulated scheduler of release ${release}`);
  return { ...found, release };
}

/** What a Fargate task was launched with. */
export interface WorkerKind {
  /** Null: not said. */
  release: string | null;
  /** SCALER_NETWORK_BACKEND; null: not said. */
  backend: string | null;
  /** The manager that its workers name; null: the command does not say it. */
  managerId: string | null;
  /** How many workers; null: the command does not say it. */
  count: number | null;
}

export function workerKindOf(
  environment: readonly { name?: string | undefined; value?: string | undefined }[],
): WorkerKind {
  const value = (name: string) => environment.find((each) => each.name === name)?.value ?? null;
  const requirements = value('PYTHON_REQUIREMENTS') ?? '';
  const release = /opengris[-_.]scaler(?:\[[^\]]*\])?==([\d.]+)/.exec(requirements)?.[1] ?? null;
  const command = value('COMMAND') ?? '';
  const managerId = /--worker-manager-id (\S+)/.exec(command)?.[1] ?? null;
  const count = /--(?:max-task-concurrency|num-of-workers) (\d+)/.exec(command)?.[1];
  return {
    ...{ release, backend: value('SCALER_NETWORK_BACKEND'), managerId },
    count: count === undefined ? null : Number(count),
  };
}

/** A worker of that kind can register at this scheduler. Only the numbering and the magic part the releases. */
export function canServe(
  { release, backend }: WorkerKind,
  scheduler: SchedulerRelease,
  magic: Magic,
): boolean {
  if (release === null) return true;
  const overZmq = backend === 'zmq' || backend === 'tcp_zmq';
  if (overZmq !== (magic === null)) return false;
  const spoken: Magic = atLeast(release, '2.7.0') ? 2 : atLeast(release, '2.0.2') ? 1 : 0;
  if (magic !== null) return spoken === magic;
  return (spoken === 2) === (scheduler.generation === 'g4');
}

/** A value of SCALER_NETWORK_BACKEND that a release does not know ends its workers at once. */
export function knowsBackend({ release, backend }: WorkerKind): boolean {
  if (release === null || backend === null || backend === 'ymq') return true;
  return backend === (atLeast(release, '2.3.0') ? 'zmq' : 'tcp_zmq');
}

/** The ids of older workers do not name their Fargate task. */
export function namesItsTask({ release }: WorkerKind, scheduler: SchedulerRelease): boolean {
  return atLeast(release ?? scheduler.release, '1.24.0');
}

/**
 * The heartbeats of older workers do not say which manager they belong to, and a scheduler of g1 knows none. Such workers
 * belong to no manager: the scheduler neither counts them as any manager's nor names them for shutdown.
 */
export function saysItsManager({ release }: WorkerKind, scheduler: SchedulerRelease): boolean {
  return scheduler.generation !== 'g1' && atLeast(release ?? scheduler.release, '1.19.0');
}
