import type { Modes } from '../../../machines/fleet/modes.ts';
import type { TaskObservation } from '../../../machines/shared/domain.ts';

export const timeouts = {
  missingGraceMs: 60_000,
  bootGraceMs: 30_000,
  startDeadlineMs: 600_000,
  workersLostMs: 120_000,
  unobservedStopMs: 180_000,
  unobservedExitMs: 5000,
  degradedGraceMs: 60_000,
};
export const input = {
  cohortId: 'cohort.0',
  timeouts,
  workersPerTask: 1,
  monitor: 'unknown' as Modes['monitor'],
  loadsAreOld: false,
};
export const launchPlan = (label: string, count: number) => ({
  order: { label, clientToken: `se-${label}`, count, revision: 'rev:1', market: 'spot' as const },
  groupIds: Array.from({ length: count }, (_, i) => `${label}-${i}`),
  outcomeUnknown: false,
});
export const observed = (taskArn: string, phase: TaskObservation['phase']): TaskObservation => ({
  taskArn,
  phase,
  cause: null,
  detail: null,
  createdAt: null,
});
export const admit = {
  type: 'cohort.admit',
  generation: 1,
  launches: [launchPlan('e-1', 2)],
  at: 1000,
} as const;
