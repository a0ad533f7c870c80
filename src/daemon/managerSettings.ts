import type { FleetSettings } from '../../machines/fleet/state.ts';
import { generationOf, newestOf, requiredRelease } from '../../machines/scheduler/releases.ts';
import { echoLimit, type SessionInput } from '../../machines/scheduler/sessionState.ts';
import { tasksPerRunTask } from '../../machines/shared/limits.ts';
import { atLeast, backendValue } from '../../machines/shared/release.ts';
import {
  bootGraceMs,
  emptyGraceMs,
  missingGraceMs,
  pollEveryMs,
  returnGraceMs,
  unobservedExitMs,
  unobservedStopMs,
  workersLostMs,
} from '../../machines/shared/timing.ts';
import type { BootstrapSettings } from '../aws/ensure/bootstrap.ts';
import type { TemplateSettings } from '../aws/launch/launchTemplate.ts';
import { fleetOwnershipTag, ownershipTag } from '../aws/launch/ownershipTag.ts';
import { workerRequirements } from '../aws/launch/requirements.ts';
import { awsRates, type Rates } from '../aws/limiter.ts';
import { advertisedWorkers, type Config } from '../config/config.ts';
import { moneySettingsOf } from './moneySettings.ts';
import { idleWaitSeconds } from './stopTime.ts';

/** What makes a Fargate task ours. */
export const ownershipTagOf = ({
  fleetId,
  workerManagerId,
  workerSchedulerAddress,
}: Config): string =>
  fleetId === null
    ? ownershipTag(workerManagerId, workerSchedulerAddress.text)
    : fleetOwnershipTag(fleetId);

/** `release`: of the workers. */
export const templateSettings = (
  config: Config,
  transport: 'ymq' | 'zmq' = 'ymq',
  release: string = config.worker.scalerVersion ?? newestOf('g4'),
): TemplateSettings => {
  const { ecs, worker } = config;
  const isChosen =
    worker.scalerVersion !== null || requiredRelease(ecs.pythonRequirements) !== null;
  return {
    workerSchedulerAddress: config.workerSchedulerAddress.text,
    objectStorageAddress: config.objectStorageAddress?.text,
    workersPerTask: config.capacity.workersPerTask,
    managerId: config.workerManagerId,
    capabilities: config.capabilities,
    heartbeatIntervalSeconds: config.heartbeatIntervalSeconds,
    ...worker,
    preload: worker.preload ?? undefined,
    scalerRelease: release,
    // Within this generation alone the releases do not all spell ZeroMQ alike.
    isReleaseUncertain: transport === 'zmq' && !isChosen && generationOf(release) === 'g23',
    cluster: ecs.cluster,
    subnets: ecs.subnets,
    securityGroups: ecs.securityGroups,
    assignPublicIp: ecs.assignPublicIp,
    transport: backendValue(release, transport),
    pythonRequirements: workerRequirements({
      text: ecs.pythonRequirements,
      image: ecs.taskImage,
      scalerVersion: release,
      extras: [
        // Before, it was no extra.
        ...(transport === 'zmq' && atLeast(release, '2.3.0') ? ['zmq'] : []),
        ...(worker.eventLoop === 'uvloop' ? ['uvloop'] : []),
      ],
      // A later one refuses how those releases use it, and no worker of theirs would start.
      companions: atLeast(release, '1.24.0') ? [] : ['configargparse==1.7.1'],
    }),
    pythonVersion: ecs.pythonVersion,
    startedBy: ownershipTagOf(config),
    capacityProvider: ecs.capacityProvider ?? undefined,
    tags: ecs.tags.map(({ name, value }) => ({ key: name, value })),
    propagateTags: ecs.propagateTags,
    platformVersion: ecs.platformVersion ?? undefined,
    exec: ecs.exec,
  };
};

export const bootstrapSettings = ({ ecs, aws }: Config): BootstrapSettings => ({
  cluster: ecs.cluster,
  capacityProvider: ecs.capacityProvider ?? undefined,
  family: ecs.taskDefinition,
  image: ecs.taskImage,
  cpu: ecs.taskCpu,
  memoryGb: ecs.taskMemory,
  architecture: ecs.architecture,
  executionRole: ecs.executionRole ?? undefined,
  taskRole: ecs.taskRole ?? undefined,
  ...(ecs.logGroup !== null && { log: { group: ecs.logGroup, region: aws.region } }),
  ephemeralStorageGib: ecs.ephemeralStorage ?? undefined,
  stopTimeoutSeconds: ecs.containerStopTimeout ?? undefined,
  secrets: ecs.secrets,
});

export const managerSettings = (config: Config): FleetSettings => ({
  maxTasks: config.capacity.maxTasks,
  workersPerTask: config.capacity.workersPerTask,
  capabilities: config.capabilities,
  // The tag of a fleet with an id does not depend on the address, and its tasks may be from before a change of it.
  workerSchedulerAddress: config.workerSchedulerAddress.text,
  tagSuffices: config.fleetId !== null,
  workerRelease: config.worker.scalerVersion ?? requiredRelease(config.ecs.pythonRequirements),
  timeouts: {
    missingGraceMs,
    bootGraceMs,
    startDeadlineMs: config.startDeadlineSeconds * 1000,
    workersLostMs,
    unobservedStopMs,
    unobservedExitMs,
    degradedGraceMs: config.scaling.degradedGraceSeconds * 1000,
    minIdleMs: config.scaling.minIdleSeconds * 1000,
    ...(config.maxLifetimeSeconds !== null && { maxLifetimeMs: config.maxLifetimeSeconds * 1000 }),
  },
  echoLimitMs: echoLimit(config.heartbeatIntervalSeconds * 1000),
  emptyGraceMs,
  schedulerGraceMs: config.schedulerGraceSeconds * 1000,
  returnGraceMs,
  settleMs: config.settleSeconds * 1000,
  drainTimeoutMs: Number.isFinite(config.drainTimeoutSeconds)
    ? config.drainTimeoutSeconds * 1000
    : null,
  stopDrainMs: idleWaitSeconds(config) * 1000,
  spot: config.ecs.capacityProvider === 'FARGATE_SPOT',
  subnets: [...config.ecs.subnets],
  pollEveryMs,
  pollsPerTick: 5,
  readsPerSecond: awsRates.read.perSecond,
  firstPollsPerTick: 25,
  inventoryEveryMs: config.sweepSeconds * 1000,
  launchBurst: burstInReserve(config.launchQuota.burst),
  launchesPerSecond: config.launchQuota.perSecond,
  money: moneySettingsOf(config),
  tasksPerWorker: config.scaling.tasksPerWorker,
  scaleDownCooldownMs: config.scaling.scaleDownCooldownSeconds * 1000,
});

export const sessionSettings = (
  config: Config,
  known: Pick<SessionInput, 'workerRelease' | 'responsePending'>,
): SessionInput => ({
  ...known,
  workers: advertisedWorkers(config),
  heartbeatIntervalMs: config.heartbeatIntervalSeconds * 1000,
  workerManagerId: config.workerManagerId,
  capabilities: config.capabilities,
  maxTasks: config.capacity.maxTasks,
  workersPerTask: config.capacity.workersPerTask,
});

/** One call of RunTask is kept in reserve: calls reach AWS closer together than they were sent, and AWS counts by its clock. */
export function burstInReserve(burst: number): number {
  return burst >= 3 * tasksPerRunTask ? burst - tasksPerRunTask : burst;
}

/** Calls follow from the launch quota, ten tasks a call; never below what AWS gives every account. */
export const callRates = ({
  launchQuota,
  callQuota,
}: Pick<Config, 'launchQuota' | 'callQuota'>): Partial<Rates> => ({
  modify: { burst: callQuota.burst, perSecond: callQuota.perSecond },
  launch: {
    burst: Math.max(awsRates.launch.burst, Math.ceil(launchQuota.burst / tasksPerRunTask)),
    perSecond: Math.max(
      awsRates.launch.perSecond,
      Math.ceil(launchQuota.perSecond / tasksPerRunTask),
    ),
  },
});
