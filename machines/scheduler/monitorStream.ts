import { calmMs, tellAllEveryMs } from '../shared/timing.ts';
import { type BegunTasks, followed, noBegunTasks, onTaskBegins, tasksOf } from './begunTasks.ts';
import {
  type Cancellations,
  cancelingAt,
  noCancellations,
  onTaskStates,
  onWorkerList,
} from './cancellations.ts';
import { type Connected, fromList, fromListBefore, type Listed } from './connectedWorkers.ts';
import type { GroupsView, MonitorMessage, WorkerLoad, WorkView } from './messages.ts';
import { rhythmOf, withGap } from './rhythm.ts';
import { type RunningTasks, runningByTask } from './runningTasks.ts';
import { taskIdOfWorker } from './workerId.ts';

type WorkerList = Extract<MonitorMessage, { type: 'monitor.workers' }>;
type TaskMessage = Extract<MonitorMessage, { type: 'monitor.task' }>;
type WorkerMessage = Extract<MonitorMessage, { type: 'monitor.worker' }>;

/** What the monitor stream has shown since it opened. */
export interface MonitorStream {
  connected: Connected;
  /** Null: there was no list, or a worker has left since. */
  listed: Listed | null;
  /** What was said of single tasks since. */
  begun: BegunTasks;
  /** By Fargate task, what its workers ran when the last list came; empty: the scheduler does not show it. */
  running: RunningTasks;
  cancellations: Cancellations;
  /** Every worker that may be ours names its Fargate task, so a task that is not shown has no worker. */
  isTraced: boolean;
  /** When all of our Fargate tasks were told at once: at the first list that traces every worker. */
  toldAllAt: number;
  groups: GroupsView | null;
  /** When the last list of workers came; and how far apart the last ones came, ms, the newest first. */
  listedAt: number | null;
  gapsMs: number[];
  work: WorkView | null;
}

export const nothingShown: MonitorStream = {
  connected: {},
  listed: null,
  begun: noBegunTasks,
  running: {},
  cancellations: noCancellations,
  isTraced: false,
  toldAllAt: 0,
  groups: null,
  listedAt: null,
  gapsMs: [],
  work: null,
};

/** What the reader of the stream must know of the fleet. */
export interface OurTasks {
  workerManagerId: string;
  /** The Fargate tasks of each cohort. */
  cohorts: () => readonly string[][];
  /** Those that became ours since the last list of workers. */
  added: readonly string[];
}

export interface Reading {
  stream: MonitorStream;
  /** What changed, by Fargate task; null: nothing is known any more; undefined: nothing to tell. */
  loads: Record<string, WorkerLoad> | null | undefined;
  /** A list of workers was among the messages: what `added` names has been told. */
  listed: boolean;
}

/**
 * The cohorts whose tasks are told again with a list that comes at `until`, the one before having come at `from`: one
 * after another, and each of them once in `tellAllEveryMs`, so that no list of a large fleet tells of all at once.
 */
function toldAgain(
  cohorts: readonly string[][],
  toldAllAt: number,
  from: number,
  until: number,
): readonly string[][] {
  const turnsBy = (at: number): number =>
    Math.floor(((at - toldAllAt) * cohorts.length) / tellAllEveryMs);
  // The clock may have been set back since.
  const first = Math.max(0, turnsBy(from));
  const turns = Math.min(cohorts.length, Math.max(0, turnsBy(until) - first));
  return Array.from({ length: turns }, (_, i) => cohorts[(first + i) % cohorts.length] ?? []);
}

/**
 * Reads messages that came together. Told are the Fargate tasks that changed; those that have become ours; and now
 * and then each of ours, because workers may come before their group, and before the group knows its task.
 */
export function readMessages(
  before: MonitorStream,
  messages: readonly MonitorMessage[],
  at: number,
  ours: OurTasks,
): Reading {
  let stream = before;
  let listed = false;
  let lost = false;
  const toTell = new Set<string>();
  const since = (from: MonitorStream, tasks: Iterable<string>): void => {
    for (const taskId of tasks)
      if (!isSame(loadOf(from, taskId), loadOf(stream, taskId))) toTell.add(taskId);
  };
  const forgetUntraced = (): void => {
    if (stream.isTraced) return;
    lost ||= before.isTraced;
    toTell.clear();
  };
  for (const part of parts(messages)) {
    const from = stream;
    const singles = readSingles(from, part);
    stream = singles.stream;
    since(from, singles.touched);
    forgetUntraced();
    if (part.list === null) continue;
    const list = readList(stream, part.list, at, ours.workerManagerId);
    const earlier = stream;
    stream = list.stream;
    listed = true;
    const cohorts = ours.cohorts();
    const again = earlier.isTraced
      ? [...toldAgain(cohorts, stream.toldAllAt, earlier.listedAt ?? at, at), ours.added]
      : cohorts;
    if (!earlier.isTraced) stream = { ...stream, toldAllAt: at };
    for (const taskIds of again) for (const taskId of taskIds) toTell.add(taskId);
    if (earlier.isTraced) since(earlier, list.touched);
    else for (const taskId of Object.keys(stream.connected)) toTell.add(taskId);
    forgetUntraced();
  }
  if (!stream.isTraced) return { stream, loads: lost ? null : undefined, listed };
  // Not said to be unknown, because it is known again.
  if (lost) for (const taskId of Object.keys(before.connected)) toTell.add(taskId);
  if (toTell.size === 0) return { stream, loads: undefined, listed };
  const told = [...toTell].map((taskId) => [taskId, loadOf(stream, taskId)] as const);
  return { stream, loads: Object.fromEntries(told), listed };
}

/** What is said of single workers and single tasks, up to a list of workers. */
interface Part {
  moves: WorkerMessage[];
  states: TaskMessage[];
  list: WorkerList | null;
}

const newPart = (): Part => ({ moves: [], states: [], list: null });

function parts(messages: readonly MonitorMessage[]): Part[] {
  let last = newPart();
  const found = [last];
  for (const message of messages) {
    if (message.type === 'monitor.worker') last.moves.push(message);
    else if (message.type === 'monitor.task') last.states.push(message);
    else {
      last.list = message;
      last = newPart();
      found.push(last);
    }
  }
  return found;
}

/** The loads of those of these Fargate tasks whose workers have been shown already: they came before their group knew its task. */
export function shownLoads(
  stream: MonitorStream,
  taskIds: readonly string[],
): Record<string, WorkerLoad> {
  const shown = stream.isTraced ? taskIds.filter((taskId) => taskId in stream.connected) : [];
  return Object.fromEntries(shown.map((taskId) => [taskId, loadOf(stream, taskId)]));
}

function loadOf(
  { connected, begun, running, cancellations }: MonitorStream,
  taskId: string,
): WorkerLoad {
  const own = connected[taskId];
  let workers = 0;
  let tasks = 0;
  for (const workerId in own) {
    workers++;
    tasks += tasksOf(begun, workerId, own[workerId] ?? 0);
  }
  const runs = tasks > 0 ? running[taskId] : undefined;
  const canceling = cancelingAt(cancellations, taskId);
  return { workers, tasks, canceling, ...(runs && { running: runs }) };
}

const isSame = (a: WorkerLoad, b: WorkerLoad): boolean =>
  a.workers === b.workers && a.tasks === b.tasks && a.canceling === b.canceling;

function readSingles(
  before: MonitorStream,
  { moves, states }: Part,
): { stream: MonitorStream; touched: Set<string> } {
  const cancellations = onTaskStates(before.cancellations, states);
  const touched = new Set<string>();
  for (const { counts } of [before.cancellations, cancellations])
    for (const taskId of Object.keys(counts)) touched.add(taskId);
  const connected = moves.length > 0 ? { ...before.connected } : before.connected;
  for (const { workerId, connected: isConnected } of moves) {
    const taskId = taskIdOfWorker(workerId);
    if (taskId === null) continue;
    const workers = { ...connected[taskId] };
    if (isConnected) workers[workerId] ??= 0;
    else delete workers[workerId];
    if (Object.keys(workers).length > 0) connected[taskId] = workers;
    else delete connected[taskId];
    touched.add(taskId);
  }
  const listed = withAdded(before.listed, moves);
  // A worker may be given its first task right after it has connected.
  const begins = onTaskBegins(before.begun, connected, states);
  for (const taskId of begins.touched) touched.add(taskId);
  const { begun } = begins;
  const isTraced = before.isTraced && !(before.groups !== null && moves.some(isUntraced));
  return { stream: { ...before, connected, listed, begun, cancellations, isTraced }, touched };
}

/** With a scheduler of groups it may be ours, and no list says whose it is. */
const isUntraced = ({ workerId, connected }: WorkerMessage): boolean =>
  connected && taskIdOfWorker(workerId) === null;

function withAdded(listed: Listed | null, moves: readonly WorkerMessage[]): Listed | null {
  if (listed === null) return null;
  if (moves.some(({ connected }) => !connected)) return null;
  return { ...listed, added: [...listed.added, ...moves.map(({ workerId }) => workerId)] };
}

function readList(
  before: MonitorStream,
  list: WorkerList,
  at: number,
  workerManagerId: string,
): { stream: MonitorStream; touched: Set<string> } {
  const { workers, groups } = list;
  const likeBefore =
    before.listed !== null && groups === null && before.groups === null
      ? fromListBefore(before.connected, before.listed, workers)
      : null;
  const { connected, touched } = likeBefore ?? fromList(before.connected, workers);
  for (const taskId of followed(before.begun)) touched.add(taskId);
  const gapsMs = withGap(before, at);
  const stream = {
    ...before,
    connected,
    listed: { workers, added: [] },
    ...{ begun: noBegunTasks, running: runningByTask(workers, at) },
    ...{ listedAt: at, gapsMs },
    work: workView(list, { at, everyMs: rhythmOf(gapsMs), workerManagerId }),
    cancellations: onWorkerList(before.cancellations, list.canceling),
    isTraced: likeBefore ? before.isTraced : !hasUntraced(list, workerManagerId),
    groups: groupsView(before.groups, list, at, workerManagerId),
  };
  return { stream, touched };
}

function workView(
  { tasks, managers, workers }: WorkerList,
  { at, everyMs, workerManagerId }: { at: number; everyMs: number | null; workerManagerId: string },
): WorkView | null {
  if (tasks === undefined || managers === undefined) return null;
  return {
    ...{ at, everyMs, tasks, workers: workers.length },
    own: workers.filter(({ managerId }) => managerId === workerManagerId).length,
    otherManagers: managers.filter((managerId) => managerId !== workerManagerId).length,
  };
}

/** Groups of the oldest generation. One release of the next shows its managers in their place. */
function groupsIn({ groups }: WorkerList, workerManagerId: string): string[] | null {
  return groups?.includes(workerManagerId) ? null : groups;
}

/** A worker that may be ours names no Fargate task: then no one can say which task has none. */
function hasUntraced(list: WorkerList, workerManagerId: string): boolean {
  const isGrouped = groupsIn(list, workerManagerId) !== null;
  return list.workers.some(
    ({ workerId, managerId }) =>
      taskIdOfWorker(workerId) === null && (isGrouped || managerId === workerManagerId),
  );
}

/** One more list shows it. The same object: nothing has changed. */
function calmWith(calm: GroupsView['calm'], at: number): GroupsView['calm'] {
  if (calm === null) return { since: at, until: at };
  return at - calm.until < calmMs ? calm : { ...calm, until: at };
}

/** The same object: nothing has changed. */
function groupsView(
  before: GroupsView | null,
  list: WorkerList,
  at: number,
  workerManagerId: string,
): GroupsView | null {
  const known = groupsIn(list, workerManagerId);
  if (known === null) return null;
  const isCalm = list.workers.length > 0 && list.workers.every(({ load }) => !load?.sent);
  const calm = isCalm ? calmWith(before?.calm ?? null, at) : null;
  const isSameView =
    before?.calm === calm &&
    before.known.length === known.length &&
    known.every((groupId, i) => groupId === before.known[i]);
  return isSameView ? before : { known, calm };
}
