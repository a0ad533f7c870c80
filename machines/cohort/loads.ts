import type { WorkerLoad } from '../scheduler/messages.ts';
import { sameLoad } from '../scheduler/runningTasks.ts';
import { taskIdOf } from '../shared/ids.ts';
import { stoppedByLoad } from './drain.ts';
import {
  type CohortRecords,
  type GroupRecord,
  hasWorkers,
  type Outbox,
  type Transition,
} from './groupRecords.ts';
import { withIdleSince } from './minimumIdle.ts';

/** Phases in which a group takes in that its workers have registered. */
const canRegister = ({ phase }: GroupRecord): boolean =>
  phase === 'provisioning' || phase === 'running' || phase === 'waiting';

/** The record of a group whose workers have just come to be known. Its own report of that changes nothing more. */
const registeredRecord = (record: GroupRecord): GroupRecord => ({
  ...record,
  registered: true,
  phase: record.phase === 'provisioning' ? 'running' : record.phase,
});

const withoutCanceling = ({ canceling: _, ...record }: GroupRecord): GroupRecord => record;

/**
 * What the monitor stream showed of tasks whose workers changed; null: it shows nothing any more. `nowRegistered`: the
 * groups whose workers have come to be known.
 */
export function recordLoads(
  records: CohortRecords,
  loads: Record<string, WorkerLoad> | null,
  at: number,
  minIdleMs = 0,
): Transition & { nowRegistered: string[] } {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  const nowRegistered: string[] = [];
  for (const [groupId, before] of Object.entries(records.groups)) {
    if (before.taskArn === null) continue;
    const load = loads === null ? null : loads[taskIdOf(before.taskArn)];
    if (load === undefined) continue;
    const present = hasWorkers({ load });
    const registers = present && !before.registered && canRegister(before);
    const workersLostSince =
      present || load === null || !before.registered ? null : (before.workersLostSince ?? at);
    const unshownSince =
      load === null && before.drainDeadline !== null ? (before.unshownSince ?? at) : null;
    const isNews = !sameLoad(load, before.load) || workersLostSince !== before.workersLostSince;
    const known = before.canceling === undefined ? before : withoutCanceling(before);
    const record = registers ? registeredRecord(known) : known;
    const news = { load, workersLostSince, unshownSince, assumed: before.assumed && !present };
    const shown = load !== null && present && { shownWorkers: load.workers };
    const idle = withIdleSince(before, load, at, minIdleMs);
    const next: GroupRecord = isNews ? { ...record, ...news, ...shown, ...idle } : record;
    groups[groupId] = next;
    if (registers) nowRegistered.push(groupId);
    if (present && !before.registered) outbox.push([groupId, { type: 'task.registered' }]);
    const stop = stoppedByLoad(next, at, minIdleMs);
    if (stop === null) continue;
    groups[groupId] = stop[0];
    outbox.push([groupId, stop[1]]);
  }
  return { ...records, groups, outbox, nowRegistered };
}
