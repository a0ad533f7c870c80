/** Settings that only the wide profile varies. */
export interface WideSettings {
  maxLifetimeSeconds: number | null;
  minIdleSeconds: number;
  degradedGraceSeconds: number;
  /** What is desired comes in several requests, and some are for other managers. */
  severalRequests: boolean;
  /** Hundreds of Fargate tasks. */
  isLarge: boolean;
}

/** What the wide profile adds, by the name in the report. */
export const powers = [
  'max_lifetime',
  'min_idle_seconds',
  'scale_down_cooldown_seconds',
  'degraded_grace',
  'slow reports',
  'several requests',
  'hundreds of tasks',
  'changed settings',
  'second SIGTERM',
  'third SIGTERM',
  'directory not synced',
  'journal unwritable for long',
  'long fault',
  'permanent refusals',
  'hours',
  'hours of running',
  'unknown status',
  'journal forgotten',
  'another cluster',
  'another tag',
  'another address',
  'another manager id',
  'other workers per task',
  'living tasks denied',
  'stream lies',
  'token buckets',
  'answers without end',
  'workers forgotten',
  'manager forgotten',
] as const;
export type Power = (typeof powers)[number];

/** What of the wide profile a start with other settings is, by the setting. */
const changes = {
  cluster: 'another cluster',
  fleetId: 'another tag',
  workerAddress: 'another address',
  managerId: 'another manager id',
  workersPerTask: 'other workers per task',
} as const satisfies Record<string, Power>;

/** What of the wide profile a start with these other settings is. */
export function powersOfChange(change: object): Power[] {
  const keys = Object.keys(changes) as (keyof typeof changes)[];
  return ['changed settings', ...keys.filter((key) => key in change).map((key) => changes[key])];
}
