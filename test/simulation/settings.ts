import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ownershipTagOf } from '../../src/daemon/managerSettings.ts';
import { taskCost } from '../../src/daemon/moneySettings.ts';
import { firstCluster } from './ecs.ts';
import type { SimulationSettings } from './script.ts';

/** Everything that no seed varies is as the program's own defaults have it. */
const [base] = loadConfig({
  argv: [
    'run',
    'tcp://scheduler.simulated:8516',
    ...['-wmi', 'simulated', '--ecs-subnets', 'subnet-1', '--ecs-cluster', 'simulated'],
  ],
  env: { HOME: '/home/simulated' },
  readFile: () => '',
  warn: () => {},
}) as [Config];

export const workerAddress = base.workerSchedulerAddress.text;
export const managerId = base.workerManagerId;
/** What makes a task ours. */
export const tag = ownershipTagOf(base);

export const subnetsOf = ({ subnets }: SimulationSettings): string[] =>
  Array.from({ length: subnets }, (_, i) => `subnet-${i + 1}`);

const usdPerHour = taskCost(base, false)?.total ?? 0;

const limitsOf = ({ money }: SimulationSettings): Config['money'] => ({
  ...base.money,
  maxPerHour: money?.limit === 'perHour' ? money.tasks * usdPerHour : null,
  maxTotal: money?.limit === 'total' ? (money.tasks * usdPerHour) / 60 : null,
  onLimit: money?.onLimit ?? 'hold',
});

/** Of the plain profile. */
const degradedGraceSeconds = 15;
const namedCapability = { name: 'zone', value: '2' };

/** What the workers can do beside the ordinary. */
export const capabilitiesOf = ({ wide }: SimulationSettings): Config['capabilities'] =>
  wide?.severalRequests ? [namedCapability] : base.capabilities;

export const configOf = (settings: SimulationSettings): Config => {
  const { maxTasks, workersPerTask, wide } = settings;
  return {
    ...base,
    capabilities: capabilitiesOf(settings),
    fleetId: settings.fleetId ?? null,
    workerManagerId: settings.managerId ?? managerId,
    workerSchedulerAddress: {
      ...base.workerSchedulerAddress,
      text: settings.workerAddress ?? workerAddress,
    },
    maxLifetimeSeconds: wide?.maxLifetimeSeconds ?? null,
    worker: { ...base.worker, scalerVersion: settings.workerRelease },
    capacity: {
      maxTasks,
      workersPerTask,
      maxWorkers: maxTasks === null ? null : maxTasks * workersPerTask,
    },
    money: limitsOf(settings),
    scaling: {
      ...base.scaling,
      tasksPerWorker: settings.tasksPerWorker,
      scaleDownCooldownSeconds: settings.cooldownSeconds,
      degradedGraceSeconds: wide?.degradedGraceSeconds ?? degradedGraceSeconds,
      minIdleSeconds: wide?.minIdleSeconds ?? base.scaling.minIdleSeconds,
    },
    heartbeatIntervalSeconds: settings.heartbeatIntervalSeconds,
    startDeadlineSeconds: settings.startDeadlineSeconds,
    schedulerGraceSeconds: settings.schedulerGraceSeconds,
    drainTimeoutSeconds:
      settings.drainTimeoutSeconds < 0 ? Number.POSITIVE_INFINITY : settings.drainTimeoutSeconds,
    stopTimeoutSeconds: settings.stopTimeoutSeconds,
    sigtermPolicy: settings.leave ? 'leave' : 'stop',
    aws: { ...base.aws, region: 'eu-west-1' },
    ecs: {
      ...base.ecs,
      cluster: settings.cluster ?? firstCluster,
      // Its requirements name the workers' release.
      taskImage: 'registry.simulated/scaler:1',
      pythonRequirements: 'tomli',
      subnets: subnetsOf(settings),
      capacityProvider: settings.spot ? 'FARGATE_SPOT' : null,
    },
  };
};

/** What makes a task that of a life with these settings. */
export const tagOf = (settings: SimulationSettings): string => ownershipTagOf(configOf(settings));
