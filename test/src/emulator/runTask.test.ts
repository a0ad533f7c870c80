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
  it('answers with tasks that are on their way', async () => {
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

  it('shows every stage of a life, with its timestamps in order', async () => {
    const { ecs, run, until } = await startTestEmulator({
      ...hollow,
      startDelayMs: 400,
      stopDelayMs: 400,
    });
    const { tasks } = await run('x');
    const arn = tasks?.[0]?.taskArn;
    const seen: string[] = [];
    let version = 0;
    const watch = (status: string) =>
      until(arn, (task) => {
        if (seen.at(-1) !== task.lastStatus) seen.push(String(task.lastStatus));
        expect(Number(task.version)).toBeGreaterThanOrEqual(version);
        version = Number(task.version);
        return task.lastStatus === status;
      });
    const running = await watch('RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: arn, reason: 'enough' }));
    const stopped = await watch('STOPPED');
    expect(seen).toEqual([
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

  it('stops a task that never ran without an exit code', async () => {
    const {
      ecs,
      run,
      reach,
      describe: look,
    } = await startTestEmulator({
      ...hollow,
      startDelayMs: 150,
    });
    const { tasks } = await run('x');
    const task = tasks?.[0]?.taskArn;
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    const stopped = await reach(task, 'STOPPED');
    expect(stopped.stopCode).toBe('UserInitiated');
    expect(stopped.startedAt).toBeUndefined();
    expect(stopped.containers?.[0]?.exitCode).toBeUndefined();
    // Nor does it come up when its start would have been due.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await look(task)).toEqual(stopped);
  });
});

describe('clientToken', () => {
  it('repeats the result for the same request and starts nothing', async () => {
    const { run, emulator } = await startTestEmulator(hollow);
    const request = { count: 2, clientToken: 'token-1' };
    const first = await run('x', request);
    const again = await run('x', request);
    const arns = (answer: typeof first) => answer.tasks?.map(({ taskArn }) => taskArn);
    expect(arns(again)).toEqual(arns(first));
    expect(emulator.ledger().tasks).toHaveLength(2);
    expect(emulator.ledger().replays).toBe(1);
  });

  it('refuses another request and names the tasks the token has bought', async () => {
    const { run, emulator } = await startTestEmulator(hollow);
    const first = await run('x', { clientToken: 't' });
    const other = await run('y', { clientToken: 't' }).catch((error) => error);
    expect(other).toBeInstanceOf(ConflictException);
    expect(other.resourceIds).toEqual([first.tasks?.[0]?.taskArn]);
    expect(emulator.ledger().tasks).toHaveLength(1);
  });

  it('counts for its own cluster only', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    await ecs.send(new CreateClusterCommand({ clusterName: 'other' }));
    const first = await run('x', { clientToken: 't' });
    const second = await run('x', { clientToken: 't', cluster: 'other' });
    expect(second.tasks?.[0]?.taskArn).not.toBe(first.tasks?.[0]?.taskArn);
  });

  it('repeats failures, and of a stopped task only its ARN and states', async () => {
    const { ecs, emulator, run, reach } = await startTestEmulator(hollow);
    emulator.setFaults([{ operation: 'RunTask', do: { partialFailures: 1 }, when: { times: 1 } }]);
    const request = { count: 2, clientToken: 't', startedBy: 'me' };
    const first = await run('x', request);
    expect(first.tasks).toHaveLength(1);
    expect(first.failures?.[0]?.reason).toMatch(/^Capacity is unavailable/);
    const task = first.tasks?.[0]?.taskArn;
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    await reach(task, 'STOPPED');
    const again = await run('x', request);
    expect(again.failures).toEqual(first.failures);
    expect(again.tasks).toEqual([
      { taskArn: task, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
    ]);
  });

  it('is not used up by a request that was refused', async () => {
    const { run } = await startTestEmulator(hollow);
    await expect(run('x', { clientToken: 't', count: 11 })).rejects.toThrow();
    const { tasks } = await run('x', { clientToken: 't' });
    expect(tasks).toHaveLength(1);
  });
});

describe('what RunTask refuses', () => {
  const cases: [string, Partial<RunTaskCommandInput>, string, string | RegExp][] = [
    ['eleven tasks', { count: 11 }, 'InvalidParameterException', /1 and 10/],
    ['no tasks', { count: 0 }, 'InvalidParameterException', /1 and 10/],
    ['a long token', { clientToken: 'x'.repeat(65) }, 'InvalidParameterException', /clientToken/],
    ['odd marks', { startedBy: 'a b;c' }, 'InvalidParameterException', /startedBy/],
    ['long marks', { startedBy: 'x'.repeat(129) }, 'InvalidParameterException', /startedBy/],
    ['no such cluster', { cluster: 'x' }, 'ClusterNotFoundException', 'Cluster not found.'],
    ['no definition', { taskDefinition: 'x' }, 'ClientException', 'TaskDefinition not found.'],
    [
      'no such platform',
      { platformVersion: '9.9' },
      'PlatformUnknownException',
      "The specified platform version doesn't exist.",
    ],
    [
      'no network',
      { networkConfiguration: undefined },
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      'no subnets',
      { networkConfiguration: { awsvpcConfiguration: { subnets: [] } } },
      'InvalidParameterException',
      'subnets can not be empty.',
    ],
    [
      'an impossible subnet',
      { networkConfiguration: { awsvpcConfiguration: { subnets: ['x'] } } },
      'InvalidParameterException',
      /The subnet ID 'x' does not exist \(ErrorCode: InvalidSubnetID.NotFound\)/,
    ],
    [
      'a strategy beside a launch type',
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] },
      'InvalidParameterException',
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    ],
    [
      'a provider without association',
      {
        launchType: undefined,
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      },
      'InvalidParameterException',
      /^The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster/,
    ],
    [
      'no launch type at all',
      { launchType: undefined },
      'InvalidParameterException',
      'No Container Instances were found in your cluster.',
    ],
    [
      'a container nobody defined',
      { overrides: { containerOverrides: [{ name: 'other', command: ['x'] }] } },
      'InvalidParameterException',
      /^Override for container named other is not a container/,
    ],
    [
      'overrides beyond 8192 characters',
      {
        overrides: {
          containerOverrides: [{ name: 'scaler-container', command: ['x'.repeat(8192)] }],
        },
      },
      'InvalidParameterException',
      'Container Overrides length must be at most 8192',
    ],
    [
      'a size Fargate has not',
      { overrides: { cpu: '1024', memory: '1024' } },
      'ClientException',
      /^No Fargate configuration exists for given values/,
    ],
    ['tags of aws', { tags: [{ key: 'aws:x', value: '' }] }, 'InvalidParameterException', /aws:/],
    ['service tags', { propagateTags: 'SERVICE' }, 'InvalidParameterException', /service/],
    ['a number for a text', { startedBy: 7 as never }, 'SerializationException', /startedBy/],
  ];
  it.each(cases)('%s', async (_, request, name, message) => {
    const { run, emulator } = await startTestEmulator(hollow);
    const error = await run('x', request).catch((thrown) => thrown);
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(emulator.ledger().tasks).toEqual([]);
  });

  it('an inactive definition', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'scaler:1' }));
    await expect(run('x', { taskDefinition: 'scaler:1' })).rejects.toThrow(
      'TaskDefinition is inactive',
    );
  });
});

it('places by strategy once the providers are associated, bases first', async () => {
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

it('keeps Regions apart', async () => {
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
