import { createCaller } from '../../src/aws/caller.ts';
import { createEcsClient } from '../../src/aws/client.ts';
import { type BootstrapSettings, bootstrap } from '../../src/aws/ensure/bootstrap.ts';
import { createIamClient } from '../../src/aws/iamClient.ts';
import { createTemplate, type TemplateSettings } from '../../src/aws/launch/launchTemplate.ts';
import { createLimiter } from '../../src/aws/limiter.ts';
import { systemClock } from '../../src/aws/systemClock.ts';
import { describeTasks } from '../../src/aws/tasks/describeTasks.ts';
import { listTasks } from '../../src/aws/tasks/listTasks.ts';
import { runTask } from '../../src/aws/tasks/runTask.ts';
import { stopTask } from '../../src/aws/tasks/stopTask.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { silentLog } from '../../src/telemetry/log.ts';

export const definition: BootstrapSettings = {
  cluster: 'scaler-cluster',
  family: 'scaler-task-definition',
  image: 'public.ecr.aws/v4u8j8r6/scaler:latest',
  cpu: 4,
  memoryGb: 30,
};

const settings: TemplateSettings = {
  cluster: definition.cluster,
  subnets: ['subnet-0abc1234def56789a'],
  workerSchedulerAddress: 'tcp://203.0.113.7:8516',
  workersPerTask: 4,
  managerId: 'a b;touch X',
  capabilities: [{ name: 'g$(id)', value: '1' }],
  transport: 'ymq',
  perWorkerTaskQueueSize: 1000,
  heartbeatIntervalSeconds: 2,
  taskTimeoutSeconds: 0,
  deathTimeoutSeconds: 300,
  garbageCollectIntervalSeconds: 30,
  trimMemoryThresholdBytes: 1073741824,
  hardProcessorSuspend: false,
  ioThreads: 1,
  eventLoop: 'builtin',
  pythonRequirements: 'tomli;pargraph;parfun;pandas',
  pythonVersion: '3.12.11',
  startedBy: 'se-ours',
};

/** An emulated account and everything that the daemon would ask it with. */
export const startAccount = async (options: Partial<EmulatorOptions> = {}) => {
  const emulator = await startEmulator({
    log: silentLog,
    hollow: true,
    startDelayMs: 50,
    stopDelayMs: 20,
    ...options,
  });
  const aws = {
    region: 'us-east-1',
    endpoint: emulator.url,
    credentials: { accessKeyId: emulator.accessKey, secretAccessKey: 'example' },
  };
  const ecs = createEcsClient(aws);
  const iam = createIamClient(aws);
  const clock = systemClock;
  const call = createCaller({ limiter: createLimiter(clock), clock, log: silentLog });
  const signal = () => new AbortController().signal;
  const { cluster } = definition;
  const describe = describeTasks(ecs, call, cluster);
  const list = listTasks(ecs, call, cluster, clock, silentLog);
  const stop = stopTask(ecs, call, cluster);
  return {
    emulator,
    ecs,
    iam,
    /** Repeatable, with other settings too. */
    prepare: (changed: Partial<BootstrapSettings> = {}) =>
      bootstrap({ ...definition, ...changed }, { ecs, iam, call, clock, log: silentLog }, signal()),
    launch: (
      order: { clientToken: string; count: number; revision: string },
      changed: Partial<TemplateSettings> = {},
    ) =>
      runTask(
        ecs,
        call,
        createTemplate({ ...settings, ...changed }),
      )({ label: `l-${order.clientToken}`, market: 'onDemand', ...order }, signal()),
    describe: async (arns: string[]) => (await describe(arns, signal())).observations,
    list: async (tag = settings.startedBy) => (await list(tag, signal())).tasks,
    stop: (arn: string) => stop(arn, 'no longer desired', signal()),
    async close() {
      ecs.destroy();
      iam.destroy();
      await emulator.close();
    },
  };
};

export type Account = Awaited<ReturnType<typeof startAccount>>;
