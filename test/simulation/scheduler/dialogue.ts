import type {
  CommandResponse,
  SchedulerMessage,
  UnitCommand,
} from '../../../machines/scheduler/messages.ts';

export type Policy = 'vanilla' | 'direct';

/** One worker manager as the scheduler knows it. It is forgotten after ten seconds without a heartbeat. */
export interface Source {
  managerId: string;
  seenAt: number;
  /** The most workers that it may have; of a scheduler of groups: groups. */
  cap: number;
  /** The last command, while its answer is waited for. */
  waitsFor: UnitCommand | null;
  waitsSince: number;
  /** Workers that were started and have not connected. */
  pendingWorkers: number;
  /** How many of its workers were connected when it last answered that there are too many. */
  tooManyAt: number | null;
  /** Its groups, where each manager has a list of its own. */
  groups: Set<string>;
}

export function newSource(managerId: string, seenAt: number): Source {
  return {
    ...{ managerId, seenAt, cap: 0, waitsFor: null, waitsSince: 0 },
    ...{ pendingWorkers: 0, tooManyAt: null, groups: new Set() },
  };
}

/** A worker that the scheduler counts as connected. */
export interface ConnectedWorker {
  workerId: string;
  /** Null before managers had ids. */
  managerId: string | null;
  /** Tasks that wait inside it. */
  queued: number;
}

/** What a policy looks at. */
export interface Situation {
  /** Tasks that the scheduler knows, the running ones included. */
  tasks: number;
  workers: readonly ConnectedWorker[];
}

/** What a scheduler of one generation says to a worker manager, and what it makes of the answers. */
export interface Dialogue {
  /** What follows on a heartbeat of this manager, after the echo. Changes nothing. */
  commands(source: Source, situation: Situation): SchedulerMessage[];
  /** Null; or why the scheduler ends. */
  onResponse(source: Source, response: CommandResponse, situation: Situation): string | null;
  /** The groups that it knows of these managers; null: it does not know groups. */
  groups(sources: Iterable<Source>): string[] | null;
}

/** Scaler's vanilla policy: by connected workers and known tasks alone. */
export function vanillaWants({ tasks, workers }: Situation): 'more' | 'fewer' | 'same' {
  if (workers.length === 0) return tasks > 0 ? 'more' : 'same';
  const ratio = tasks / workers.length;
  return ratio > 10 ? 'more' : ratio < 1 ? 'fewer' : 'same';
}

/** The capability policy for tasks of one kind. */
export function capabilityWants({ tasks, workers }: Situation): 'more' | 'fewer' | 'same' {
  if (workers.length === 0) return tasks > 0 ? 'more' : 'same';
  const ratio = tasks / workers.length;
  return ratio > 5 ? 'more' : ratio < 0.5 ? 'fewer' : 'same';
}

export function wants(policy: Policy, situation: Situation): 'more' | 'fewer' | 'same' {
  return policy === 'vanilla' ? vanillaWants(situation) : capabilityWants(situation);
}

/** How many workers a policy keeps that wants fewer. */
export function kept(policy: Policy, { tasks }: Situation): number {
  return tasks === 0 ? 0 : Math.max(1, Math.ceil(tasks / (policy === 'vanilla' ? 10 : 5)));
}

export function managedBy(source: Source, { workers }: Situation): ConnectedWorker[] {
  return workers.filter(({ managerId }) => managerId === source.managerId);
}
