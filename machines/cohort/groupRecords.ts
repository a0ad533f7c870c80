import { type Counts, noCounts } from '../fleet/plan.ts';
import type { LaunchEnd } from '../group/launch.ts';
import type { GroupEvent, GroupPhase } from '../group/workerGroup.ts';
import type { WorkerLoad } from '../scheduler/monitor.ts';
import type { Blame, LaunchOrder, OwnedGroup, TaskPhase } from '../shared/domain.ts';
import { taskIdOf } from '../shared/ids.ts';
import { tasksPerPage } from '../shared/limits.ts';

/** One DescribeTasks page. More children than this under one parent make every spawn slow. */
export const cohortSize = tasksPerPage;

/** What a cohort knows of one group: reported by the group, or last seen at ECS. */
export interface GroupRow {
  taskArn: string | null;
  phase: GroupPhase;
  registered: boolean;
  leaving: boolean;
  stopAccepted: boolean;
  launchedAt: number;
  runningAt: number | null;
  /** When StopTask was last asked for; it is repeated while ECS shows no effect. */
  stopAskedAt: number | null;
  /** Until when it may wait for an idle moment. */
  waitUntil: number | null;
  seen: TaskPhase | null;
  /** Since when ECS has denied it, look after look. */
  missingSince: number | null;
  subnet: string | null;
  blame: Blame | null;
  /** As the scheduler's monitor stream told last; null when nothing is told, or nothing yet. */
  load: WorkerLoad | null;
  /** Since when the monitor has shown none of its workers, though it had shown some. */
  deserted: number | null;
  /** Since when it serves, as the looks have noticed; and whether it has done so for long enough to show that it can. */
  servesSince: number | null;
  lasted: boolean;
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
  /** An earlier run may have sent it. */
  doubted: boolean;
}

export interface Patience {
  /** How long DescribeTasks may deny a new task before it can count as lost, ms. */
  missingGraceMs: number;
  /** From RUNNING to workers that surely know the scheduler, when nothing else tells, ms. */
  bootGraceMs: number;
  /** From the launch to workers that the scheduler knows; who takes longer is stopped and replaced, ms. */
  startDeadlineMs: number;
  /** How long the workers of a running task may be unknown to the scheduler, ms. */
  desertedMs: number;
  /** After an accepted StopTask, when we may not look, ms. */
  blindStopMs: number;
  /** The same when everything is to end, and nobody waits for the room. */
  blindEndMs: number;
}

/** New books, and what to tell whom. */
export interface Step extends Books {
  toGroups: [groupId: string, event: GroupEvent][];
}

const freshRow = (launchedAt: number): GroupRow => ({
  taskArn: null,
  phase: 'requested',
  registered: false,
  leaving: false,
  stopAccepted: false,
  launchedAt,
  runningAt: null,
  stopAskedAt: null,
  waitUntil: null,
  seen: null,
  missingSince: null,
  subnet: null,
  blame: null,
  load: null,
  deserted: null,
  servesSince: null,
  lasted: false,
});

/** Within that time, ms, the monitor stream has told of every task of ours. */
const tellingMs = 15_000;

/** In the books of a group that is told to stop: nobody takes it back any more. */
export const stopping = (at: number) =>
  ({ phase: 'stopping', waitUntil: null, stopAskedAt: at }) as const;

/** What a group counts as. */
export const standing = (row: GroupRow): keyof Counts => {
  const { phase, leaving, registered, load, deserted, seen } = row;
  if (phase === 'stopping') return 'draining';
  if (leaving) return registered ? 'waiting' : 'revoked';
  // Nobody is let go because of those who may be dead.
  if (!registered || deserted !== null || (seen === 'missing' && load === null)) return 'booting';
  return load?.tasks === 0 ? 'idle' : 'busy';
};

export const countRows = (groups: Record<string, GroupRow>): Counts => {
  const counts = { ...noCounts };
  for (const row of Object.values(groups)) counts[standing(row)]++;
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
      owned.map(({ groupId, taskArn, deadlinesFrom }) => [
        groupId,
        { ...freshRow(deadlinesFrom), taskArn },
      ]),
    ),
  },
  toGroups: owned.map(({ groupId, taskArn }) => [groupId, { type: 'group.launched', taskArn }]),
});

/** Who is to leave. */
export type Share = Pick<Counts, 'booting' | 'idle' | 'busy'>;

/** Who has come least far goes first. */
const progress: Record<GroupPhase, number> = {
  requested: 0,
  provisioning: 1,
  running: 2,
  waiting: 3,
  stopping: 3,
};

/** So many of each kind: the least far, then those without workers, the least at work, the youngest. */
export const victims = (groups: Record<string, GroupRow>, share: Share): string[] => {
  const sorted = Object.entries(groups).sort(
    ([, a], [, b]) =>
      progress[a.phase] - progress[b.phase] ||
      Number(b.deserted !== null) - Number(a.deserted !== null) ||
      (a.load?.tasks ?? 0) - (b.load?.tasks ?? 0) ||
      b.launchedAt - a.launchedAt,
  );
  return (['booting', 'idle', 'busy'] as const).flatMap((kind) =>
    sorted
      .filter(([, row]) => standing(row) === kind)
      .slice(0, share[kind])
      .map(([groupId]) => groupId),
  );
};

/**
 * To wait for an idle moment makes sense only where the monitor stream can show it, or could a while ago: for
 * who is at work, and for who may be, because nothing was told of it. The answer to a launch can come so late
 * that its workers are at work before we know its tasks: the next look tells. A live worker keeps receiving
 * work, so the wait is bounded: `until`, milliseconds since the epoch.
 */
export const drained = (
  books: Books,
  share: Share,
  { at, until, watched }: { at: number; until: number; watched: boolean },
): Step => {
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = victims(groups, share).map((groupId) => {
    const row = groups[groupId] as GroupRow;
    const mayWork = row.load === null ? watched && row.seen !== 'starting' : row.load.tasks > 0;
    const wait = mayWork && until > at;
    groups[groupId] = {
      ...row,
      leaving: true,
      waitUntil: wait ? until : null,
      stopAskedAt: wait ? null : at,
      ...(!wait && row.taskArn !== null && { phase: 'stopping' }),
    };
    return [groupId, { type: wait ? 'group.drain' : 'group.stop' }];
  });
  for (const [groupId, row] of Object.entries(groups))
    if (row.waitUntil !== null && row.waitUntil > until)
      groups[groupId] = { ...row, waitUntil: until };
  return { ...books, groups, toGroups };
};

/** Exactly these must leave, and now: the scheduler itself has chosen them. */
export const released = (books: Books, taskIds: string[], at: number): Step => {
  const named = new Set(taskIds);
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = [];
  for (const [groupId, row] of Object.entries(groups)) {
    if (row.taskArn === null || !named.has(taskIdOf(row.taskArn)) || standing(row) === 'draining')
      continue;
    groups[groupId] = { ...row, leaving: true, ...stopping(at) };
    toGroups.push([groupId, { type: 'group.stop' }]);
  }
  return { ...books, groups, toGroups };
};

/** Those that were to leave and have not been told to stop yet: who serves, then the furthest. */
export const reprieved = (books: Books, most: number): Step => {
  const groups = { ...books.groups };
  const lucky = Object.entries(groups)
    .filter(([, row]) => ['waiting', 'revoked'].includes(standing(row)))
    .sort(
      ([, a], [, b]) =>
        Number(b.registered) - Number(a.registered) || progress[b.phase] - progress[a.phase],
    )
    .slice(0, most)
    .map(([groupId]) => groupId);
  for (const groupId of lucky)
    groups[groupId] = { ...(groups[groupId] as GroupRow), leaving: false, waitUntil: null };
  return {
    ...books,
    groups,
    toGroups: lucky.map((groupId) => [groupId, { type: 'group.reprieve' }]),
  };
};

/** Who serves for so long, ms, does not end because of how it was launched. */
const lastingMs = 120_000;

/** At a look: who serves by now, and who has done so for long. */
export const aged = (books: Books, at: number): Books & { lasting: string[] } => {
  const groups = { ...books.groups };
  const lasting: string[] = [];
  for (const [groupId, row] of Object.entries(books.groups)) {
    if (!row.registered || row.lasted) continue;
    const servesSince = row.servesSince ?? at;
    const lasted = at - servesSince >= lastingMs;
    if (lasted) lasting.push(groupId);
    groups[groupId] = { ...row, servesSince, lasted };
  }
  return { ...books, groups, lasting };
};

/** Whose wait for an idle moment is over. */
export const expired = (books: Books, at: number): Step => {
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = [];
  for (const [groupId, row] of Object.entries(groups)) {
    if (row.taskArn === null || row.waitUntil === null || at < row.waitUntil) continue;
    groups[groupId] = { ...row, ...stopping(at) };
    toGroups.push([groupId, { type: 'group.stop' }]);
  }
  return { ...books, groups, toGroups };
};

/** What the monitor stream said of tasks whose workers changed; null: it says nothing any more. */
export const heard = (books: Books, loads: Record<string, WorkerLoad> | null, at: number): Step => {
  const groups = { ...books.groups };
  const toGroups: Step['toGroups'] = [];
  for (const [groupId, row] of Object.entries(groups)) {
    if (row.taskArn === null) continue;
    const load = loads === null ? null : loads[taskIdOf(row.taskArn)];
    if (load === undefined) continue;
    const present = load !== null && load.workers > 0;
    const next = {
      ...row,
      load,
      deserted: present || load === null || !row.registered ? null : (row.deserted ?? at),
    };
    if (present && !row.registered) toGroups.push([groupId, { type: 'task.registered' }]);
    if (load?.tasks === 0 && (present || !row.registered) && row.waitUntil !== null) {
      toGroups.push([groupId, { type: 'group.stop' }]);
      Object.assign(next, stopping(at));
    }
    groups[groupId] = next;
  }
  return { ...books, groups, toGroups };
};

/** Launches whose every group is to leave. */
export const unwanted = ({ groups, launches }: Books): string[] =>
  Object.entries(launches)
    .filter(([, groupIds]) => groupIds.every((groupId) => groups[groupId]?.leaving ?? true))
    .map(([label]) => label);

/**
 * A launch has ended: its groups learn their ARN or their refusal. Its tasks may be a moment old by now.
 * Where ECS refused some, who was to leave and got a task takes the place of who was to stay and got none.
 */
export const settled = (books: Books, end: LaunchEnd, at: number): Step => {
  const { [end.label]: waiting = [], ...launches } = books.launches;
  const groups = { ...books.groups };
  const arns = new Map(end.groups.map(({ groupId, taskArn }) => [groupId, taskArn]));
  const reason = end.refusals[0]?.reason ?? 'RunTask answered with fewer tasks than were asked for';
  const toGroups: Step['toGroups'] = [];
  let places = waiting.filter((id) => groups[id]?.leaving === false && !arns.has(id)).length;
  for (const groupId of waiting) {
    const row = groups[groupId];
    if (!row) continue;
    const taskArn = arns.get(groupId);
    if (taskArn === undefined) {
      toGroups.push([groupId, { type: 'group.refused', reason }]);
      continue;
    }
    const stays = row.leaving && places > 0;
    if (stays) {
      places--;
      toGroups.push([groupId, { type: 'group.reprieve' }]);
    }
    groups[groupId] = {
      ...row,
      taskArn,
      launchedAt: Math.max(row.launchedAt, at),
      leaving: row.leaving && !stays,
      waitUntil: stays ? null : row.waitUntil && Math.max(row.waitUntil, at + tellingMs),
    };
    toGroups.push([groupId, { type: 'group.launched', taskArn }]);
  }
  return { groups, launches, toGroups };
};
