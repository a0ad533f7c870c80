import { createTemplate, type TaskTemplate } from '../../src/aws/launch/launchTemplate.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { markOf, templateSettings } from '../../src/daemon/managerSettings.ts';
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
export const capabilities = base.capabilities;
/** What makes a task ours. */
export const mark = markOf(base);

export const subnetsOf = ({ subnets }: SimulationSettings): string[] =>
  Array.from({ length: subnets }, (_, i) => `subnet-${i + 1}`);

export const configOf = (settings: SimulationSettings): Config => {
  const { maxTasks, workersPerTask } = settings;
  return {
    ...base,
    capacity: {
      maxTasks,
      workersPerTask,
      maxWorkers: maxTasks === null ? null : maxTasks * workersPerTask,
    },
    heartbeatIntervalSeconds: settings.heartbeatIntervalSeconds,
    startDeadlineSeconds: settings.startDeadlineSeconds,
    schedulerGraceSeconds: settings.schedulerGraceSeconds,
    drainTimeoutSeconds: settings.drainTimeoutSeconds,
    stopTimeoutSeconds: settings.stopTimeoutSeconds,
    sigtermPolicy: settings.leave ? 'leave' : 'stop',
    ecs: {
      ...base.ecs,
      subnets: subnetsOf(settings),
      capacityProvider: settings.spot ? 'FARGATE_SPOT' : null,
    },
  };
};

const templates = new Map<string, TaskTemplate>();

export const templateOf = (settings: SimulationSettings): TaskTemplate => {
  const { workersPerTask, heartbeatIntervalSeconds, spot, subnets } = settings;
  const key = JSON.stringify([workersPerTask, heartbeatIntervalSeconds, spot, subnets]);
  const known = templates.get(key) ?? createTemplate(templateSettings(configOf(settings)));
  templates.set(key, known);
  return known;
};
