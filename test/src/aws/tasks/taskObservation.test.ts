import { describe, expect, it } from 'vitest';
import { ownStopReason } from '../../../../src/aws/tasks/stopReason.ts';
import { observationOf } from '../../../../src/aws/tasks/taskObservation.ts';
import { arn } from './eagerCall.ts';

describe('observationOf', () => {
  it.each([
    ['PROVISIONING', 'RUNNING', 'starting'],
    ['PENDING', 'RUNNING', 'starting'],
    ['ACTIVATING', 'RUNNING', 'starting'],
    ['PROVISIONING', 'STOPPED', 'stopping'],
    ['RUNNING', 'RUNNING', 'running'],
    ['RUNNING', 'STOPPED', 'stopping'],
    ['DEACTIVATING', 'STOPPED', 'stopping'],
    ['DEACTIVATING', 'RUNNING', 'stopping'],
    ['STOPPING', 'STOPPED', 'stopping'],
    ['DEPROVISIONING', 'STOPPED', 'stopping'],
    ['STOPPED', 'STOPPED', 'stopped'],
    ['DELETED', 'STOPPED', 'stopped'],
  ])('gives lastStatus %s and desiredStatus %s the phase %s', (lastStatus, desiredStatus, phase) =>
    expect(observationOf({ taskArn: arn(1), lastStatus, desiredStatus })?.phase).toBe(phase),
  );

  it.each([undefined, '', 'FOO'])('is nothing for the unknown lastStatus %s', (lastStatus) => {
    expect(observationOf({ taskArn: arn(1), lastStatus, desiredStatus: 'RUNNING' })).toBeNull();
    const stopping = { taskArn: arn(1), lastStatus, desiredStatus: 'STOPPED' };
    expect(observationOf(stopping)?.phase).toBe('stopping');
  });

  it.each([
    ['DEPROVISIONING', undefined, true],
    ['STOPPING', new Date(5000), true],
    ['STOPPING', undefined, undefined],
    ['RUNNING', undefined, undefined],
    ['STOPPED', new Date(5000), undefined],
  ])(
    'knows of lastStatus %s, executionStoppedAt %s whether the container has ended',
    (lastStatus, executionStoppedAt, expected) => {
      const task = { taskArn: arn(1), lastStatus, desiredStatus: 'STOPPED', executionStoppedAt };
      expect(observationOf(task)?.executionStopped).toBe(expected);
    },
  );

  const running = { taskArn: arn(1), lastStatus: 'RUNNING', desiredStatus: 'RUNNING' };

  it('reports of a running task what ECS says, and nothing else', () => {
    expect(observationOf(running)).toStrictEqual({
      ...{ taskArn: arn(1), phase: 'running', cause: null, detail: null, createdAt: null },
    });
    const times = { createdAt: new Date(1000), startedAt: new Date(2000) };
    expect(observationOf({ ...running, ...times })).toStrictEqual({
      ...{ taskArn: arn(1), phase: 'running', cause: null, detail: null },
      ...{ createdAt: 1000, startedAt: 2000 },
    });
    const type = 'ElasticNetworkInterface';
    for (const attachments of [[], [{ type: 'other' }], [{ type }], [{ type, details: [] }]])
      expect(observationOf({ ...running, attachments })).not.toHaveProperty('subnet');
  });

  it.each([
    [{ capacityProviderName: 'FARGATE_SPOT' }, 'spot'],
    [{ capacityProviderName: 'FARGATE' }, 'onDemand'],
    [{ launchType: 'FARGATE' as const }, 'onDemand'],
    [{}, undefined],
  ])('reports the market of %j: %s', (given, market) => {
    expect(observationOf({ ...running, ...given })?.market).toBe(market);
  });

  it('reports how long a stopped task has lived, where ECS says both times', () => {
    const times = { createdAt: new Date(1000), stoppedAt: new Date(61_000) };
    const stopped = { taskArn: arn(1), lastStatus: 'STOPPED', desiredStatus: 'STOPPED' };
    expect(observationOf({ ...stopped, ...times })?.livedMs).toBe(60_000);
    const { createdAt, stoppedAt } = times;
    for (const one of [{ createdAt }, { stoppedAt }, {}])
      expect(observationOf({ ...stopped, ...one })).not.toHaveProperty('livedMs');
    expect(observationOf({ ...running, ...times })).not.toHaveProperty('livedMs');
  });

  it('reports the cause of a Spot interruption while the task is still RUNNING', () =>
    expect(
      observationOf({
        taskArn: arn(1),
        lastStatus: 'RUNNING',
        desiredStatus: 'STOPPED',
        stopCode: 'SpotInterruption',
        stoppedReason: 'Your Spot Task was interrupted.',
      }),
    ).toMatchObject({
      phase: 'stopping',
      cause: 'interrupted',
      detail: 'SpotInterruption; Your Spot Task was interrupted.',
    }));

  describe('of a task that failed to start', () => {
    const stopped = (stoppedReason: string) =>
      observationOf({
        ...{ taskArn: arn(1), lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
        ...{ stopCode: 'TaskFailedToStart', stoppedReason },
        attachments: [
          { type: 'elb', details: [{ name: 'subnetId', value: 'subnet-9' }] },
          {
            type: 'ElasticNetworkInterface',
            details: [
              { name: 'macAddress', value: '0a:00' },
              { name: 'subnetId', value: 'subnet-1' },
            ],
          },
        ],
      });

    it('reports the subnet of its network interface', () => {
      const reason = 'Timeout waiting for network interface provisioning to complete.';
      expect(stopped(reason)).toMatchObject({ subnet: 'subnet-1', failureReason: 'network' });
    });

    it('reports the subnet that the reason names rather than that of the interface', () => {
      const reason = "Unexpected EC2 error while attempting to … in subnet 'subnet-2'";
      expect(stopped(reason)).toMatchObject({ subnet: 'subnet-2', failureReason: 'addresses' });
    });

    it('has no failureReason for an unknown reason', () => {
      expect(stopped('an unknown reason')).not.toHaveProperty('failureReason');
    });
  });

  it('has no cause while the task is stopping and ECS has given no reason', () => {
    const task = { taskArn: arn(1), lastStatus: 'RUNNING', desiredStatus: 'STOPPED' };
    expect(observationOf(task)).toMatchObject({ phase: 'stopping', cause: null, detail: null });
    expect(observationOf({ ...task, lastStatus: 'STOPPED' })?.cause).toBe('lost');
  });

  it('reports our own StopTask as the cause while the task is stopping and after', () => {
    const task = {
      taskArn: arn(1),
      desiredStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: ownStopReason('done'),
    } as const;
    expect(observationOf({ ...task, lastStatus: 'STOPPING' })?.cause).toBe('drained');
    expect(observationOf({ ...task, lastStatus: 'STOPPED' })?.cause).toBe('drained');
  });

  it('reports a StopTask from outside while the task is still RUNNING', () =>
    expect(
      observationOf({
        taskArn: arn(1),
        lastStatus: 'RUNNING',
        desiredStatus: 'STOPPED',
        stopCode: 'UserInitiated',
        stoppedReason: 'Task stopped by user',
      })?.cause,
    ).toBe('stoppedOutside'));
});
