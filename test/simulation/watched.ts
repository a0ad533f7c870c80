import type { Agenda } from './agenda.ts';
import type { Census } from './census.ts';
import type { Disk } from './disk.ts';
import type { Ecs } from './ecs.ts';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulationSettings } from './script.ts';

/** What a seed can be found guilty of. */
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
export type InvariantName = (typeof invariantNames)[number];

export interface Watched {
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  scheduler: Scheduler;
  settings: SimulationSettings;
  life(): Life | null;
  census(): Census | null;
  broken(invariant: InvariantName, says: string): void;
  /** Runs when everything that the present event set off has come to rest. */
  afterwards(check: () => void): void;
}
