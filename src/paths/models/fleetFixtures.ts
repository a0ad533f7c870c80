import type { LaunchPlan } from '../../../machines/cohort/groupRecords.ts';
import type { FleetInput, FleetSettings } from '../../../machines/fleet/state.ts';
import type { ListedTask } from '../../../machines/shared/domain.ts';
import { returnGraceMs } from '../../../machines/shared/timing.ts';

export const fleetSettings: FleetSettings = {
  ...{ maxTasks: null, workersPerTask: 2, capabilities: [], spot: false },
  ...{ workerSchedulerAddress: 'tcp://1.2.3.4:8516', tagSuffices: false, workerRelease: null },
  timeouts: {
    ...{ missingGraceMs: 60_000, bootGraceMs: 30_000, startDeadlineMs: 600_000 },
    ...{ workersLostMs: 120_000, unobservedStopMs: 180_000, unobservedExitMs: 5000 },
    degradedGraceMs: 60_000,
  },
  ...{ drainTimeoutMs: 300_000, stopDrainMs: 30_000, echoLimitMs: 6000 },
  ...{ emptyGraceMs: 60_000, schedulerGraceMs: 600_000, returnGraceMs },
  ...{
    settleMs: 10_000,
    pollEveryMs: 3000,
    pollsPerTick: 2,
    readsPerSecond: 20,
    firstPollsPerTick: 2,
    inventoryEveryMs: 60_000,
  },
  ...{ launchBurst: 1000, launchesPerSecond: 5 },
  ...{ tasksPerWorker: null, scaleDownCooldownMs: 0 },
};
export const fleetInput: FleetInput = {
  settings: fleetSettings,
  ...{ epoch: 'e', startedAt: 0, owned: [], resend: [], openAtStart: [] },
  ...{ lastLaunchAt: 0, launchesGivenUp: 0, journalIncomplete: false },
};

/** A launch of an earlier run, without an answer. */
export const resent: LaunchPlan = {
  order: {
    ...{ label: 'd-1', clientToken: 'se-d-1', count: 1, revision: 'rev:1', market: 'onDemand' },
  },
  groupIds: ['d-1-0'],
  outcomeUnknown: true,
};

export const tasksOf = (n: number) =>
  Array.from({ length: n }, (_, i) => ({
    ...{ groupId: `old-${i}`, taskArn: `arn:${i}`, createdAt: null, deadlinesFrom: 0 },
  }));

/** A running task with our tag that no group owns, as an inventory shows it. */
export const orphan = (taskArn: string, given: Partial<ListedTask> = {}): ListedTask => ({
  ...{ taskArn, label: null, phase: 'running', createdAt: 5, scheduler: null },
  ...{ owned: false, launchOpen: false },
  ...given,
});
