import type { Cause } from '../shared/domain.ts';
import { taskIdOf } from '../shared/ids.ts';
import { deathNoticedMs } from '../shared/timing.ts';
import { type Cancellations, isSettled } from './cancellations.ts';

/**
 * Fargate tasks that are dead beyond doubt, and when each was first known to be. Their workers were killed and could
 * not disconnect; the tasks assigned to them wait until the scheduler misses their heartbeats.
 */
export type DeadTasks = Record<string, number>;

/** At most so many are marked one by one before they are put to the others: each mark copies those. */
const mostLately = 100;

/** Dead tasks, those of late apart, so that a task that dies among thousands does not copy them all. */
export interface KnownDead {
  dead: DeadTasks;
  lately: DeadTasks;
}

/** The same object: it was dead already. */
export function markTaskDead(known: KnownDead, taskId: string, at: number): KnownDead {
  const { dead, lately } = known;
  if (taskId in dead || taskId in lately) return known;
  const isFull = Object.keys(lately).length >= mostLately;
  return isFull
    ? { dead: { ...dead, ...lately }, lately: { [taskId]: at } }
    : { dead, lately: { ...lately, [taskId]: at } };
}

/** Ends that ECS itself has shown, and after which workers do not say goodbye. */
const suddenEnds: readonly Cause[] = ['exited', 'interrupted', 'stoppedOutside'];

/** Stop codes with which ECS says the same, whatever the group was to do by then: a task that was to be drained may end before StopTask reaches it. */
const suddenStopCodes: readonly string[] = [
  ...['EssentialContainerExited', 'SpotInterruption', 'TerminationNotice', 'InfrastructureHealth'],
];

/** A group that is over, as the journal has it. */
export interface EndedTask {
  taskArn: string | null;
  cause: Cause;
  /** AWS's words about the end: the stop code comes first. */
  detail: string | null;
  endedAt: number;
}

const endedSuddenly = ({ cause, detail }: EndedTask): boolean =>
  suddenEnds.includes(cause) || suddenStopCodes.includes(detail?.split(';')[0] ?? '');

/** The tasks that died so short before a start that their workers may still have to be reported: a kill may have come first. */
export function deadAtStart(ended: readonly EndedTask[], at: number): DeadTasks {
  const dead = ended.filter(endedSuddenly).flatMap(({ taskArn, endedAt }) =>
    // The clock may have been set back since.
    taskArn === null ? [] : [[taskIdOf(taskArn), Math.min(endedAt, at)] as const],
  );
  return withoutNoticed(Object.fromEntries(dead), at);
}

/** Without the tasks whose workers the scheduler has noticed by itself; the same object: nothing has changed. */
export function withoutNoticed(dead: DeadTasks, at: number): DeadTasks {
  const entries = Object.entries(dead);
  const left = entries.filter(([, since]) => at - since < deathNoticedMs);
  return left.length < entries.length ? Object.fromEntries(left) : dead;
}

/** What the monitor stream shows of workers. */
interface Shown {
  connected: Record<string, Record<string, number>>;
  cancellations: Cancellations;
}

/**
 * Workers of a dead Fargate task that the scheduler still counts as connected. None if it has a task that is being
 * cancelled, or may have one: one release's scheduler ends itself when such a worker is reported.
 */
export function workersOfDead(taskId: string, { connected, cancellations }: Shown): string[] {
  return isSettled(cancellations, taskId) ? Object.keys(connected[taskId] ?? {}) : [];
}

/** Those of all dead tasks. */
export function reportableWorkers({ dead, lately }: KnownDead, shown: Shown): string[] {
  return [dead, lately].flatMap((tasks) =>
    Object.keys(tasks).flatMap((taskId) => workersOfDead(taskId, shown)),
  );
}

/** Workers that were reported to the scheduler, and when. */
export type ReportedWorkers = Record<string, number>;

/** Once is enough: a worker that is still shown after its report has come back, and is not dead. */
export function unreported(workerIds: readonly string[], reported: ReportedWorkers): string[] {
  return workerIds.filter((workerId) => !(workerId in reported));
}

/** The tasks of older reports are not dead any more by now, so that the list cannot grow. */
export function withReported(
  reported: ReportedWorkers,
  workerIds: readonly string[],
  at: number,
): ReportedWorkers {
  return {
    ...Object.fromEntries(
      Object.entries(reported).filter(([, since]) => at - since < deathNoticedMs),
    ),
    ...Object.fromEntries(workerIds.map((workerId) => [workerId, at])),
  };
}
