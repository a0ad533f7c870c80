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
] as const;
export type Power = (typeof powers)[number];
