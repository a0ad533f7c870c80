import type { Counts } from '../fleet/plan.ts';
import type { GroupPhase } from '../group/workerGroup.ts';
import type { WorkerLoad } from '../scheduler/messages.ts';
import { wouldLose } from '../scheduler/runningTasks.ts';
import {
  absent,
  awaitsStop,
  categoryOf,
  countRecords,
  type GroupRecord,
  withoutWork,
} from './groupRecords.ts';

/* Which groups leave, and which of them are taken back first. What becomes of them is in `drain.ts`. */

/** How many groups of each kind are to leave. */
export type Share = Pick<Counts, 'pending' | 'idle' | 'busy'> & {
  /** Of the degraded idle ones. Where there are any, they leave instead of those above; left out: none. */
  degraded?: number;
};

/**
 * Some groups may have ended since the fleet manager decided, such as those of a launch that was refused, whose ends come
 * one by one. As many stay as were to stay.
 */
export function shareNow(
  share: Share,
  of: Share,
  groups: Record<string, GroupRecord>,
  workersPerTask: number,
): Share {
  const present = countRecords(groups, workersPerTask);
  const left = (kind: 'pending' | 'idle' | 'busy') =>
    Math.max(0, share[kind] - Math.max(0, of[kind] - present[kind]));
  return { ...share, pending: left('pending'), idle: left('idle'), busy: left('busy') };
}

/** A group that has come least far leaves first. */
const progress: Record<GroupPhase, number> = {
  requested: 0,
  provisioning: 1,
  running: 2,
  waiting: 3,
  held: 3,
  stopping: 3,
};

/** An idle group is shown by the monitor stream. */
const workersOfIdle = ({ load }: GroupRecord): number => (load as WorkerLoad).workers;

/**
 * So many of each kind: those for which nothing runs, then the least far, those without workers, those that would lose
 * the least of what they have computed, those with the fewest tasks, those with some workers gone or too old, the
 * youngest.
 */
export function scaleDownCandidates(
  groups: Record<string, GroupRecord>,
  share: Share,
  at: number,
): string[] {
  const sorted = Object.entries(groups).sort(
    ([, a], [, b]) =>
      Number(absent(b)) - Number(absent(a)) ||
      progress[a.phase] - progress[b.phase] ||
      Number(b.workersLostSince !== null) - Number(a.workersLostSince !== null) ||
      wouldLose(a.load?.running, at) - wouldLose(b.load?.running, at) ||
      (a.load?.tasks ?? 0) - (b.load?.tasks ?? 0) ||
      Number(b.degraded || b.aged) - Number(a.degraded || a.aged) ||
      b.deadlinesFrom - a.deadlinesFrom,
  );
  const degraded = sorted
    .filter(([, record]) => (record.degraded || record.aged) && categoryOf(record) === 'idle')
    .sort(([, a], [, b]) => workersOfIdle(a) - workersOfIdle(b))
    .slice(0, share.degraded ?? 0)
    .map(([groupId]) => groupId);
  if (degraded.length > 0) return degraded;
  return (['pending', 'idle', 'busy'] as const).flatMap((kind) =>
    sorted
      .filter(([, record]) => categoryOf(record) === kind)
      .slice(0, share[kind])
      .map(([groupId]) => groupId),
  );
}

/**
 * Groups that were to leave and whose StopTask is not sent yet, as they are taken back:
 * 1. those whose workers are registered;
 * 2. those that are at work for all we know: the others leave as soon as they have been idle for long enough;
 * 3. those for which something is known to run;
 * 4. those that are not told to stop yet;
 * 5. those that have come furthest.
 */
export function recallOrder(groups: Record<string, GroupRecord>): string[] {
  return Object.entries(groups)
    .filter(
      ([, record]) =>
        ['drainPending', 'cancelled'].includes(categoryOf(record)) || awaitsStop(record),
    )
    .sort(
      ([, a], [, b]) =>
        Number(b.registered) - Number(a.registered) ||
        Number(withoutWork(a)) - Number(withoutWork(b)) ||
        Number(absent(a)) - Number(absent(b)) ||
        Number(awaitsStop(a)) - Number(awaitsStop(b)) ||
        progress[b.phase] - progress[a.phase],
    )
    .map(([groupId]) => groupId);
}
