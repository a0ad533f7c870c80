import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeTasks, sightingOf } from '../../../../src/aws/tasks/describeTasks.ts';
import { asOurReason } from '../../../../src/aws/tasks/stopped.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { type Answers, json, startAnswers } from '../answers.ts';
import { arn, eagerCall } from './tasks.ts';

let aws: Answers;
beforeAll(async () => {
  aws = await startAnswers();
});
beforeEach(() => {
  aws.requests = [];
});
afterAll(() => aws.close());

const see = (arns: string[]) =>
  describeTasks(aws.ecs, eagerCall, 'c', silentLog)(arns, new AbortController().signal);

describe('describeTasks', () => {
  it('asks in pages of a hundred, and nothing about nothing', async () => {
    aws.answer = (request, response, body) => {
      const { tasks } = JSON.parse(body) as { tasks: string[] };
      json(200, {
        tasks: tasks.map((taskArn) => ({ taskArn, lastStatus: 'RUNNING', createdAt: 1.5 })),
      })(request, response, body);
    };
    const arns = Array.from({ length: 250 }, (_, i) => arn(i));
    const sightings = await see(arns);
    expect(sightings.map(({ taskArn }) => taskArn)).toEqual(arns);
    expect(sightings[0]).toEqual({
      taskArn: arn(0),
      phase: 'running',
      cause: null,
      detail: null,
      createdAt: 1500,
    });
    expect(aws.requests.map(({ input }) => (input.tasks as string[]).length)).toEqual([
      100, 100, 50,
    ]);
    aws.requests = [];
    const elsewhere = (n: number) => `arn:aws:ecs:eu-west-1:1:task/before/${n}`;
    await see([arn(1), elsewhere(2), arn(3), elsewhere(4)]);
    expect(aws.requests.map(({ input }) => input)).toMatchObject([
      { tasks: [arn(1), arn(3)] },
      { cluster: 'before', tasks: [elsewhere(2), elsewhere(4)] },
    ]);
    aws.requests = [];
    expect(await see([])).toEqual([]);
    expect(aws.requests).toEqual([]);
  });

  it('says what ECS does not know, and nothing about what it would not tell', async () => {
    aws.answer = json(200, {
      tasks: [{ taskArn: arn(1), lastStatus: 'PENDING', desiredStatus: 'RUNNING' }],
      failures: [
        { arn: arn(2), reason: 'MISSING' },
        { arn: arn(3), reason: 'ACCESS_DENIED' },
      ],
    });
    const sightings = await see([arn(1), arn(2), arn(3), arn(4)]);
    expect(sightings.map(({ taskArn, phase }) => [taskArn, phase])).toEqual([
      [arn(1), 'starting'],
      [arn(2), 'missing'],
      [arn(4), 'missing'],
    ]);
  });
});

describe('a sighting', () => {
  it.each([
    ['PROVISIONING', 'RUNNING', 'starting'],
    ['PENDING', 'RUNNING', 'starting'],
    ['ACTIVATING', 'RUNNING', 'starting'],
    [undefined, 'RUNNING', 'starting'],
    ['PROVISIONING', 'STOPPED', 'stopping'],
    ['RUNNING', 'RUNNING', 'running'],
    ['RUNNING', 'STOPPED', 'stopping'],
    ['DEACTIVATING', 'STOPPED', 'stopping'],
    ['DEACTIVATING', 'RUNNING', 'stopping'],
    ['STOPPING', 'STOPPED', 'stopping'],
    ['DEPROVISIONING', 'STOPPED', 'stopping'],
    ['STOPPED', 'STOPPED', 'stopped'],
    ['DELETED', 'STOPPED', 'stopped'],
  ])('of a task that is %s and shall be %s: %s', (lastStatus, desiredStatus, phase) =>
    expect(sightingOf({ taskArn: arn(1), lastStatus, desiredStatus }).phase).toBe(phase),
  );

  it('names the interruption while the task still runs', () =>
    expect(
      sightingOf({
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

  it('names the subnet, and whether that is to blame', () => {
    const stopped = (stoppedReason: string) =>
      sightingOf({
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
    const here = stopped('Timeout waiting for network interface provisioning to complete.');
    expect(here).toMatchObject({ subnet: 'subnet-1', failureReason: 'network' });
    const there = stopped("Unexpected EC2 error while attempting to … in subnet 'subnet-2'");
    expect(there).toMatchObject({ subnet: 'subnet-2', failureReason: 'addresses' });
    expect(stopped('nobody has seen this before')).not.toHaveProperty('blame');
  });

  it('tells a stop of ours from the beginning', () => {
    const task = {
      taskArn: arn(1),
      desiredStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: asOurReason('done'),
    } as const;
    expect(sightingOf({ ...task, lastStatus: 'STOPPING' }).cause).toBe('drained');
    expect(sightingOf({ ...task, lastStatus: 'STOPPED' }).cause).toBe('drained');
  });

  it('names the hand of another at once', () =>
    expect(
      sightingOf({
        taskArn: arn(1),
        lastStatus: 'RUNNING',
        desiredStatus: 'STOPPED',
        stopCode: 'UserInitiated',
        stoppedReason: 'Task stopped by user',
      }).cause,
    ).toBe('stoppedOutside'));
});
