import { Agent, request } from 'node:http';
import type { Bench } from '../bench.ts';
import { cpuMeter } from '../stage.ts';

interface Target {
  url: string;
  accessKey: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 });

function ask<Answer>(
  { url, accessKey }: Target,
  operation: string,
  input: object,
): Promise<Answer> {
  const scope = `${accessKey}/20260101/us-east-1/ecs/aws4_request`;
  const headers = {
    'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
    'content-type': 'application/x-amz-json-1.1',
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${operation}: ${response.statusCode} ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(input));
  });
}

const container = { name: 'scaler-container', image: 'x', essential: true };
const definition = {
  ...{ family: 'f', cpu: '1024', memory: '2048', networkMode: 'awsvpc' },
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
  containerDefinitions: [container],
};
const launchOf = (i: number) => ({
  ...{ cluster: 'c', taskDefinition: 'f', launchType: 'FARGATE', count: 10 },
  ...{ clientToken: `t${i}`, startedBy: 'se-bench' },
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
});

const slow = 'the machine is slow, or the emulator: then it has a part in what the other rows show';

/**
 * What the emulator alone needs for the calls that the other benches make: it must not be what is slow. Each goal times
 * the calls of a row is a third of the goal of that row, or less: 100 RunTask of launch-free.time, 1,000 of large.launch;
 * 100 DescribeTasks of large.intact, 100 ListTasks of large.lost, 1,000 StopTask of shrink.time.
 */
export const emulator: Bench = {
  name: 'emulator',
  what: 'the emulator alone, asked by a client that does nothing else',
  originalRounds: 0,
  rows: [
    {
      id: 'emulator.runTask',
      what: 'CPU time of a RunTask of ten',
      unit: 'ms',
      goal: 2,
      why: slow,
    },
    {
      ...{ id: 'emulator.describe', unit: 'ms', goal: 5, why: slow },
      what: 'CPU time of a DescribeTasks of a hundred',
    },
    {
      ...{ id: 'emulator.listTasks', unit: 'ms', goal: 5, why: slow },
      what: 'CPU time of a ListTasks of a hundred, of 2,000',
    },
    { id: 'emulator.stopTask', what: 'CPU time of a StopTask', unit: 'ms', goal: 2, why: slow },
  ],
  async run(stage) {
    const target = await stage.emulator();
    await ask(target, 'CreateCluster', { clusterName: 'c' });
    await ask(target, 'RegisterTaskDefinition', definition);
    /** Makes calls, and tells what each has cost the emulator, ms. */
    const costOf = async <Answer>(calls: (() => Promise<Answer>)[]) => {
      const cpu = cpuMeter(target.pid);
      const answers = await Promise.all(calls.map((call) => call()));
      return { answers, each: (1000 * cpu()) / calls.length };
    };
    const launches = Array.from(
      { length: 200 },
      (_, i) => () => ask<{ tasks: { taskArn: string }[] }>(target, 'RunTask', launchOf(i)),
    );
    const launched = await costOf(launches);
    const arns = launched.answers.flatMap(({ tasks }) => tasks.map(({ taskArn }) => taskArn));
    const pages = Array.from({ length: 100 }, (_, i) => (i * 100) % arns.length);
    const described = await costOf(
      pages.map((from) => () => {
        const tasks = arns.slice(from, from + 100);
        return ask(target, 'DescribeTasks', { cluster: 'c', tasks });
      }),
    );
    const list = { cluster: 'c', startedBy: 'se-bench', maxResults: 100 };
    const listed = await costOf(pages.map(() => () => ask(target, 'ListTasks', list)));
    const stopped = await costOf(
      arns.map((task) => () => ask(target, 'StopTask', { cluster: 'c', task })),
    );
    return {
      'emulator.runTask': launched.each,
      'emulator.describe': described.each,
      'emulator.listTasks': listed.each,
      'emulator.stopTask': stopped.each,
    };
  },
};
