import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCaller } from '../../src/aws/caller.ts';
import { bootstrap } from '../../src/aws/ensure/bootstrap.ts';
import { createIamClient } from '../../src/aws/iamClient.ts';
import { describeTasks } from '../../src/aws/tasks/describeTasks.ts';
import { listTasks } from '../../src/aws/tasks/listTasks.ts';
import { runTask } from '../../src/aws/tasks/runTask.ts';
import { stopTask } from '../../src/aws/tasks/stopTask.ts';
import { Failure } from '../../src/shared/failure.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRandom } from '../simulation/random.ts';
import { type AwsServer, credentials, startAwsServer } from '../src/aws/awsServer.ts';
import { mutated } from '../support/mutations.ts';

const cluster = 'scaler-cluster';
const tag = 'se-tag';
const arn = (n: number) =>
  `arn:aws:ecs:us-east-1:123456789012:task/${cluster}/${n}`.padEnd(90, '0');
const revision = 'arn:aws:ecs:us-east-1:123456789012:task-definition/family:1';
const order = {
  label: 'l-1',
  clientToken: 'se-l-1',
  count: 3,
  revision,
  market: 'onDemand' as const,
};

const task = (n: number) => ({
  taskArn: arn(n),
  lastStatus: n === 2 ? 'STOPPED' : 'RUNNING',
  desiredStatus: n === 2 ? 'STOPPED' : 'RUNNING',
  startedBy: tag,
  createdAt: 1.7e9 + n,
  ...(n === 2 && { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container' }),
  containers: [{ name: 'scaler-container', exitCode: 1, reason: 'OutOfMemoryError' }],
  overrides: {
    containerOverrides: [
      {
        name: 'scaler-container',
        environment: [
          { name: 'COMMAND', value: 'exec scaler_worker_manager baremetal_native tcp://h:1' },
          { name: 'SCALER_ECS_LAUNCH', value: 'l-1' },
        ],
      },
    ],
  },
});

/** What AWS says when all is well. */
const sane: Record<string, object> = {
  RunTask: { tasks: [task(1), task(3)], failures: [{ reason: 'RESOURCE:MEMORY', detail: 'no' }] },
  DescribeTasks: { tasks: [task(1), task(2)], failures: [{ arn: arn(3), reason: 'MISSING' }] },
  ListTasks: { taskArns: [arn(1), arn(2), arn(3)] },
  StopTask: { task: task(2) },
  DescribeClusters: { clusters: [{ clusterName: cluster, status: 'ACTIVE' }], failures: [] },
  DescribeTaskDefinition: {
    taskDefinition: {
      taskDefinitionArn: revision,
      family: 'family',
      revision: 1,
      cpu: '1024',
      memory: '2048',
      executionRoleArn: 'arn:aws:iam::123456789012:role/other',
      containerDefinitions: [{ name: 'scaler-container', image: 'image', memory: 2048 }],
    },
    tags: [{ key: 'k', value: 'v' }],
  },
  RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: revision } },
};

let aws: AwsServer;
/** Operations whose answers are bent now. */
let bent: string[] = [];
const random = createRandom(7, 'answers of AWS');
const signal = new AbortController().signal;

beforeAll(async () => {
  aws = await startAwsServer();
  aws.answer = ({ headers }, response) => {
    const operation = String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const text = JSON.stringify(sane[operation] ?? {});
    const body = bent.includes(operation) ? mutated(text, random) : text;
    const status = bent.includes(operation) && random.chance(0.15) ? random.pick([400, 500]) : 200;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
  };
});
afterAll(() => aws.close());

let time = 1e12;
const clock = {
  now: () => time,
  async sleep(ms: number) {
    time += ms;
  },
};
const call = createCaller({
  limiter: { acquire: async () => {}, throttled() {} },
  clock,
  log: silentLog,
  retryTimeoutMs: 1000,
  attemptTimeoutMs: Number.POSITIVE_INFINITY,
});

/** What it resolved to, or the name and kind of what it failed with; anything but a Failure of ours is thrown on. */
const outcome = async <T>(work: Promise<T>): Promise<T | Failure> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure && error.kind !== 'bug') return error;
    throw error;
  }
};

const text = expect.any(String);
const rounds = Array.from({ length: 200 }, (_, i) => i);
const phases = ['starting', 'running', 'stopping', 'stopped', 'missing'];

describe('with mutated answers of AWS', () => {
  it('runTask returns a well-formed answer or throws a classified failure', async () => {
    bent = ['RunTask'];
    const template = { request: () => ({ taskDefinition: revision, clientToken: 'x' }) };
    for (const _ of rounds) {
      const got = await outcome(runTask(aws.ecs, call, template)(order, signal));
      if (got instanceof Failure) continue;
      for (const one of got.taskArns) expect(one).toMatch(/^arn:/);
      for (const refusal of got.refusals)
        expect(refusal).toMatchObject({ kind: text, reason: text });
    }
  }, 60_000);

  it('describeTasks reports only tasks that were asked for', async () => {
    bent = ['DescribeTasks'];
    const asked = [arn(1), arn(2), arn(3)];
    for (const _ of rounds) {
      const got = await describeTasks(aws.ecs, call, cluster)(asked, signal);
      const failed = got.failures.flatMap(({ taskArns }) => taskArns);
      const seen = got.observations.map(({ taskArn }) => taskArn);
      expect([...new Set([...failed, ...seen])].sort()).toEqual(asked);
      // One of an unknown status is in both, and no other.
      const both = seen.filter((taskArn) => failed.includes(taskArn));
      const unknown = got.observations.filter(({ phase }) => phase === 'unknown');
      expect(both).toEqual(unknown.map(({ taskArn }) => taskArn));
      for (const { taskArn, phase, cause, detail, createdAt } of got.observations) {
        expect([...phases, 'unknown']).toContain(phase);
        expect(asked).toContain(taskArn);
        expect([null, 'string']).toContain(cause === null ? null : typeof cause);
        expect([null, 'string']).toContain(detail === null ? null : typeof detail);
        expect(createdAt === null || Number.isFinite(createdAt)).toBe(true);
      }
    }
  }, 60_000);

  it('listOurs returns only tasks with our ownership tag', async () => {
    bent = ['ListTasks', 'DescribeTasks'];
    for (const _ of rounds) {
      const got = await outcome(listTasks(aws.ecs, call, cluster, clock, silentLog)(tag, signal));
      if (got instanceof Failure) continue;
      for (const found of got.tasks) {
        expect(found).toMatchObject({ taskArn: text, startedBy: tag });
        expect(phases).toContain(found.phase);
        expect(found.label === null || /^[\w-]{1,64}$/.test(found.label)).toBe(true);
      }
    }
  }, 60_000);

  it('stopTask always settles', async () => {
    bent = ['StopTask'];
    for (const _ of rounds) await outcome(stopTask(aws.ecs, call, cluster)(arn(1), 'why', signal));
  }, 60_000);

  it('bootstrap returns a revision or throws a classified failure', async () => {
    bent = [
      'DescribeClusters',
      'DescribeTaskDefinition',
      'RegisterTaskDefinition',
      'CreateCluster',
    ];
    const iam = createIamClient({ region: 'us-east-1', endpoint: aws.url, credentials });
    const settings = { cluster, family: 'family', image: 'image', cpu: 1, memoryGb: 2 };
    for (const _ of rounds) {
      const tools = { ecs: aws.ecs, iam, call, clock, log: silentLog };
      const got = await outcome(bootstrap(settings, tools, signal));
      if (!(got instanceof Failure)) expect(got.revision).toMatch(/^arn:/);
    }
  }, 60_000);
});
