import type { Agenda } from './agenda.ts';
import type { Census } from './census.ts';
import type { Disk } from './disk.ts';
import type { Ecs } from './ecs.ts';
import type { Judge } from './judgements.ts';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import type { SimulationSettings } from './script.ts';

/** The invariants that a seed can break. */
export const invariantNames = [
  'leaked',
  'lost',
  'duplicated',
  'capExceeded',
  'overLaunched',
  'hammered',
  'stoppedForeign',
  'stoppedInVain',
  'stoppedTooMany',
  'stoppedBusy',
  /** The scheduler has not answered for some time, and its grace is not over. */
  'stoppedUnheard',
  'gaveUpAlive',
  'launchedUnheard',
  'launchedUnrecovered',
  /** It was sent when nothing was wanted any more, or after the order to stop. */
  'launchedLate',
  'unjournaled',
  'tokenReused',
  'stuck',
  'unstable',
  'leftUnsaid',
  /** A message that ends a scheduler, or could: in a form that it does not know, or as an answer to nothing. */
  'schedulerKilled',
  /** A command that must be answered was not. */
  'unanswered',
  /** A worker that is alive was reported dead; or dead ones were not, and could have been. */
  'reportedAlive',
  'deadUnreported',
  /** What another living manager may have launched was adopted, or its group given away. */
  'adoptedForeign',
  'disowned',
  /** Workers that cannot serve the scheduler, as it had shown before. */
  'launchedUseless',
  'crashed',
  /** A request to stop, or another one after it, has not had its effect. */
  'stopIgnored',
  /** It is older than max_lifetime, idle, and could have been replaced. */
  'tooOld',
  /** It was not idle for as long as min_idle_seconds says. */
  'stoppedEarly',
  /** One that lacks workers left before its grace was over, or before others had taken its place. */
  'replacedEarly',
  /** A launch that passes a limit of money, or a count that differs from the bill or from what it counts. */
  'overspent',
  'miscounted',
] as const;
export type InvariantName = (typeof invariantNames)[number];

export interface Violation {
  invariant: InvariantName;
  /** Seconds from the beginning. */
  at: number;
  says: string;
}

/** Why things are not as they should be for good. */
export interface Trouble {
  invariant: InvariantName;
  says: string;
  /** The scheduler has named it for long, and it has only now become possible: it ends no rest. */
  isDue?: boolean;
}

export interface Watched {
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  scheduler: Scheduler;
  settings: SimulationSettings;
  life(): Life | null;
  census(): Census | null;
  /** No fault is in the way of anything. */
  isCalm(): boolean;
  broken(invariant: InvariantName, says: string): void;
  /** Counts how often a rule is judged, and how often it is excused. */
  judge: Judge;
  /** One of ours by the name that a scheduler of groups knows it by. */
  isOurGroup(groupId: string): boolean;
  /** The name under which the present life connects. */
  identity(): string;
  /** Runs when everything that the present event set off has come to rest. */
  afterwards(check: () => void): void;
}
