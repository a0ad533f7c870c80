import {
  CreateClusterCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { FaultRules } from '../../../src/emulator/faults.ts';
import { faultTable } from '../../../src/emulator/faultTable.ts';
import { definition, eventually, startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };
const runTaskFault = (fault: unknown, when?: object) => [
  { operation: 'RunTask', do: fault, ...(when ? { when } : {}) },
];

const tested = new Set<string>();
/** Defines the test of one fault and records its name: a test below checks that every fault has one. */
const testFault = (name: string, test: () => Promise<void>) => {
  tested.add(name);
  it(name, test);
};

describe('faults of the HTTP exchange', () => {
  const refused: [string, unknown, object][] = [
    ['throttle', 'throttle', { name: 'ThrottlingException', message: 'Rate exceeded' }],
    [
      'throttleWrapped',
      { throttleWrapped: 'RequestLimitExceeded' },
      {
        name: 'InvalidParameterException',
        message: expect.stringMatching(/Rate exceeded \(ErrorCode: RequestLimitExceeded\)$/),
      },
    ],
    [
      'error',
      { error: { type: 'PlatformUnknownException', message: 'no' } },
      { name: 'PlatformUnknownException', message: 'no' },
    ],
    ['error500Before', 'error500Before', { name: 'ServerException', $fault: 'server' }],
    ['resetBefore', 'resetBefore', { code: 'ECONNRESET' }],
    ['expiredToken', 'expiredToken', { name: 'ExpiredTokenException' }],
    ['accessDenied', 'accessDenied', { name: 'AccessDeniedException' }],
    ['blocked', 'blocked', { name: 'BlockedException' }],
  ];
  for (const [name, fault, expected] of refused)
    testFault(name, async () => {
      const { emulator, run } = await startTestEmulator(hollow);
      emulator.setFaults(runTaskFault(fault, { times: 1 }));
      await expect(run('x')).rejects.toMatchObject(expected);
      expect(emulator.ledger().tasks).toEqual([]);
      await run('x');
    });

  for (const name of ['error500After', 'resetAfter'])
    testFault(name, async () => {
      const { emulator, run } = await startTestEmulator(hollow);
      emulator.setFaults(runTaskFault(name, { times: 1 }));
      const request = { clientToken: 't', count: 2 };
      await expect(run('x', request)).rejects.toThrow();
      const { tasks } = await run('x', request);
      expect(tasks?.map(({ taskArn }) => taskArn)).toEqual(
        emulator.ledger().tasks.map(({ taskArn }) => taskArn),
      );
      expect(emulator.ledger()).toMatchObject({
        calls: { RunTask: 2 },
        executed: { RunTask: 2 },
        replays: 1,
      });
    });

  for (const [name, executed] of [
    ['hang', 0],
    ['hangAfter', 1],
  ] as const)
    testFault(name, async () => {
      const { emulator, run } = await startTestEmulator(hollow);
      emulator.setFaults(runTaskFault(name));
      const outcome = await Promise.race([
        run('x').catch(() => 'closed'),
        eventually(() => emulator.ledger().calls.RunTask === 1 && 'nothing yet'),
      ]);
      expect(outcome).toBe('nothing yet');
      expect(emulator.ledger().tasks).toHaveLength(executed);
    });

  for (const [name, executedAtOnce] of [
    ['delayMs', 0],
    ['answerAfterMs', 1],
  ] as const)
    testFault(name, async () => {
      const { emulator, run } = await startTestEmulator(hollow);
      emulator.setFaults(runTaskFault({ [name]: 250 }));
      const started = performance.now();
      const answer = run('x');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(emulator.ledger().tasks).toHaveLength(executedAtOnce);
      await answer;
      expect(performance.now() - started).toBeGreaterThan(240);
    });

  testFault('rawAnswer', async () => {
    const { emulator, run } = await startTestEmulator(hollow);
    emulator.setFaults(runTaskFault({ rawAnswer: '<html>oops' }));
    await expect(run('x')).rejects.toMatchObject({ name: 'SyntaxError' });
    expect(emulator.ledger().tasks).toHaveLength(1);
  });

  testFault('serviceLinkedRole', async () => {
    const { emulator, ecs } = await startTestEmulator(hollow);
    emulator.setFaults([
      { operation: 'CreateCluster', do: 'serviceLinkedRole', when: { times: 1 } },
    ]);
    const create = () => ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
    await expect(create()).rejects.toThrow(/^Unable to assume the service linked role/);
    await create();
  });

  testFault('roleNotAssumableMs', async () => {
    const { emulator, ecs, iam, run } = await startTestEmulator(hollow);
    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName: 'execution', AssumeRolePolicyDocument: '{}' }),
    );
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        ...definition,
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [...definition.containerDefinitions],
        executionRoleArn: Role?.Arn,
      }),
    );
    emulator.setFaults(runTaskFault({ roleNotAssumableMs: 400 }));
    await expect(run('x')).rejects.toThrow(/^ECS was unable to assume the role 'arn:aws:iam/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await run('x');
  });

  testFault('forgetTokens', async () => {
    const { emulator, ecs, run } = await startTestEmulator(hollow);
    const request = { clientToken: 't' };
    await run('x', request);
    emulator.setFaults([{ operation: 'ListTasks', do: 'forgetTokens' }]);
    await ecs.send(new ListTasksCommand({ cluster: 'fleet' }));
    await run('x', request);
    expect(emulator.ledger().tasks).toHaveLength(2);
  });

  it('give IAM the error codes that IAM uses', async () => {
    const { emulator, iam } = await startTestEmulator(hollow);
    const get = () => iam.send(new GetRoleCommand({ RoleName: 'r' }));
    emulator.setFaults([{ operation: 'GetRole', do: 'throttle', when: { times: 1 } }]);
    await expect(get()).rejects.toMatchObject({ name: 'Throttling' });
    emulator.setFaults([{ operation: 'GetRole', do: 'error500Before', when: { times: 1 } }]);
    await expect(get()).rejects.toMatchObject({ name: 'ServiceFailureException' });
    emulator.setFaults([{ operation: 'GetRole', do: 'accessDenied', when: { times: 1 } }]);
    await expect(get()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/iam:GetRole/),
    });
    emulator.setFaults([{ operation: 'GetRole', do: 'expiredToken', when: { times: 1 } }]);
    await expect(get()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });
});

describe('faults in the answer of RunTask', () => {
  testFault('partialFailures', async () => {
    const { emulator, run } = await startTestEmulator(hollow);
    emulator.setFaults(runTaskFault({ partialFailures: { started: 2, reason: 'RESOURCE:ENI' } }));
    const { tasks, failures } = await run('x', { count: 5 });
    expect(tasks).toHaveLength(2);
    expect(failures).toEqual(Array(3).fill({ reason: 'RESOURCE:ENI' }));
  });

  testFault('ghostFailures', async () => {
    const { emulator, run } = await startTestEmulator(hollow);
    emulator.setFaults(runTaskFault({ ghostFailures: 1 }));
    const { tasks, failures } = await run('x', { count: 3 });
    expect([tasks?.length, failures?.length]).toEqual([1, 2]);
    expect(emulator.ledger().tasks).toHaveLength(3);
  });

  testFault('spotCapacity', async () => {
    const { emulator, ecs, run } = await startTestEmulator(hollow);
    await ecs.send(
      new PutClusterCapacityProvidersCommand({
        cluster: 'fleet',
        capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        defaultCapacityProviderStrategy: [],
      }),
    );
    emulator.setFaults(runTaskFault('spotCapacity'));
    const by = async (capacityProvider: string) =>
      run('x', {
        launchType: undefined,
        capacityProviderStrategy: [{ capacityProvider, weight: 1 }],
      });
    expect((await by('FARGATE_SPOT')).failures?.[0]?.reason).toMatch(/^Capacity is unavailable/);
    expect((await by('FARGATE')).tasks).toHaveLength(1);
  });

  testFault('vcpuQuota', async () => {
    const { emulator, ecs, run, waitForStatus } = await startTestEmulator(hollow);
    emulator.setFaults(runTaskFault({ vcpuQuota: 2 }));
    const { tasks, failures } = await run('x', { count: 3 });
    expect(tasks).toHaveLength(2);
    expect(failures?.[0]?.reason).toBe(
      'You’ve reached the limit on the number of vCPUs you can run concurrently',
    );
    const task = tasks?.[0]?.taskArn;
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    await waitForStatus(task, 'STOPPED');
    expect((await run('x')).tasks).toHaveLength(1);
  });

  testFault('taskQuota', async () => {
    const { emulator, run } = await startTestEmulator(hollow);
    emulator.setFaults(runTaskFault({ taskQuota: 1 }));
    const { tasks, failures } = await run('x', { count: 2 });
    expect(tasks).toHaveLength(1);
    expect(failures?.[0]?.reason).toMatch(/number of tasks you can run/);
  });
});

describe('faults in the lifecycle of a task', () => {
  const launched = async (fault: unknown, options = hollow as object) => {
    const world = await startTestEmulator(options);
    world.emulator.setFaults(runTaskFault(fault));
    const { tasks } = await world.run('exec sleep 60', { startedBy: 'me' });
    return { ...world, arn: tasks?.[0]?.taskArn };
  };

  testFault('missingMs', async () => {
    const { arn, describeTask } = await launched({ missingMs: 60_000 });
    await expect(describeTask(arn)).rejects.toThrow('MISSING');
  });

  testFault('startDelayMs', async () => {
    const { arn, waitForStatus } = await launched({ startDelayMs: 150 });
    const task = await waitForStatus(arn, 'RUNNING');
    expect(Number(task.startedAt) - Number(task.createdAt)).toBeGreaterThanOrEqual(149);
  });

  for (const [name, status] of [
    ['stuckProvisioning', 'PROVISIONING'],
    ['stuckPending', 'PENDING'],
  ] as const)
    testFault(name, async () => {
      const { ecs, arn, waitForStatus, describeTask } = await launched(name);
      await waitForStatus(arn, status);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((await describeTask(arn)).lastStatus).toBe(status);
      await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: arn }));
      await waitForStatus(arn, 'STOPPED');
    });

  testFault('startFailure', async () => {
    for (const reason of [
      undefined,
      'CannotPullContainerError: pull image manifest has been retried 7 time(s)',
    ]) {
      const fault = reason === undefined ? 'startFailure' : { startFailure: reason };
      const { arn, waitForStatus } = await launched(fault);
      const task = await waitForStatus(arn, 'STOPPED');
      expect(task).toMatchObject({
        stopCode: 'TaskFailedToStart',
        stoppedReason: reason ?? 'Timeout waiting for network interface provisioning to complete.',
      });
      expect(task.startedAt).toBeUndefined();
      expect(task.connectivity).toBe(reason && 'CONNECTED');
      expect(task.containers?.[0]?.exitCode).toBeUndefined();
    }
  });

  testFault('slowStop', async () => {
    const { ecs, arn, waitForStatus } = await launched({ slowStop: 200 });
    await waitForStatus(arn, 'RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: arn }));
    const task = await waitForStatus(arn, 'STOPPED');
    expect(Number(task.stoppedAt) - Number(task.stoppingAt)).toBeGreaterThanOrEqual(198);
  });

  testFault('noProcess', async () => {
    const { arn, waitForStatus, emulator } = await launched('noProcess', {});
    await waitForStatus(arn, 'RUNNING');
    expect(emulator.ledger().tasks[0]?.exitCode).toBeNull();
  });

  testFault('exit', async () => {
    const { arn, waitForStatus } = await launched({ exit: { afterMs: 50, code: 4 } }, {});
    const task = await waitForStatus(arn, 'STOPPED');
    expect(task.stopCode).toBe('EssentialContainerExited');
    expect(task.containers?.[0]?.exitCode).toBe(4);
  });

  testFault('oom', async () => {
    const { arn, waitForStatus } = await launched('oom', {});
    const task = await waitForStatus(arn, 'STOPPED');
    expect(task.containers?.[0]).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
  });

  testFault('spotReclaim', async () => {
    const { arn, waitForTask, waitForStatus } = await launched({ spotReclaim: { noticeMs: 300 } });
    const warned = await waitForTask(arn, ({ desiredStatus }) => desiredStatus === 'STOPPED');
    expect(warned.lastStatus).toBe('RUNNING');
    const task = await waitForStatus(arn, 'STOPPED');
    expect(task).toMatchObject({
      stopCode: 'SpotInterruption',
      stoppedReason: 'Your Spot Task was interrupted.',
    });
    expect(Number(task.stoppedAt) - Number(task.stoppingAt)).toBeGreaterThanOrEqual(299);
  });

  it('spotReclaim sends SIGTERM at once, and StopTask ends the notice period', async () => {
    const { arn, waitForStatus } = await launched({ spotReclaim: { afterMs: 100 } }, {});
    expect((await waitForStatus(arn, 'STOPPED')).containers?.[0]?.exitCode).toBe(143);
    const other = await launched('spotReclaim');
    await other.waitForTask(other.arn, ({ desiredStatus }) => desiredStatus === 'STOPPED');
    await other.ecs.send(new StopTaskCommand({ cluster: 'fleet', task: other.arn }));
    expect((await other.waitForStatus(other.arn, 'STOPPED')).stopCode).toBe('SpotInterruption');
  });

  testFault('maintenance', async () => {
    const { arn, waitForStatus } = await launched('maintenance');
    const task = await waitForStatus(arn, 'STOPPED');
    expect(task.stoppedReason).toMatch(/^ECS is performing maintenance/);
  });

  testFault('vanish', async () => {
    const { emulator, arn, describeTask } = await launched('vanish');
    await eventually(() => emulator.ledger().tasks[0]?.forgotten);
    await expect(describeTask(arn)).rejects.toThrow('MISSING');
  });

  it('apply to running tasks through the admin endpoint, except faults of the exchange', async () => {
    const { admin, run, waitForStatus } = await startTestEmulator(hollow);
    const { tasks } = await run('x', { count: 3, startedBy: 'me' });
    await run('x', { startedBy: 'you' });
    for (const { taskArn } of tasks ?? []) await waitForStatus(taskArn, 'RUNNING');
    const { body } = await admin('POST', 'strike', { startedBy: 'me', count: 2, do: 'oom' });
    expect(body).toEqual({ struck: tasks?.slice(0, 2).map(({ taskArn }) => taskArn) });
    await waitForStatus(tasks?.[0]?.taskArn, 'STOPPED');
    const refused = await admin('POST', 'strike', { do: 'throttle' });
    expect(refused).toMatchObject({ status: 400 });
  });
});

describe('fault rules', () => {
  it('apply from the nth matching call on, to at most `times` calls, of one startedBy or subnet', async () => {
    const { emulator, run } = await startTestEmulator(hollow);
    const fates = async (when: object, startedBy = 'me') => {
      emulator.setFaults(runTaskFault('throttle', when));
      const seen: number[] = [];
      for (let call = 1; call <= 6; call++)
        await run('x', { startedBy }).catch(() => seen.push(call));
      return seen;
    };
    expect(await fates({ nth: 2 })).toEqual([2]);
    expect(await fates({ nth: 2, times: 3 })).toEqual([2, 3, 4]);
    expect(await fates({ times: 2 })).toEqual([1, 2]);
    expect(await fates({ startedBy: 'you' })).toEqual([]);
    expect(await fates({ startedBy: 'me', times: 1 })).toEqual([1]);
    expect(await fates({ subnet: 'subnet-1', times: 1 })).toEqual([1]);
    expect(await fates({ subnet: 'subnet-2', times: 1 })).toEqual([]);
    const drawn = await fates({ chance: 0.5 });
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.length).toBeLessThan(6);
    expect(await fates({ chance: 0.5 })).toEqual(drawn);
  });

  it('match the startedBy of a named task, and the label of a launch', async () => {
    const { emulator, ecs, run } = await startTestEmulator(hollow);
    const { tasks } = await run('x', { startedBy: 'me' });
    const stop = () =>
      ecs.send(new StopTaskCommand({ cluster: 'fleet', task: tasks?.[0]?.taskArn }));
    emulator.setFaults([
      { operation: 'StopTask', when: { startedBy: 'me', times: 1 }, do: 'throttle' },
      { operation: 'RunTask', when: { label: 'launch-2' }, do: 'blocked' },
    ]);
    await expect(stop()).rejects.toThrow('Rate exceeded');
    await stop();
    await run('x', {}, { SCALER_ECS_LAUNCH: 'launch-1' });
    await expect(run('x', {}, { SCALER_ECS_LAUNCH: 'launch-2' })).rejects.toThrow(/blocked/);
    expect(emulator.ledger().tasks.at(-1)?.label).toBe('launch-1');
  });

  it('are set, read with their counters, and removed through the admin endpoint', async () => {
    const { admin, run } = await startTestEmulator(hollow);
    const rule = { operation: 'RunTask', when: { times: 1 }, do: { delayMs: 1 } };
    await admin('PUT', 'faults', { rules: [rule] });
    await run('x');
    await run('x');
    expect((await admin('GET', 'faults')).body).toEqual({
      rules: [{ ...rule, seen: 2, struck: 1 }],
    });
    expect((await admin('DELETE', 'faults')).body).toEqual({ rules: [] });
    expect((await admin('GET', 'nothing')).status).toBe(404);
    expect((await admin('GET', 'ledger')).body).toMatchObject({ calls: { RunTask: 2 } });
  });

  it.each([
    [7, /list/],
    [[7], /rule 1 is not an object/],
    [[{ do: 'throttle' }], /rule 1: operation is missing/],
    [[{ operation: '*', do: 'throtle' }], /rule 1: unknown fault throtle; known faults: throttle /],
    [[{ operation: '*', do: 'constructor' }], /unknown fault constructor/],
    [[{ operation: '*', do: { a: 1, b: 2 } }], /the name of one fault/],
    [[{ operation: '*', do: { delayMs: 'x' } }], /rule 1: delayMs needs a number/],
    [[{ operation: '*', do: { exit: { code: 'x' } } }], /rule 1: exit needs code as a number/],
    [[{ operation: '*', do: { exit: { cod: 1 } } }], /rule 1: exit has no parameter cod/],
    [[{ operation: '*', do: 'throttle', wen: {} }], /unknown member wen/],
    [[{ operation: '*', do: 'throttle', when: { nht: 1 } }], /unknown member nht/],
  ])('are refused when invalid: %j', (rules, message) => {
    expect(() => new FaultRules().put(rules)).toThrow(message);
  });

  it('have a test for every fault of the fault table', () => {
    expect([...tested].sort()).toEqual(Object.keys(faultTable).sort());
  });
});
