import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { type PublicView, publicView } from './publicView.ts';

/** The fields of a group's record that are shown; free text is in the log. */
const recordKeys = [
  ...['createdAt', 'deadlinesFrom', 'runningAt', 'stopRequestedAt', 'stopHeldSince'],
  ...['drainDeadline', 'observeUntil', 'lastStatus', 'missingSince', 'subnet', 'failureReason'],
  ...['workersLostSince', 'servingSince', 'stable', 'evicted', 'stopOverdue', 'executionStopped'],
] as const satisfies readonly (keyof GroupRecord)[];

/** What a cohort knows of a group; null and false say nothing. */
export function recordView(record: GroupRecord): PublicView {
  const view: PublicView = {};
  for (const key of recordKeys) {
    const value = record[key];
    if (value !== null && value !== false) view[key] = value;
  }
  return view;
}

/** What a cohort knows of the load of a group. */
export function loadView({ load }: GroupRecord): PublicView {
  return load === null
    ? {}
    : { workers: load.workers, tasks: load.tasks, canceling: load.canceling };
}

/** Actors with few fields, whose context is recorded with each of their events. */
export const isSmall = (machine: string): boolean =>
  machine === 'workerGroup' || machine === 'launch';

/** A context as it is recorded: without the settings, which never change, and the groups, which are recorded apart. */
export function contextView(context: unknown): PublicView {
  if (typeof context !== 'object' || context === null) return {};
  const { settings: _settings, groups: _groups, ...rest } = context as Record<string, unknown>;
  return publicView(rest);
}

/** What of `after` differs from `before`; a key that is gone is null. Undefined: nothing. */
export function difference(before: PublicView, after: PublicView): PublicView | undefined {
  let set: PublicView | undefined;
  for (const key of Object.keys(after)) {
    if (isSame(before[key], after[key])) continue;
    set ??= {};
    set[key] = after[key];
  }
  for (const key of Object.keys(before)) {
    if (key in after || before[key] === null) continue;
    set ??= {};
    set[key] = null;
  }
  return set;
}

const isSame = (a: unknown, b: unknown): boolean =>
  a === b ||
  (typeof a === 'object' &&
    typeof b === 'object' &&
    a !== null &&
    b !== null &&
    JSON.stringify(a) === JSON.stringify(b));
