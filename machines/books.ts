import type { LaunchOrder, OwnedGroup, TaskPhase, TaskSighting } from './facts.ts';
import type { LaunchEnd } from './launch.ts';
import { type Counts, noCounts } from './plan.ts';
import type { GroupEvent, GroupPhase } from './workerGroup.ts';

/** One DescribeTasks page. More children than this under one parent make every spawn slow. */
export const cohortSize = 100;

/** What a cohort knows of one group: reported by the group, or last seen at ECS. */
export interface GroupRow {
  taskArn: string | null;
  phase: GroupPhase;
  registered: boolean;
  leaving: boolean;
  launchedAt: number;
  runningAt: number | null;
  /** When StopTask was last asked for; it is repeated while ECS shows no effect. */
  drainedAt: number | null;
  seen: TaskPhase | null;
}

export interface Books {
  groups: Record<string, GroupRow>;
  /** Open launches: the groups that wait for each. */
  launches: Record<string, string[]>;
}

/** A launch to be made, with the names of its groups; also one that an earlier run left open. */
export interface LaunchPlan {
  order: LaunchOrder;
  groupIds: string[];
}

export interface Patience {
  /** How long DescribeTasks may deny a new task before it counts as lost, ms. */
  missingGraceMs: number;
  /** From RUNNING to workers that surely know the scheduler, when nothing else tells, ms. */
  bootGraceMs: number;
  /** From the launch to RUNNING; who takes longer is stopped and replaced, ms. */
  startDeadlineMs: number;
}

/** New books, and what to tell whom. */
export interface Step extends Books {
  toGroups: [groupId: string, event: GroupEvent][];
}

/** StopTask is asked for again when ECS shows a draining task as alive for this long, ms. */
const drainRepeatMs = 15_000;

const freshRow = (launchedAt: number): GroupRow => ({
  taskArn: null,
  phase: 'requested',
  registered: false,
  leaving: false,
  launchedAt,
  runningAt: null,
  drainedAt: null,
  seen: null,
});

export const countRows = (groups: Record<string, GroupRow>): Counts => {
  const counts = { ...noCounts };
  for (const { leaving, registered } of Object.values(groups))
    counts[leaving ? 'draining' : registered ? 'serving' : 'booting']++;
  return counts;
};

export const admitted = (books: Books, launches: LaunchPlan[], at: number): Books => ({
  groups: {
    ...books.groups,
    ...Object.fromEntries(
      launches.flatMap(({ groupIds }) => groupIds.map((groupId) => [groupId, freshRow(at)])),
    ),
  },
  launches: {
    ...books.launches,
    ...Object.fromEntries(launches.map(({ order, groupIds }) => [order.label, groupIds])),
  },
});

export const adopted = (books: Books, owned: OwnedGroup[]): Step => ({
  ...books,
  groups: {
    ...books.groups,
    ...Object.fromEntries(
      owned.map(({ groupId, taskArn, launchedAt }) => [
        groupId,
        { ...freshRow(launchedAt), taskArn },
      ]),
    ),
  },
  toGroups: owned.map(({ groupId, taskArn }) => [groupId, { type: 'group.launched', taskArn }]),
});

/** Who has come least far goes first; among equals the youngest. */
const progress: Record<GroupPhase, number> = {
  requested: 0,
  provisioning: 1,
  running: 2,
  draining: 3,
};

/** The groups to drain: so many of those that boot, and so many of those that serve. */
export const victims = (
  groups: Record<string, GroupRow>,
  want: { booting: number; serving: number },
): string[] => {
  const staying = Object.entries(groups)
    .filter(([, { leaving }]) => !leaving)
    .sort(([, a], [, b]) => progress[a.phase] - progress[b.phase] || b.launchedAt - a.launchedAt);
  const pick = (registered: boolean, most: number) =>
    staying
      .filter(([, row]) => row.registered === registered)
      .slice(0, most)
      .map(([groupId]) => groupId);
  return [...pick(false, want.booting), ...pick(true, want.serving)];
};

export const drained = (
  books: Books,
  want: { booting: number; serving: number },
  at: number,
): Step => {
  const groups = { ...books.groups };
  const leaving = victims(groups, want);
  for (const groupId of leaving)
    groups[groupId] = { ...(groups[groupId] as GroupRow), leaving: true, drainedAt: at };
  return {
    ...books,
    groups,
    toGroups: leaving.map((groupId) => [groupId, { type: 'group.drain' }]),
  };
};

/** Launches whose every group is to leave. */
export const unwanted = ({ groups, launches }: Books): string[] =>
  Object.entries(launches)
    .filter(([, groupIds]) => groupIds.every((groupId) => groups[groupId]?.leaving ?? true))
    .map(([label]) => label);

/** A launch has ended: its groups learn their ARN or their refusal. */
export const settled = (books: Books, end: LaunchEnd): Step => {
  const { [end.label]: waiting = [], ...launches } = books.launches;
  const groups = { ...books.groups };
  const arns = new Map(end.groups.map(({ groupId, taskArn }) => [groupId, taskArn]));
  const reason = end.refusals[0]?.reason ?? 'RunTask answered with fewer tasks than were asked for';
  const toGroups: Step['toGroups'] = [];
  for (const groupId of waiting) {
    const row = groups[groupId];
    if (!row) continue;
    const taskArn = arns.get(groupId);
    if (taskArn !== undefined) groups[groupId] = { ...row, taskArn };
    toGroups.push([
      groupId,
      taskArn === undefined
        ? { type: 'group.refused', reason }
        : { type: 'group.launched', taskArn },
    ]);
  }
  return { groups, launches, toGroups };
};

/** The event that a sighting means for a group, or null when it says nothing new. */
export const meaning = (
  row: GroupRow,
  { phase, cause, detail }: TaskSighting,
  at: number,
  patience: Patience,
): GroupEvent | null => {
  const age = at - row.launchedAt;
  if (phase === 'stopped') return { type: 'task.stopped', cause: cause ?? 'exited', detail };
  if (phase === 'missing')
    return age > patience.missingGraceMs
      ? { type: 'task.stopped', cause: 'lost', detail: 'ECS does not know this task any more' }
      : null;
  if (row.phase === 'draining')
    return phase !== 'stopping' && at - (row.drainedAt ?? 0) > drainRepeatMs
      ? { type: 'group.drain' }
      : null;
  if (phase === 'stopping')
    return { type: 'task.failing', cause: cause ?? 'stoppedOutside', detail };
  if (phase === 'running') {
    if (row.phase === 'provisioning') return { type: 'task.running' };
    return !row.registered && at - (row.runningAt ?? at) > patience.bootGraceMs
      ? { type: 'task.registered' }
      : null;
  }
  return age > patience.startDeadlineMs
    ? {
        type: 'task.failing',
        cause: 'startFailed',
        detail: `not running ${Math.round(age / 1000)} s after its launch`,
      }
    : null;
};

/** DescribeTasks has answered: only groups for whom something changed hear of it. */
export const compared = (
  books: Books,
  sightings: TaskSighting[],
  at: number,
  patience: Patience,
): Step => {
  const byArn = new Map(sightings.map((sighting) => [sighting.taskArn, sighting]));
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = [];
  for (const [groupId, row] of Object.entries(books.groups)) {
    const sighting = row.taskArn === null ? undefined : byArn.get(row.taskArn);
    if (!sighting) continue;
    const news = meaning(row, sighting, at, patience);
    if (news) toGroups.push([groupId, news]);
    else if (row.seen === sighting.phase) continue;
    groups[groupId] = {
      ...row,
      seen: sighting.phase,
      runningAt: row.runningAt ?? (sighting.phase === 'running' ? at : null),
      drainedAt: news?.type === 'group.drain' || news?.type === 'task.failing' ? at : row.drainedAt,
    };
  }
  return { ...books, groups, toGroups };
};
