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

/** What the emulator alone needs for the calls that the other benches make: it must not be what is slow. */
export const emulator: Bench = {
  name: 'emulator',
  what: 'the emulator alone, asked by a client that does nothing else',
  rounds: 1,
  originalRounds: 0,
  rows: [
    { id: 'emulator.runTask', what: 'CPU time of a RunTask of ten', unit: 'ms', goal: 2 },
    {
      id: 'emulator.describe',
      what: 'CPU time of a DescribeTasks of a hundred',
      unit: 'ms',
      goal: 5,
    },
  ],
  async run(stage) {
    const target = await stage.emulator();
    await ask(target, 'CreateCluster', { clusterName: 'c' });
    await ask(target, 'RegisterTaskDefinition', definition);
    const calls = 200;
    const launchCpu = cpuMeter(target.pid);
    const answers = await Promise.all(
      Array.from({ length: calls }, (_, i) =>
        ask<{ tasks: { taskArn: string }[] }>(target, 'RunTask', launchOf(i)),
      ),
    );
    const runTask = (1000 * launchCpu()) / calls;
    const arns = answers.flatMap(({ tasks }) => tasks.map(({ taskArn }) => taskArn));
    const describeCpu = cpuMeter(target.pid);
    const pages = Array.from({ length: 100 }, (_, i) => (i * 100) % arns.length);
    await Promise.all(
      pages.map((from) =>
        ask(target, 'DescribeTasks', { cluster: 'c', tasks: arns.slice(from, from + 100) }),
      ),
    );
    const describe = (1000 * describeCpu()) / pages.length;
    return { 'emulator.runTask': runTask, 'emulator.describe': describe };
  },
};
