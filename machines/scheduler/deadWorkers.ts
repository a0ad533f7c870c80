import { type Change, withChange } from '../shared/change.ts';
import type { Cause } from '../shared/domain.ts';
import { taskIdOf } from '../shared/ids.ts';
import { asIfAtOnce } from '../shared/presumedAt.ts';
import { deathNoticedMs } from '../shared/timing.ts';
import { type Cancellations, isSettled } from './cancellations.ts';

/**
 * Fargate tasks that are dead beyond doubt, and when each was first known to be. Their workers were killed and could
 * not disconnect; the tasks assigned to them wait until the scheduler misses their heartbeats.
 */
export type DeadTasks = Record<string, number>;

/** When each of many was noted, those of late apart, so that one more among thousands does not copy them all. */
export interface NotedTimes {
  earlier: Record<string, number>;
  lately: Record<string, number>;
}

export const noneNoted: NotedTimes = { earlier: {}, lately: {} };

/** So many are noted before they are put to the earlier ones: each time copies those. */
const mostLately = 50;

export const isNoted = ({ earlier, lately }: NotedTimes, id: string): boolean =>
  id in lately || id in earlier;

/** Those that are so old that they mean nothing any more are not kept. */
export function withNoted(noted: NotedTimes, ids: readonly string[], at: number): NotedTimes {
  const { earlier, lately } = noted;
  const isFull = Object.keys(lately).length + ids.length > mostLately;
  const all = isFull ? withoutNoticed({ ...earlier, ...lately }, at) : earlier;
  const now = Object.fromEntries(ids.map((id) => [id, at]));
  return { earlier: all, lately: isFull ? now : { ...lately, ...now } };
}

export function withoutNoted({ earlier, lately }: NotedTimes, ids: readonly string[]): NotedTimes {
  const gone = new Set(ids);
  const without = (times: Record<string, number>) =>
    Object.fromEntries(Object.entries(times).filter(([id]) => !gone.has(id)));
  return {
    earlier: ids.some((id) => id in earlier) ? without(earlier) : earlier,
    lately: without(lately),
  };
}

/** The same object: it was dead already. */
export function markTaskDead(dead: NotedTimes, taskId: string, at: number): NotedTimes {
  return isNoted(dead, taskId) ? dead : withNoted(dead, [taskId], at);
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

/**
 * The tasks that died so shortly before the journal was last written, at `writtenAt`, that their workers may still have to
 * be reported: a kill may have come first. Their times are as if the start `at` had followed at once on that write, because
 * the clock may have been set since.
 */
export function deadAtStart(
  ended: readonly EndedTask[],
  { at, writtenAt }: { at: number; writtenAt: number },
): DeadTasks {
  const dead = ended
    .filter(endedSuddenly)
    .flatMap(({ taskArn, endedAt }) =>
      taskArn === null ? [] : [[taskIdOf(taskArn), asIfAtOnce(at, writtenAt, endedAt)] as const],
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
export function reportableWorkers({ earlier, lately }: NotedTimes, shown: Shown): string[] {
  return [earlier, lately].flatMap((tasks) =>
    Object.keys(tasks).flatMap((taskId) => workersOfDead(taskId, shown)),
  );
}

/** What the session has to do with the dead workers that the monitor names. */
export interface DeadWorkers {
  /** As the monitor names them. */
  deadWorkers: string[];
  /** Those of them that are still to be reported. */
  unreported: string[];
  /** Those that were reported to the scheduler, and when: each for as long as its task counts as dead. */
  reported: NotedTimes;
}

/** Once is enough: a worker that is shown again after its report has come back, and is not dead. */
export function onDeadWorkers(
  { deadWorkers, unreported, reported }: DeadWorkers,
  { added, removed }: Change,
): Pick<DeadWorkers, 'deadWorkers' | 'unreported'> {
  const due = added.filter((workerId) => !isNoted(reported, workerId));
  return {
    deadWorkers: withChange(deadWorkers, { added, removed }),
    unreported: withChange(unreported, { added: due, removed }),
  };
}

/** These reports could not be sent, or were lost: they are made again for workers that the monitor names still. */
export function onReportsLost(
  { deadWorkers, unreported, reported }: DeadWorkers,
  workerIds: readonly string[],
): Pick<DeadWorkers, 'unreported' | 'reported'> {
  const named = new Set(deadWorkers);
  return {
    unreported: [...unreported, ...workerIds.filter((workerId) => named.has(workerId))],
    reported: withoutNoted(reported, workerIds),
  };
}

/** The scheduler has answered the report of this worker. Answers come in the order of the reports. */
export function withoutAcknowledged(unacknowledged: string[], workerId: string): string[] {
  const at = Math.max(0, unacknowledged.indexOf(workerId));
  return [...unacknowledged.slice(0, at), ...unacknowledged.slice(at + 1)];
}
