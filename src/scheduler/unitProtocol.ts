import type {
  CommandResponse as CommandAnswer,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import type { WorkerLoad } from '../../machines/scheduler/monitor.ts';
import type { SchedulerEvent } from '../../machines/scheduler/session.ts';
import type { Capability } from '../../machines/shared/domain.ts';
import { type GroupsSight, taskOf } from './monitorSocket.ts';

export interface ConversationSettings {
  maxTasks: number | null;
  workersPerTask: number;
  capabilities: readonly Capability[];
}

/** What there is, at the moment. */
export interface Sight {
  at: number;
  /** Fargate task ids of ours, those on their way out included. */
  ours: ReadonlySet<string>;
  /** What the monitor stream says of them; empty where there is none. */
  loads: ReadonlyMap<string, WorkerLoad>;
  /** All that an earlier run may have left is known: what is not among `ours` is not ours. */
  complete: boolean;
  /** What the monitor stream says of groups; null: it does not speak of them. */
  groups: GroupsSight | null;
}

export type Saying =
  | { type: 'answer'; answer: CommandAnswer }
  | { type: 'tell'; event: SchedulerEvent };

type Order = Extract<SchedulerMessage, { type: 'start' | 'shutdown' }>;

/** A start is answered at the latest then, ms: a scheduler that waits for the answer asks for nothing else. */
const answerLimitMs = 8000;
/** How long a worker that was named for shutdown counts as named, ms; a scheduler that means it says it again. */
const namedMs = 30_000;
/** A release is said again while the task is still there, ms. */
const releaseAgainMs = 10_000;
/** How long a task that came too late for its start waits for the next one, ms. */
const spareMs = 60_000;
/**
 * A group that nobody here knows may be another manager's: the scheduler asks whoever beats next, so that
 * one has been asked by then, ms. Then nobody knows it, and only success makes it forgotten.
 */
const strangerMs = 5000;
/** A scheduler without any work for so long asks all groups to go that it knows, ms. */
const calmMs = 30_000;

const groupPrefix = 'ecs-';
const taskOfGroup = (groupId: string): string =>
  groupId.startsWith(groupPrefix) ? groupId.slice(groupPrefix.length) : '';

/**
 * With a scheduler that starts and stops one by one and waits for an answer. It remembers which Fargate
 * task was the answer to a start, and answers nothing but what was asked on this very connection.
 * `groups`: it speaks of groups under names that we choose; else it names workers. `newUntil`: until then
 * it may have been started anew and know neither its clients nor all of our workers, ms since the epoch.
 */
export const conversation = (
  { maxTasks, workersPerTask, capabilities }: ConversationSettings,
  groups: boolean,
  first: Sight,
  newUntil = 0,
) => {
  /**
   * Tasks that the scheduler has been told of. One that names workers knows ours without; one that
   * names groups may have been replaced since, and is told again as it asks for more.
   */
  const granted = new Set(groups ? [] : first.ours);
  const found = new Set(first.ours);
  /** Granted here and over, and the scheduler has not asked for its end: no other manager can have it. */
  const ended = new Set<string>();
  /** Groups that are not ours, and when their end was first asked for. */
  const strangers = new Map<string, number>();
  /** When their release was last said. */
  const released = new Map<string, number>();
  /** Which workers of a task are to go, and when they were last named. */
  const named = new Map<string, Map<string, number>>();
  /** Came too late for their start, and when they were seen. */
  const spare = new Map<string, number>();
  let waitingUntil: number | null = null;
  let overdue = false;
  /**
   * Some releases that name workers ask for nothing more after a "too many" until more workers have
   * connected. So what they were refused is owed: tried again until then, or until they speak again.
   */
  let owed: { kept: number; workers: number; triedAt: number } | null = null;

  const keptOf = ({ ours }: Sight): number =>
    [...ours].filter((taskId) => !released.has(taskId)).length;
  const connected = ({ loads }: Sight): number =>
    [...loads.values()].reduce((sum, { workers }) => sum + workers, 0);

  const answer = (
    command: 'start' | 'shutdown',
    outcome: 'success' | 'tooMany',
    groupId = '',
  ): Saying => ({
    type: 'answer',
    answer: {
      command,
      outcome,
      groupId,
      // Ids that never connect would block as much capacity for ever.
      workerIds: [],
      capabilities: command === 'start' && outcome === 'success' ? capabilities : [],
    } as CommandAnswer,
  });
  const tell = (event: SchedulerEvent): Saying => ({ type: 'tell', event });

  const release = (taskIds: string[], at: number): Saying[] => {
    for (const taskId of taskIds) {
      released.set(taskId, at);
      granted.delete(taskId);
      spare.delete(taskId);
      named.delete(taskId);
    }
    return taskIds.length > 0 ? [tell({ type: 'scheduler.shutdownRequested', at, taskIds })] : [];
  };

  const grant = ({ ours }: Sight): Saying[] => {
    for (const taskId of ours) {
      if (granted.has(taskId) || released.has(taskId)) continue;
      granted.add(taskId);
      spare.delete(taskId);
      waitingUntil = null;
      return [answer('start', 'success', groups ? groupPrefix + taskId : '')];
    }
    return [];
  };

  const refuse = (sight: Sight): Saying[] => {
    overdue ||= groups && waitingUntil !== null;
    waitingUntil = null;
    const said = answer('start', 'tooMany');
    if (!groups) {
      owed = { kept: keptOf(sight), workers: connected(sight), triedAt: sight.at };
      return [said];
    }
    return [said, tell({ type: 'scheduler.shutdownRequested', at: sight.at, taskIds: [] })];
  };

  const settle = (sight: Sight): Saying[] => {
    if (owed === null) return [];
    const { at } = sight;
    for (const taskId of sight.ours) if (!released.has(taskId)) granted.add(taskId);
    if (connected(sight) > owed.workers) {
      owed = null;
      return [tell({ type: 'scheduler.shutdownRequested', at, taskIds: [] })];
    }
    const goal = Math.min(owed.kept + 1, maxTasks ?? Number.POSITIVE_INFINITY);
    if (at - owed.triedAt < answerLimitMs || keptOf(sight) >= goal) return [];
    owed.triedAt = at;
    return [tell({ type: 'scheduler.startRequested', at })];
  };

  const start = (sight: Sight): Saying[] => {
    owed = null;
    named.clear();
    // Said again while one is on its way: the same one.
    if (waitingUntil !== null) return [];
    const given = grant(sight);
    if (given.length > 0) return given;
    if (maxTasks !== null && keptOf(sight) >= maxTasks) return refuse(sight);
    waitingUntil = sight.at + answerLimitMs;
    return [tell({ type: 'scheduler.startRequested', at: sight.at })];
  };

  const wholly = (taskId: string, workers: Map<string, number>, { at, loads }: Sight): boolean => {
    for (const [workerId, when] of workers) if (at - when > namedMs) workers.delete(workerId);
    const load = loads.get(taskId);
    if (workers.size === 0) return false;
    return load?.tasks === 0 || workers.size >= Math.max(1, load?.workers ?? workersPerTask);
  };

  const due = (sight: Sight): Saying[] =>
    release(
      [...named].filter(([taskId, workers]) => wholly(taskId, workers, sight)).map(([id]) => id),
      sight.at,
    );

  const shutdownGroup = (groupId: string, { at, ours }: Sight): Saying[] => {
    const taskId = taskOfGroup(groupId);
    const said = answer('shutdown', 'success', groupId);
    if (ours.has(taskId)) return [said, ...release([taskId], at)];
    if (ended.delete(taskId)) return [said];
    if (!strangers.has(groupId)) strangers.set(groupId, at);
    return [];
  };

  /** To one that nobody knows, success is the only answer that makes it forgotten. */
  const dismiss = ({ at, ours, complete }: Sight): Saying[] =>
    [...strangers].flatMap(([groupId, since]) => {
      const taskId = taskOfGroup(groupId);
      const found = ours.has(taskId);
      if (!found && !(complete && at - since >= strangerMs)) return [];
      strangers.delete(groupId);
      return [answer('shutdown', 'success', groupId), ...release(found ? [taskId] : [], at)];
    });

  /** A scheduler that was replaced never asks for the end of groups that it does not know. */
  const forgotten = ({ at, ours, groups: shown }: Sight): string[] =>
    groups && shown !== null && shown.calmSince !== null && at - shown.calmSince >= calmMs
      ? [...ours].filter(
          (taskId) => !granted.has(taskId) && !released.has(taskId) && !spare.has(taskId),
        )
      : [];

  const shutdown = (
    { groupId, workerIds }: Order & { type: 'shutdown' },
    sight: Sight,
  ): Saying[] => {
    const { at, ours } = sight;
    if (groupId !== null) return shutdownGroup(groupId, sight);
    const lessWanted =
      owed === null ? [] : [tell({ type: 'scheduler.shutdownRequested', at, taskIds: [] })];
    owed = null;
    const said = answer('shutdown', 'success');
    // Without clients it wants to keep nobody. When it has found them again it says who still is to go.
    if (at < newUntil) return [said, ...lessWanted];
    // Who names many names all that may go now. Earlier lists kept others: together they would spare nobody.
    if (workerIds.length > 1) named.clear();
    for (const workerId of workerIds) {
      const taskId = taskOf(workerId);
      if (taskId === null || !ours.has(taskId) || released.has(taskId)) continue;
      const workers = named.get(taskId) ?? new Map<string, number>();
      named.set(taskId, workers.set(workerId, at));
    }
    return [said, ...lessWanted, ...due(sight)];
  };

  /** What its scheduler knew before this line stood is no answer to a start. */
  const learn = ({ ours, groups: shown }: Sight): void => {
    for (const taskId of ours) if (shown?.known.has(groupPrefix + taskId)) granted.add(taskId);
  };

  return {
    /** Groups that take up room in the scheduler's books without being ours: dead ones, and other managers'. */
    strange: ({ ours, groups: shown }: Sight): number =>
      shown === null
        ? ended.size
        : [...shown.known].filter((groupId) => !ours.has(taskOfGroup(groupId))).length,

    hear(order: Order, sight: Sight): Saying[] {
      learn(sight);
      return order.type === 'start' ? start(sight) : shutdown(order, sight);
    },

    /** To be called a few times a second: answers come when their time has come. */
    look(sight: Sight): Saying[] {
      const { at, ours } = sight;
      learn(sight);
      for (const taskId of granted) if (!ours.has(taskId)) ended.add(taskId);
      for (const known of [granted, found, released, named, spare])
        for (const taskId of [...known.keys()]) if (!ours.has(taskId)) known.delete(taskId);
      const said: Saying[] = [];
      if (waitingUntil !== null) {
        said.push(...grant(sight));
        if (waitingUntil !== null && at >= waitingUntil) said.push(...refuse(sight));
      } else if (overdue) {
        for (const taskId of ours)
          if (!granted.has(taskId) && !released.has(taskId) && !found.has(taskId)) {
            overdue = false;
            spare.set(taskId, at);
          }
      }
      said.push(...settle(sight), ...dismiss(sight));
      // A group that its scheduler has never heard of could never be asked to go.
      const unasked = groups ? [...spare].filter(([, since]) => at - since > spareMs) : [];
      const again = [...released].filter(([, since]) => at - since > releaseAgainMs);
      said.push(
        ...release([...[...unasked, ...again].map(([taskId]) => taskId), ...forgotten(sight)], at),
        ...due(sight),
      );
      return said;
    },
  };
};

export type Conversation = ReturnType<typeof conversation>;
