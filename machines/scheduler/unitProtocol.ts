import { answerLimitMs, unshownGroupMs } from '../shared/timing.ts';
import type { FleetView, UnitCommand } from './messages.ts';
import { answerAskedGroups, onShutdown, releasable, releaseNamed } from './unitShutdown.ts';
import {
  groupIdOfTask,
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

/** Answers one command. */
export function onCommand(
  before: UnitProtocol,
  command: UnitCommand,
  view: FleetView,
  settings: UnitSettings,
): Outcome {
  const state = { ...learnAssigned(before, view), assumed: false };
  return command.type === 'start'
    ? onStart(state, view, settings)
    : onShutdown(state, command, view, settings);
}

/** What is due now: when a Fargate task has appeared or gone, and on each tick. */
export function poll(before: UnitProtocol, view: FleetView, settings: UnitSettings): Outcome {
  const present = withoutForgotten(withoutGone(learnAssigned(before, view), view), view);
  return inTurn(
    present,
    (state) => answerStart(state, view, settings),
    (state) => retryDeferredStart(state, view, settings),
    (state) => answerAskedGroups(state, view, settings),
    (state) => release(state, releasable(state, view), view.at),
    (state) => releaseNamed(state, view, settings),
  );
}

/** Groups that the scheduler counts against our limit without being ours: dead ones, and other managers'. */
export function foreignGroups(
  { ended }: Pick<UnitProtocol, 'ended'>,
  { taskIds, groups }: FleetView,
): number {
  if (groups === null) return ended.length;
  const ours = new Set(taskIds);
  return groups.known.filter((groupId) => !ours.has(taskIdOfGroup(groupId))).length;
}

const keptTasks = ({ released }: UnitProtocol, { taskIds }: FleetView): number =>
  taskIds.filter((taskId) => !(taskId in released)).length;

const connectedWorkers = ({ loads }: FleetView): number =>
  Object.values(loads).reduce((sum, { workers }) => sum + workers, 0);

/** A Fargate task that the scheduler knew before this connection is no answer to a start, and did not come too late for one. */
function learnAssigned(state: UnitProtocol, { taskIds, groups }: FleetView): UnitProtocol {
  if (groups === null) return state;
  const [known, assigned] = [new Set(groups.known), new Set(state.assigned)];
  const more = taskIds.filter(
    // A list that was sent before the answer to its shutdown may show a group that is to go.
    (taskId) =>
      known.has(groupIdOfTask(taskId)) && !assigned.has(taskId) && !(taskId in state.released),
  );
  const unassigned = omit(state.unassigned, more);
  return { ...state, assigned: [...state.assigned, ...more], unassigned };
}

function withoutGone(state: UnitProtocol, { taskIds }: FleetView): UnitProtocol {
  const present = new Set(taskIds);
  const isPresent = (taskId: string): boolean => present.has(taskId);
  const isGone = (taskId: string): boolean => !present.has(taskId);
  const { assigned, ended, released, spared, named, unassigned } = state;
  // The last list kept a task that is gone now, and may keep one that it named in its place: the next one says it.
  const isListOld = Object.keys(spared).some(isGone);
  return {
    ...state,
    assigned: assigned.filter(isPresent),
    ended: [...new Set([...ended, ...assigned.filter(isGone)])],
    released: omit(released, Object.keys(released).filter(isGone)),
    spared: omit(spared, Object.keys(spared).filter(isGone)),
    named: isListOld ? {} : omit(named, Object.keys(named).filter(isGone)),
    unassigned: omit(unassigned, Object.keys(unassigned).filter(isGone)),
  };
}

/** What the scheduler has forgotten is told again at its next start. */
function withoutForgotten(state: UnitProtocol, { at, groups }: FleetView): UnitProtocol {
  if (!state.groups || groups === null) return { ...state, unshown: {} };
  const shown = new Set(groups.known);
  const hidden = state.assigned.filter((taskId) => !shown.has(groupIdOfTask(taskId)));
  const unshown = Object.fromEntries(hidden.map((taskId) => [taskId, state.unshown[taskId] ?? at]));
  const forgotten = Object.keys(unshown).filter(
    (taskId) => at - (unshown[taskId] as number) >= unshownGroupMs,
  );
  return {
    ...state,
    assigned: state.assigned.filter((taskId) => !forgotten.includes(taskId)),
    initial: [...new Set([...state.initial, ...forgotten])],
    unshown: omit(unshown, forgotten),
  };
}

/** The first Fargate task that the scheduler does not know is the answer to its start; null: there is none. */
function assign(state: UnitProtocol, view: FleetView, settings: UnitSettings): Outcome | null {
  const assigned = new Set(state.assigned);
  const taskId = view.taskIds.find((id) => !assigned.has(id) && !(id in state.released));
  if (taskId === undefined) return null;
  return {
    state: {
      ...state,
      assigned: [...state.assigned, taskId],
      unassigned: omit(state.unassigned, [taskId]),
      startDeadline: null,
    },
    replies: [respond('start', 'success', state.groups ? groupIdOfTask(taskId) : '', settings)],
  };
}

function refuse(state: UnitProtocol, view: FleetView, settings: UnitSettings): Outcome {
  const replies: Reply[] = [respond('start', 'tooMany', '', settings)];
  const late = state.lateStart || state.startDeadline !== null;
  const refused = { ...state, lateStart: late, startDeadline: null };
  if (state.groups)
    return { state: refused, replies: [...replies, { type: 'requestShutdown', taskIds: [] }] };
  const deferredStart = {
    before: view.taskIds,
    workers: connectedWorkers(view),
    triedAt: view.at,
  };
  return { state: { ...refused, deferredStart }, replies };
}

/** The fleet may still want a task for the start, and one that was found, or was forgotten, is the answer to it. */
const asMet = ({ state, replies }: Outcome): Outcome => ({
  state,
  replies: [{ type: 'requestShutdown', taskIds: [] }, ...replies],
});

function onStart(before: UnitProtocol, view: FleetView, settings: UnitSettings): Outcome {
  const state = { ...before, startAskedAt: view.at, deferredStart: null, named: {} };
  // Repeated while one is being started: the same start.
  if (state.startDeadline !== null) return unchanged(state);
  const assigned = assign(state, view, settings);
  if (assigned !== null) return before.deferredStart === null ? assigned : asMet(assigned);
  const { maxTasks } = settings;
  if (maxTasks !== null && keptTasks(state, view) >= maxTasks) return refuse(state, view, settings);
  return {
    state: { ...state, startDeadline: view.at + answerLimitMs },
    replies: [{ type: 'requestStart' }],
  };
}

function answerStart(state: UnitProtocol, view: FleetView, settings: UnitSettings): Outcome {
  if (state.startDeadline !== null) {
    const assigned = assign(state, view, settings);
    if (assigned !== null) return asMet(assigned);
    return view.at >= state.startDeadline ? refuse(state, view, settings) : unchanged(state);
  }
  if (!state.lateStart) return unchanged(state);
  const known = new Set([...state.assigned, ...state.initial, ...Object.keys(state.released)]);
  const late = view.taskIds.filter((taskId) => !known.has(taskId));
  if (late.length === 0) return unchanged(state);
  // Several at once were found, not launched: the scheduler may have been told of them long ago.
  const [taskId = ''] = late;
  const seen = late.length === 1 ? { [taskId]: view.at } : {};
  return unchanged({ ...state, lateStart: false, unassigned: { ...state.unassigned, ...seen } });
}

function retryDeferredStart(
  before: UnitProtocol,
  view: FleetView,
  { maxTasks }: UnitSettings,
): Outcome {
  const { deferredStart, released } = before;
  if (deferredStart === null) return unchanged(before);
  const kept = view.taskIds.filter((taskId) => !(taskId in released));
  const come = kept.filter((taskId) => !deferredStart.before.includes(taskId));
  // The scheduler counts its workers by now. Until then the task is the answer if it asks once more. Workers of others may
  // have been shown late: it counted them when it asked.
  const isShown = (taskId: string): boolean => (view.loads[taskId]?.workers ?? 0) > 0;
  const isCounted =
    come.length > 0 ? come.some(isShown) : connectedWorkers(view) > deferredStart.workers;
  if (isCounted)
    return {
      state: {
        ...before,
        // One that has come and has no workers yet is the answer to the next start.
        assigned: [
          ...new Set([
            ...before.assigned,
            ...kept.filter((id) => !come.includes(id) || isShown(id)),
          ]),
        ],
        deferredStart: null,
      },
      replies: [{ type: 'requestShutdown', taskIds: [] }],
    };
  const isFull = maxTasks !== null && kept.length >= maxTasks;
  if (view.at - deferredStart.triedAt < answerLimitMs || isFull || come.length > 0)
    return unchanged(before);
  return {
    state: { ...before, deferredStart: { ...deferredStart, triedAt: view.at } },
    replies: [{ type: 'requestStart' }],
  };
}
