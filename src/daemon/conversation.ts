import type { Capability } from '../../machines/facts.ts';
import type { WorkerLoad } from '../../machines/monitor.ts';
import type { SchedulerEvent } from '../../machines/session.ts';
import type { CommandAnswer } from '../protocol/codec.ts';
import type { SchedulerMessage } from '../protocol/translate.ts';
import { taskOf } from './monitorSocket.ts';

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

const groupPrefix = 'ecs-';

/**
 * With a scheduler that starts and stops one by one and waits for an answer. It remembers which Fargate
 * task was the answer to a start, and answers nothing but what was asked on this very connection.
 * `groups`: it speaks of groups under names that we choose; else it names workers.
 */
export const conversation = (
  { maxTasks, workersPerTask, capabilities }: ConversationSettings,
  groups: boolean,
  first: Sight,
) => {
  /**
   * Tasks that the scheduler has been told of. One that names workers knows ours without; one that
   * names groups may have been replaced since, and is told again as it asks for more.
   */
  const granted = new Set(groups ? [] : first.ours);
  const found = new Set(first.ours);
  /** When their release was last said. */
  const released = new Map<string, number>();
  /** Which workers of a task are to go, and when they were last named. */
  const named = new Map<string, Map<string, number>>();
  /** Came too late for their start, and when they were seen. */
  const spare = new Map<string, number>();
  let waitingUntil: number | null = null;
  let overdue = false;

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
    return taskIds.length > 0 ? [tell({ type: 'scheduler.release', at, taskIds })] : [];
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

  const start = (sight: Sight): Saying[] => {
    named.clear();
    // Said again while one is on its way: the same one.
    if (waitingUntil !== null) return [];
    const given = grant(sight);
    if (given.length > 0) return given;
    const kept = [...sight.ours].filter((taskId) => !released.has(taskId)).length;
    if (maxTasks !== null && kept >= maxTasks) return [answer('start', 'tooMany')];
    waitingUntil = sight.at + answerLimitMs;
    return [tell({ type: 'scheduler.start', at: sight.at })];
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

  const shutdown = (
    { groupId, workerIds }: Order & { type: 'shutdown' },
    sight: Sight,
  ): Saying[] => {
    const { at, ours } = sight;
    // To one that nobody knows any more, success is the only answer that makes it forgotten.
    const said = answer('shutdown', 'success', groupId ?? '');
    if (groupId !== null) {
      const taskId = groupId.startsWith(groupPrefix) ? groupId.slice(groupPrefix.length) : '';
      return [said, ...release(ours.has(taskId) ? [taskId] : [], at)];
    }
    for (const workerId of workerIds) {
      const taskId = taskOf(workerId);
      if (taskId === null || !ours.has(taskId) || released.has(taskId)) continue;
      const workers = named.get(taskId) ?? new Map<string, number>();
      named.set(taskId, workers.set(workerId, at));
    }
    return [said, ...due(sight)];
  };

  return {
    hear: (order: Order, sight: Sight): Saying[] =>
      order.type === 'start' ? start(sight) : shutdown(order, sight),

    /** To be called a few times a second: answers come when their time has come. */
    look(sight: Sight): Saying[] {
      const { at, ours } = sight;
      for (const known of [granted, found, released, named, spare])
        for (const taskId of [...known.keys()]) if (!ours.has(taskId)) known.delete(taskId);
      const said: Saying[] = [];
      if (waitingUntil !== null) {
        said.push(...grant(sight));
        if (waitingUntil !== null && at >= waitingUntil) {
          waitingUntil = null;
          overdue = true;
          said.push(
            answer('start', 'tooMany'),
            tell({ type: 'scheduler.release', at, taskIds: [] }),
          );
        }
      } else if (overdue) {
        for (const taskId of ours)
          if (!granted.has(taskId) && !released.has(taskId) && !found.has(taskId)) {
            overdue = false;
            spare.set(taskId, at);
          }
      }
      // A group that its scheduler has never heard of could never be asked to go.
      const unasked = groups ? [...spare].filter(([, since]) => at - since > spareMs) : [];
      const again = [...released].filter(([, since]) => at - since > releaseAgainMs);
      said.push(
        ...release(
          [...unasked, ...again].map(([taskId]) => taskId),
          at,
        ),
        ...due(sight),
      );
      return said;
    },
  };
};

export type Conversation = ReturnType<typeof conversation>;
