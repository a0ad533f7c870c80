import type { Agenda } from './agenda.ts';
import type { Census } from './census.ts';
import type { Disk } from './disk.ts';
import type { Ecs } from './ecs.ts';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulationSettings } from './script.ts';

/** What a seed can be found guilty of. */
export const promiseNames = [
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
  'gaveUpAlive',
  'launchedUnheard',
  'launchedUnrecovered',
  'unjournaled',
  'tokenReused',
  'stuck',
  'unstable',
  'leftUnsaid',
  'crashed',
] as const;
export type PromiseName = (typeof promiseNames)[number];

export interface Watched {
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  scheduler: Scheduler;
  settings: SimulationSettings;
  life(): Life | null;
  census(): Census | null;
  broken(promise: PromiseName, says: string): void;
  /** Runs when everything that the present event set off has come to rest. */
  afterwards(check: () => void): void;
}
