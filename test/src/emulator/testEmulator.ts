import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  type RunTaskCommandOutput,
  type Task,
} from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { onTestFinished } from 'vitest';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../../src/emulator/options.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Of all emulators and clients of these tests. */
export const accessKey = 'AKIDEXAMPLE';
export const authorization = { authorization: `Bearer ${accessKey}` };

export const clientsFor = (endpoint: string, region = 'us-east-1', accessKeyId = accessKey) => {
  const settings = {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  return { ecs: new ECSClient(settings), iam: new IAMClient(settings) };
};

export const definition = {
  family: 'scaler',
  cpu: '1024',
  memory: '2048',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [{ name: 'scaler-container', image: 'scaler:latest' }],
} as const;

export const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } };

const pollMs = 20;

/** Starts an emulator with short task delays, its clients, a cluster `fleet` and a definition `scaler`; closed when the test finishes. */
export const startTestEmulator = async (options: Partial<EmulatorOptions> = {}) => {
  const emulator = await startEmulator({
    startDelayMs: 20,
    stopDelayMs: 20,
    log: silentLog,
    accessKey,
    ...options,
  });
  const { ecs, iam } = clientsFor(emulator.url);
  onTestFinished(async () => {
    ecs.destroy();
    iam.destroy();
    await emulator.close();
  });
  await ecs.send(new CreateClusterCommand({ clusterName: 'fleet' }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...definition,
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ ...definition.containerDefinitions[0], stopTimeout: 2 }],
    }),
  );
  const run = (
    command: string,
    more: Partial<RunTaskCommandInput> = {},
    environment: Record<string, string> = {},
  ): Promise<RunTaskCommandOutput> =>
    ecs.send(
      new RunTaskCommand({
        cluster: 'fleet',
        taskDefinition: 'scaler',
        launchType: 'FARGATE',
        networkConfiguration: network,
        overrides: {
          containerOverrides: [
            {
              name: 'scaler-container',
              environment: Object.entries({ COMMAND: command, ...environment }).map(
                ([name, value]) => ({ name, value }),
              ),
            },
          ],
        },
        ...more,
      }),
    );
  const describeTask = async (taskArn: string | undefined): Promise<Task> => {
    const { tasks, failures } = await ecs.send(
      new DescribeTasksCommand({ cluster: 'fleet', tasks: [taskArn ?? ''], include: ['TAGS'] }),
    );
    const [task] = tasks ?? [];
    if (!task) throw new Error(`DescribeTasks: ${failures?.[0]?.reason}`);
    return task;
  };
  /** Polls DescribeTasks until the task meets the condition or the test times out. */
  const waitForTask = async (
    taskArn: string | undefined,
    isReached: (task: Task) => boolean,
  ): Promise<Task> => {
    for (;;) {
      const task = await describeTask(taskArn);
      if (isReached(task)) return task;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  };
  const waitForStatus = (taskArn: string | undefined, status: string) =>
    waitForTask(taskArn, ({ lastStatus }) => lastStatus === status);
  const admin = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${emulator.url}/_emulator/${path}`, {
      method,
      headers: authorization,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  return { emulator, ecs, iam, run, describeTask, waitForTask, waitForStatus, admin };
};

/** Polls until `probe` returns a truthy value or the test times out. */
export const eventually = async <T>(probe: () => T | null | undefined | false): Promise<T> => {
  for (;;) {
    const value = probe();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
};
