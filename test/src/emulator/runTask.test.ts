import {
  ConflictException,
  CreateClusterCommand,
  DeregisterTaskDefinitionCommand,
  PutClusterCapacityProvidersCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { network, startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };

describe('RunTask', () => {
  it('answers with tasks in PROVISIONING', async () => {
    const { run } = await startTestEmulator(hollow);
    const { tasks, failures } = await run('x', {
      count: 3,
      startedBy: 'se-abc',
      tags: [{ key: 'team', value: 'a' }],
    });
    expect(failures).toEqual([]);
    expect(tasks).toHaveLength(3);
    const [task] = tasks ?? [];
    expect(task).toMatchObject({
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      version: 1,
      startedBy: 'se-abc',
      group: 'family:scaler',
      cpu: '1024',
      memory: '2048',
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      tags: [{ key: 'team', value: 'a' }],
      attachments: [{ type: 'ElasticNetworkInterface', status: 'PRECREATED' }],
      containers: [{ name: 'scaler-container', lastStatus: 'PENDING' }],
    });
    expect(task?.taskArn).toMatch(/^arn:aws:ecs:us-east-1:123456789012:task\/fleet\/[0-9a-f]{32}$/);
    expect(Math.abs(Number(task?.createdAt) - Date.now())).toBeLessThan(2000);
  });

  it('shows every status of a task from PROVISIONING to STOPPED, with its timestamps in order', async () => {
    const { ecs, run, waitForTask } = await startTestEmulator({
      ...hollow,
      startDelayMs: 400,
      stopDelayMs: 400,
    });
    const { tasks } = await run('x');
    const arn = tasks?.[0]?.taskArn;
    const statuses: string[] = [];
    let version = 0;
    const watch = (status: string) =>
      waitForTask(arn, (task) => {
        if (statuses.at(-1) !== task.lastStatus) statuses.push(String(task.lastStatus));
        expect(Number(task.version)).toBeGreaterThanOrEqual(version);
        version = Number(task.version);
        return task.lastStatus === status;
      });
    const running = await watch('RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: arn, reason: 'enough' }));
    const stopped = await watch('STOPPED');
    expect(statuses).toEqual([
      ...['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING'],
      ...['DEACTIVATING', 'DEPROVISIONING', 'STOPPED'],
    ]);
    expect(running.attachments?.[0]?.details?.map(({ name }) => name)).toEqual([
      ...['subnetId', 'networkInterfaceId', 'macAddress', 'privateDnsName', 'privateIPv4Address'],
    ]);
    expect(running.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address).toMatch(/^10\./);
    expect(stopped).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough' });
    expect(stopped.attachments?.[0]?.status).toBe('DELETED');
    const times = [
      ...[stopped.createdAt, stopped.connectivityAt, stopped.pullStartedAt, stopped.pullStoppedAt],
      ...[stopped.startedAt, stopped.stoppingAt, stopped.executionStoppedAt, stopped.stoppedAt],
    ].map(Number);
    expect(times.some(Number.isNaN)).toBe(false);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('reports no exit code for a task stopped before it ran', async () => {
    const { ecs, run, waitForStatus, describeTask } = await startTestEmulator({
      ...hollow,
      startDelayMs: 150,
    });
    const { tasks } = await run('x');
    const task = tasks?.[0]?.taskArn;
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    const stopped = await waitForStatus(task, 'STOPPED');
    expect(stopped.stopCode).toBe('UserInitiated');
    expect(stopped.startedAt).toBeUndefined();
    expect(stopped.containers?.[0]?.exitCode).toBeUndefined();
    // The task does not start when its start would have been due.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await describeTask(task)).toEqual(stopped);
  });
});

describe('clientToken', () => {
  it('returns the first result for a repeated request and starts no task', async () => {
    const { run, emulator } = await startTestEmulator(hollow);
    const request = { count: 2, clientToken: 'token-1' };
    const first = await run('x', request);
    const again = await run('x', request);
    const arns = (answer: typeof first) => answer.tasks?.map(({ taskArn }) => taskArn);
    expect(arns(again)).toEqual(arns(first));
    expect(emulator.ledger().tasks).toHaveLength(2);
    expect(emulator.ledger().replays).toBe(1);
  });

  it('answers ConflictException with the ARNs of the tasks when the request differs', async () => {
    const { run, emulator } = await startTestEmulator(hollow);
    const first = await run('x', { clientToken: 't' });
    const other = await run('y', { clientToken: 't' }).catch((error) => error);
    expect(other).toBeInstanceOf(ConflictException);
    expect(other.resourceIds).toEqual([first.tasks?.[0]?.taskArn]);
    expect(emulator.ledger().tasks).toHaveLength(1);
  });

  it('is valid in one cluster only', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    await ecs.send(new CreateClusterCommand({ clusterName: 'other' }));
    const first = await run('x', { clientToken: 't' });
    const second = await run('x', { clientToken: 't', cluster: 'other' });
    expect(second.tasks?.[0]?.taskArn).not.toBe(first.tasks?.[0]?.taskArn);
  });

  it('repeats failures, and shows only ARN and statuses of a stopped task', async () => {
    const { ecs, emulator, run, waitForStatus } = await startTestEmulator(hollow);
    emulator.setFaults([{ operation: 'RunTask', do: { partialFailures: 1 }, when: { times: 1 } }]);
    const request = { count: 2, clientToken: 't', startedBy: 'me' };
    const first = await run('x', request);
    expect(first.tasks).toHaveLength(1);
    expect(first.failures?.[0]?.reason).toMatch(/^Capacity is unavailable/);
    const task = first.tasks?.[0]?.taskArn;
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    await waitForStatus(task, 'STOPPED');
    const again = await run('x', request);
    expect(again.failures).toEqual(first.failures);
    expect(again.tasks).toEqual([
      { taskArn: task, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
    ]);
  });

  it('can be used again after a refused request', async () => {
    const { run } = await startTestEmulator(hollow);
    await expect(run('x', { clientToken: 't', count: 11 })).rejects.toThrow();
    const { tasks } = await run('x', { clientToken: 't' });
    expect(tasks).toHaveLength(1);
  });
});

describe('RunTask', () => {
  const cases: [string, Partial<RunTaskCommandInput>, string, string | RegExp][] = [
    ['more than ten tasks', { count: 11 }, 'InvalidParameterException', /1 and 10/],
    ['fewer than one task', { count: 0 }, 'InvalidParameterException', /1 and 10/],
    [
      'a clientToken of more than 64 characters',
      { clientToken: 'x'.repeat(65) },
      'InvalidParameterException',
      /clientToken/,
    ],
    [
      'startedBy with other characters',
      { startedBy: 'a b;c' },
      'InvalidParameterException',
      /startedBy/,
    ],
    [
      'startedBy of more than 128 characters',
      { startedBy: 'x'.repeat(129) },
      'InvalidParameterException',
      /startedBy/,
    ],
    ['an unknown cluster', { cluster: 'x' }, 'ClusterNotFoundException', 'Cluster not found.'],
    [
      'an unknown task definition',
      { taskDefinition: 'x' },
      'ClientException',
      'TaskDefinition not found.',
    ],
    [
      'an unknown platform version',
      { platformVersion: '9.9' },
      'PlatformUnknownException',
      "The specified platform version doesn't exist.",
    ],
    [
      'a request without a network configuration',
      { networkConfiguration: undefined },
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      'an empty list of subnets',
      { networkConfiguration: { awsvpcConfiguration: { subnets: [] } } },
      'InvalidParameterException',
      'subnets can not be empty.',
    ],
    [
      'a subnet that does not exist',
      { networkConfiguration: { awsvpcConfiguration: { subnets: ['x'] } } },
      'InvalidParameterException',
      /The subnet ID 'x' does not exist \(ErrorCode: InvalidSubnetID.NotFound\)/,
    ],
    [
      'a capacity provider strategy together with a launch type',
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] },
      'InvalidParameterException',
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    ],
    [
      'a capacity provider that is not associated with the cluster',
      {
        launchType: undefined,
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      },
      'InvalidParameterException',
      /^The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster/,
    ],
    [
      'a request without launch type and strategy',
      { launchType: undefined },
      'InvalidParameterException',
      'No Container Instances were found in your cluster.',
    ],
    [
      'an override for an unknown container',
      { overrides: { containerOverrides: [{ name: 'other', command: ['x'] }] } },
      'InvalidParameterException',
      /^Override for container named other is not a container/,
    ],
    [
      'overrides of more than 8192 characters',
      {
        overrides: {
          containerOverrides: [{ name: 'scaler-container', command: ['x'.repeat(8192)] }],
        },
      },
      'InvalidParameterException',
      'Container Overrides length must be at most 8192',
    ],
    [
      'a size that Fargate does not offer',
      { overrides: { cpu: '1024', memory: '1024' } },
      'ClientException',
      /^No Fargate configuration exists for given values/,
    ],
    [
      'a tag key with the prefix aws:',
      { tags: [{ key: 'aws:x', value: '' }] },
      'InvalidParameterException',
      /aws:/,
    ],
    ['propagateTags SERVICE', { propagateTags: 'SERVICE' }, 'InvalidParameterException', /service/],
    [
      'a number in place of a string',
      { startedBy: 7 as never },
      'SerializationException',
      /startedBy/,
    ],
  ];
  it.each(cases)('refuses %s', async (_, request, name, message) => {
    const { run, emulator } = await startTestEmulator(hollow);
    const error = await run('x', request).catch((thrown) => thrown);
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(emulator.ledger().tasks).toEqual([]);
  });

  it('refuses a task definition that is INACTIVE', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'scaler:1' }));
    await expect(run('x', { taskDefinition: 'scaler:1' })).rejects.toThrow(
      'TaskDefinition is inactive',
    );
  });
});

it('places tasks by strategy after the providers are associated, bases first', async () => {
  const { ecs, run } = await startTestEmulator(hollow);
  const strategy = [
    { capacityProvider: 'FARGATE', base: 1, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 2 },
  ];
  await ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster: 'fleet',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [],
    }),
  );
  const { tasks } = await run('x', {
    count: 7,
    launchType: undefined,
    capacityProviderStrategy: strategy,
  });
  const spot = tasks?.filter(({ capacityProviderName }) => capacityProviderName === 'FARGATE_SPOT');
  expect(spot).toHaveLength(4);
});

it('keeps the clusters of one Region unknown in another Region', async () => {
  const { emulator } = await startTestEmulator(hollow);
  const { clientsFor } = await import('./testEmulator.ts');
  const { ecs } = clientsFor(emulator.url, 'eu-west-1');
  const inEurope = ecs.send(
    new RunTaskCommand({
      cluster: 'fleet',
      taskDefinition: 'scaler',
      networkConfiguration: network,
    }),
  );
  await expect(inEurope).rejects.toThrow('Cluster not found.');
  ecs.destroy();
});
