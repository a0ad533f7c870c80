import type { Capability } from '../shared/domain.ts';
import type { CommandResponse, FleetView } from './messages.ts';

export interface UnitSettings {
  maxTasks: number | null;
  workersPerTask: number;
  capabilities: readonly Capability[];
  heartbeatIntervalMs: number;
}

/** What follows from a command, or from what has changed since. */
export type Reply =
  | { type: 'respond'; response: CommandResponse }
  /** The fleet should have one Fargate task more. */
  | { type: 'requestStart' }
  /** The fleet should stop these Fargate tasks, and launch no more than it has. */
  | { type: 'requestShutdown'; taskIds: string[] }
  /** Before the first command of a later connection: the fleet should keep what it has. */
  | { type: 'forgetRequests' };

/**
 * Dialogue with a scheduler that starts and stops units one by one and waits for an answer. Kept: which Fargate
 * task was the answer to a start. Nothing is answered but what was asked on the present connection.
 */
export interface UnitProtocol {
  /** The scheduler names groups by ids that we choose; else it names workers. */
  groups: boolean;
  /** No command has shown that yet: only the monitor stream shows groups. */
  assumed: boolean;
  /** Until then the scheduler may be a new process that knows neither its clients nor all of our workers. */
  newUntil: number;
  /**
   * Fargate tasks that the scheduler knows. A scheduler that names workers knows ours by itself; one that names
   * groups may have been replaced, and is told again when it asks for more.
   */
  assigned: string[];
  /** Fargate tasks that were there when the dialogue began, or that the scheduler has forgotten since. */
  initial: string[];
  /** Of `assigned`: since when the monitor stream shows groups without them. */
  unshown: Record<string, number>;
  /** Assigned Fargate tasks that are gone and that the scheduler has not shut down: no other manager has them. */
  ended: string[];
  /** Groups that are not ours, and since when and until when each heartbeat has brought their shutdown. */
  unknownGroups: Record<string, { since: number; last: number }>;
  /** When the shutdown of a Fargate task was last requested. */
  released: Record<string, number>;
  /** Of these, those that the last list of workers does not name, and since when no list does: the scheduler may count on them. */
  spared: Record<string, number>;
  /** By Fargate task, the workers that are to go, and when each was named first and last. */
  named: Record<string, Record<string, { since: number; last: number }>>;
  /** Of these Fargate tasks, how many workers the monitor stream showed when one was last named: those that it kept count. */
  workersWhenNamed: Record<string, number>;
  /** The scheduler names all workers that may go, and keeps the others; until it has, it may name one at a time. */
  namesLists: boolean;
  /** Fargate tasks that came too late for their start, and when they were first seen. */
  unassigned: Record<string, number>;
  /** When the scheduler last asked for a start; before it has, when the dialogue began: it may have asked just before that. */
  startAskedAt: number;
  /** A start waits for its Fargate task, at most until then. */
  startDeadline: number | null;
  /** The Fargate task of a start that was refused may still come. */
  lateStart: boolean;
  /**
   * Some releases that name workers ask for nothing after "too many" until more workers have connected. The start
   * that was refused is therefore tried again until there is a task that was not there `before`, or another command.
   */
  deferredStart: { before: string[]; workers: number; triedAt: number } | null;
}

/** The dialogue after a step, and what follows from the step. */
export interface Outcome {
  state: UnitProtocol;
  replies: Reply[];
}

const groupPrefix = 'ecs-';

/** Our name for the group that is this Fargate task. */
export function groupIdOfTask(taskId: string): string {
  return groupPrefix + taskId;
}

/** Empty for a group that we did not name. */
export function taskIdOfGroup(groupId: string): string {
  return groupId.startsWith(groupPrefix) ? groupId.slice(groupPrefix.length) : '';
}

export function newUnitProtocol(
  groups: boolean,
  { at, taskIds }: FleetView,
  newUntil: number,
  /** That is known before any list has come. */
  namesLists = false,
): UnitProtocol {
  return {
    groups,
    assumed: true,
    newUntil,
    assigned: groups ? [] : taskIds,
    initial: taskIds,
    unshown: {},
    ended: [],
    unknownGroups: {},
    released: {},
    spared: {},
    named: {},
    workersWhenNamed: {},
    namesLists,
    unassigned: {},
    startAskedAt: at,
    startDeadline: null,
    lateStart: false,
    deferredStart: null,
  };
}

export function inTurn(
  first: UnitProtocol,
  ...steps: ((state: UnitProtocol) => Outcome)[]
): Outcome {
  let state = first;
  const replies: Reply[] = [];
  for (const step of steps) {
    const outcome = step(state);
    state = outcome.state;
    replies.push(...outcome.replies);
  }
  return { state, replies };
}

export function unchanged(state: UnitProtocol): Outcome {
  return { state, replies: [] };
}

export function omit<T>(record: Record<string, T>, keys: readonly string[]): Record<string, T> {
  const left = { ...record };
  for (const key of keys) delete left[key];
  return left;
}

export function respond(
  command: 'start' | 'shutdown',
  outcome: 'success' | 'tooMany',
  groupId: string,
  { capabilities }: UnitSettings,
): Reply {
  return {
    type: 'respond',
    response: {
      command,
      outcome,
      groupId,
      // Ids that never connect would block as much capacity for ever.
      workerIds: [],
      capabilities: command === 'start' && outcome === 'success' ? capabilities : [],
    } as CommandResponse,
  };
}

/** Requests the shutdown of these Fargate tasks. */
export function release(state: UnitProtocol, taskIds: string[], at: number): Outcome {
  if (taskIds.length === 0) return unchanged(state);
  return {
    state: {
      ...state,
      released: {
        ...state.released,
        ...Object.fromEntries(taskIds.map((taskId) => [taskId, at])),
      },
      assigned: state.assigned.filter((taskId) => !taskIds.includes(taskId)),
      unshown: omit(state.unshown, taskIds),
      unassigned: omit(state.unassigned, taskIds),
      named: omit(state.named, taskIds),
    },
    replies: [{ type: 'requestShutdown', taskIds }],
  };
}
