import {
  calmMs,
  gatherMs,
  namedIdleMs,
  namedMs,
  releaseAgainMs,
  sparedMs,
  unassignedMs,
  unknownGroupMs,
} from '../shared/timing.ts';
import type { FleetView, UnitCommand } from './messages.ts';
import {
  inTurn,
  type Outcome,
  omit,
  type Reply,
  release,
  respond,
  taskIdOfGroup,
  type UnitProtocol,
  type UnitSettings,
  unchanged,
} from './unitState.ts';
import { taskIdOfWorker } from './workerId.ts';

/** A command that does not come again within so many heartbeats was dropped. */
const missedHeartbeats = 1.5;
/** Answers a shutdown of workers or of a group. */
export function onShutdown(
  before: UnitProtocol,
  { groupId, workerIds }: UnitCommand & { type: 'shutdown' },
  view: FleetView,
  settings: UnitSettings,
): Outcome {
  if (groupId !== null) return onGroupShutdown(before, groupId, view, settings);
  // A scheduler that waits for no answer may want fewer by now than it asked for.
  const isOpen = before.startDeadline !== null;
  const refused: Reply[] = isOpen ? [respond('start', 'tooMany', '', settings)] : [];
  const fewer: Reply[] =
    isOpen || before.deferredStart !== null ? [{ type: 'requestShutdown', taskIds: [] }] : [];
  const state = { ...before, startDeadline: null, deferredStart: null };
  const replies = [respond('shutdown', 'success', '', settings), ...refused, ...fewer];
  // Without its clients the scheduler wants to keep no worker. Once they are back it says again which are to go.
  if (view.at < state.newUntil) return { state, replies };
  const next = withSpared(withNamed(state, workerIds, view), workerIds, view, settings);
  const outcome = releaseNamed(next, view, settings);
  return { state: outcome.state, replies: [...replies, ...outcome.replies] };
}

function withNamed(state: UnitProtocol, workerIds: string[], view: FleetView): UnitProtocol {
  const ours = new Set(view.taskIds);
  // A list names all that may go now. Earlier lists kept others: together they would keep none.
  const namesLists = state.namesLists || workerIds.length > 1;
  const named = namesLists ? {} : { ...state.named };
  for (const workerId of workerIds) {
    const taskId = taskIdOfWorker(workerId) ?? '';
    if (!ours.has(taskId) || taskId in state.released) continue;
    const since = named[taskId]?.[workerId]?.since ?? view.at;
    named[taskId] = { ...named[taskId], [workerId]: { since, last: view.at } };
  }
  const shown = Object.keys(named).flatMap((taskId) => {
    const load = view.loads[taskId];
    return load === undefined ? [] : [[taskId, load.workers] as const];
  });
  return { ...state, named, namesLists, workersWhenNamed: Object.fromEntries(shown) };
}

/**
 * A list names all that may go now, without those that the scheduler keeps: these may be some that it named before and
 * that are to end, though their StopTask may wait for its turn.
 */
function withSpared(
  state: UnitProtocol,
  workerIds: string[],
  { at, loads }: FleetView,
  { workersPerTask }: UnitSettings,
): UnitProtocol {
  const names: Record<string, number> = {};
  for (const workerId of workerIds) {
    const taskId = taskIdOfWorker(workerId) ?? '';
    names[taskId] = (names[taskId] ?? 0) + 1;
  }
  const spared = Object.keys(state.released)
    .filter((taskId) => (names[taskId] ?? 0) < (loads[taskId]?.workers ?? workersPerTask))
    .map((taskId) => [taskId, state.spared[taskId] ?? at] as const);
  return { ...state, spared: state.namesLists ? Object.fromEntries(spared) : {} };
}

/**
 * Requests the shutdown of tasks all of whose workers are named; of so many fewer as the scheduler keeps tasks that are
 * to end: others stay in their place.
 */
export function releaseNamed(
  before: UnitProtocol,
  view: FleetView,
  settings: UnitSettings,
): Outcome {
  const named = Object.fromEntries(
    Object.entries(before.named).map(([taskId, workers]) => {
      const expired = Object.entries(workers).filter(([, { last }]) => view.at - last > namedMs);
      return [
        taskId,
        omit(
          workers,
          expired.map(([workerId]) => workerId),
        ),
      ];
    }),
  );
  // The last list kept a task whose workers are gone now, and may keep one that it named in its place: the next one says it.
  if (Object.keys(before.spared).some((taskId) => view.loads[taskId]?.workers === 0))
    return unchanged({ ...before, named: {}, spared: {} });
  const state = { ...before, named };
  const due = Object.keys(named).filter((taskId) => allWorkersNamed(state, taskId, view, settings));
  const kept = Object.values(state.spared).filter((since) => view.at - since < sparedMs);
  return release(state, due.slice(0, Math.max(0, due.length - kept.length)), view.at);
}

/**
 * All workers of that Fargate task are to go; or some, none has a task, and the scheduler has not said that it keeps
 * the others.
 */
function allWorkersNamed(
  { named, namesLists, workersWhenNamed }: UnitProtocol,
  taskId: string,
  { at, loads, listedAt }: FleetView,
  { workersPerTask }: UnitSettings,
): boolean {
  const load = loads[taskId];
  const names = Object.values(named[taskId] ?? {});
  // What was shown before it was named may be old: the scheduler gives tasks to a worker while its stream is silent. A
  // list may have come a moment before it is told.
  const isShownSince = (since: number) =>
    at - since >= namedIdleMs && (listedAt ?? 0) - since > gatherMs;
  const isIdle = !namesLists && load?.tasks === 0 && names.some(({ since }) => isShownSince(since));
  // One that a list kept and that has gone since is not replaced by one that it named: the next list says which is kept.
  const then = namesLists ? (workersWhenNamed[taskId] ?? 0) : 0;
  return isIdle || names.length >= Math.max(1, then, load?.workers ?? workersPerTask);
}

/** Since when and until when each heartbeat has brought the shutdown of a group. */
type Asked = UnitProtocol['unknownGroups'][string];

const isAskedStill = ({ last }: Asked, at: number, { heartbeatIntervalMs }: UnitSettings) =>
  at - last < missedHeartbeats * heartbeatIntervalMs;

const isUnknownToAll = (asked: Asked, at: number, settings: UnitSettings): boolean =>
  asked.last - asked.since >= unknownGroupMs && isAskedStill(asked, at, settings);

function onGroupShutdown(
  state: UnitProtocol,
  groupId: string,
  { at, taskIds, inventoryComplete }: FleetView,
  settings: UnitSettings,
): Outcome {
  const taskId = taskIdOfGroup(groupId);
  const success = respond('shutdown', 'success', groupId, settings);
  if (taskIds.includes(taskId)) {
    const released = release(state, [taskId], at);
    return { state: released.state, replies: [success, ...released.replies] };
  }
  if (state.ended.includes(taskId)) {
    const ended = state.ended.filter((id) => id !== taskId);
    return { state: { ...state, ended }, replies: [success] };
  }
  const known = state.unknownGroups[groupId];
  const since = known !== undefined && isAskedStill(known, at, settings) ? known.since : at;
  const asked = { since, last: at };
  if (inventoryComplete && isUnknownToAll(asked, at, settings))
    return {
      state: { ...state, unknownGroups: omit(state.unknownGroups, [groupId]) },
      replies: [success],
    };
  const unknownGroups = { ...state.unknownGroups, [groupId]: asked };
  return unchanged({ ...state, unknownGroups });
}

/**
 * Groups whose shutdown was asked for before an inventory was complete: those that were found to be ours, and those that
 * no manager knows. The next heartbeat of the scheduler is not waited for.
 */
export function answerAskedGroups(
  before: UnitProtocol,
  { at, taskIds, inventoryComplete }: FleetView,
  settings: UnitSettings,
): Outcome {
  const ours = new Set(taskIds);
  return inTurn(
    before,
    ...Object.entries(before.unknownGroups).map(([groupId, asked]) => (state: UnitProtocol) => {
      const taskId = taskIdOfGroup(groupId);
      const isOurs = ours.has(taskId);
      const isUnknown = inventoryComplete && isUnknownToAll(asked, at, settings);
      if (!isOurs && !isUnknown) return unchanged(state);
      const unknownGroups = omit(state.unknownGroups, [groupId]);
      const outcome = release({ ...state, unknownGroups }, isOurs ? [taskId] : [], at);
      const success = respond('shutdown', 'success', groupId, settings);
      return { state: outcome.state, replies: [success, ...outcome.replies] };
    }),
  );
}

/** Fargate tasks to shut down that the scheduler does not name, or has named and that are still there. */
export function releasable(
  state: UnitProtocol,
  { at, taskIds, groups, loads }: FleetView,
): string[] {
  const { assigned, released, startAskedAt, unassigned } = state;
  const older = (times: Record<string, number>, ms: number): string[] =>
    Object.keys(times).filter((taskId) => at - (times[taskId] ?? at) > ms);
  // A group that its scheduler has never been told of could never be shut down by it.
  const never = state.groups ? older(unassigned, unassignedMs) : [];
  const again = older(released, releaseAgainMs);
  const calm = groups?.calm ?? null;
  // Work that no worker has got yet shows only in that the scheduler asks for more.
  const isCalm =
    calm !== null &&
    calm.until - Math.max(calm.since, startAskedAt) >= calmMs &&
    at - calm.until <= calmMs;
  if (!state.groups || !isCalm) return [...never, ...again];
  // A scheduler that was replaced never asks for the end of groups that it does not know.
  const known = new Set([...assigned, ...Object.keys(released), ...Object.keys(unassigned)]);
  const isIdle = (taskId: string): boolean => (loads[taskId]?.tasks ?? 0) === 0;
  return [...never, ...again, ...taskIds.filter((taskId) => !known.has(taskId) && isIdle(taskId))];
}
