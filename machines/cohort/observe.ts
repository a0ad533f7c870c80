import type { GroupEvent } from '../group/workerGroup.ts';
import type { Cause, TaskSighting } from '../shared/domain.ts';
import { type Books, type GroupRow, type Patience, type Step, stopping } from './groupRecords.ts';

/** One look may miss a task; one so much later, ms, with none in between that saw it, hardly does. */
const missingAgainMs = 10_000;

/** StopTask is asked for again when ECS shows a draining task as alive for this long, ms. */
const stopRepeatMs = 15_000;

const failing = (cause: Cause, detail: string | null): GroupEvent => ({
  type: 'task.failing',
  cause,
  detail,
});

const seconds = (ms: number): number => Math.round(ms / 1000);

/** Running at ECS: do its workers serve? `monitored`: the monitor stream would show them. */
const meaningOfRunning = (
  row: GroupRow,
  at: number,
  { bootGraceMs, startDeadlineMs, desertedMs }: Patience,
  monitored: boolean,
): GroupEvent | null => {
  if (row.phase === 'provisioning') return { type: 'task.running' };
  const age = at - row.launchedAt;
  const running = at - (row.runningAt ?? at);
  if (!row.registered) {
    if (!monitored) return running > bootGraceMs ? { type: 'task.registered' } : null;
    return age > startDeadlineMs && running > bootGraceMs
      ? failing('startFailed', `no worker at the scheduler ${seconds(age)} s after the launch`)
      : null;
  }
  const alone = at - (row.deserted ?? at);
  return monitored && alone > desertedMs
    ? failing('lost', `no worker at the scheduler for ${seconds(alone)} s`)
    : null;
};

/** The event that a sighting means for a group, or null when it says nothing new. */
export const meaning = (
  row: GroupRow,
  { phase, cause, detail }: TaskSighting,
  at: number,
  patience: Patience,
  monitored: boolean,
): GroupEvent | null => {
  const age = at - row.launchedAt;
  if (phase === 'stopped') return { type: 'task.stopped', cause: cause ?? 'exited', detail };
  if (phase === 'missing')
    return age > patience.missingGraceMs && at - (row.missingSince ?? at) >= missingAgainMs
      ? { type: 'task.stopped', cause: 'lost', detail: 'ECS does not know this task any more' }
      : null;
  if (row.phase === 'stopping')
    return phase !== 'stopping' && at - (row.stopAskedAt ?? 0) > stopRepeatMs
      ? { type: 'group.stop' }
      : null;
  if (phase === 'stopping') return failing(cause ?? 'stoppedOutside', detail);
  if (phase === 'running') return meaningOfRunning(row, at, patience, monitored);
  // Nobody can be at work there yet.
  if (row.waitUntil !== null && !row.registered) return { type: 'group.stop' };
  return age > patience.startDeadlineMs
    ? failing('startFailed', `not running ${seconds(age)} s after its launch`)
    : null;
};

/** DescribeTasks has answered: only groups for whom something changed hear of it. */
export const compared = (
  books: Books,
  sightings: TaskSighting[],
  at: number,
  patience: Patience,
  monitored: boolean,
): Step => {
  const byArn = new Map(sightings.map((sighting) => [sighting.taskArn, sighting]));
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = [];
  for (const [groupId, row] of Object.entries(books.groups)) {
    const sighting = row.taskArn === null ? undefined : byArn.get(row.taskArn);
    if (!sighting) continue;
    const news = meaning(row, sighting, at, patience, monitored);
    if (news) toGroups.push([groupId, news]);
    else if (row.seen === sighting.phase) continue;
    groups[groupId] = {
      ...row,
      seen: sighting.phase,
      missingSince: sighting.phase === 'missing' ? (row.missingSince ?? at) : null,
      subnet: sighting.subnet ?? row.subnet,
      blame: sighting.blame ?? row.blame,
      runningAt: row.runningAt ?? (sighting.phase === 'running' ? at : null),
      ...((news?.type === 'group.stop' || news?.type === 'task.failing') && stopping(at)),
    };
  }
  return { ...books, groups, toGroups };
};

/** We may not look: an accepted StopTask and time are the evidence there is. */
export const presumed = (
  books: Books,
  at: number,
  patience: Patience,
  monitored: boolean,
): Step => {
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = [];
  for (const [groupId, row] of Object.entries(groups)) {
    const news = row.taskArn === null ? null : presumption(row, at, patience, monitored);
    if (news === null) continue;
    toGroups.push([groupId, news]);
    if (news.type === 'group.stop' || news.type === 'task.failing')
      groups[groupId] = { ...row, ...stopping(at) };
  }
  return { ...books, groups, toGroups };
};

const presumption = (
  { phase, stopAccepted, stopAskedAt, registered, launchedAt, deserted }: GroupRow,
  at: number,
  { blindStopMs, startDeadlineMs, desertedMs }: Patience,
  monitored: boolean,
): GroupEvent | null => {
  const asked = at - (stopAskedAt ?? at);
  if (stopAccepted)
    return asked > blindStopMs
      ? { type: 'task.stopped', cause: 'drained', detail: 'StopTask was accepted; not looked at' }
      : null;
  if (phase === 'stopping') return asked > stopRepeatMs ? { type: 'group.stop' } : null;
  if (monitored && at - (deserted ?? at) > desertedMs)
    return failing('lost', 'its workers are gone; not looked at');
  if (registered || at - launchedAt <= startDeadlineMs) return null;
  return monitored
    ? failing('startFailed', 'its workers have never come; not looked at')
    : // Else nobody would ever count as serving, and so nobody be too many.
      { type: 'task.registered' };
};
