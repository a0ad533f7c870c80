import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LaunchOrder } from '../../../machines/shared/domain.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { connectAws } from '../../../src/daemon/connectAws.ts';
import { now } from '../../../src/shared/clock.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

const taskArn = 'arn:aws:ecs:eu-west-1:123456789012:task/c/1';

const timesOf = (seconds: number) => ({ createdAt: seconds, startedAt: seconds });

/** ECS with one task that is a moment old, on a host whose clock is so far from ours. */
const ecsAhead = async (aheadMs: number) => {
  const server = createServer((request, response) => {
    const time = Date.now() + aheadMs;
    const answers: Record<string, object> = {
      ListTasks: { taskArns: [taskArn] },
      RunTask: { tasks: [{ taskArn, createdAt: time / 1000 }], failures: [] },
      DescribeTasks: {
        tasks: [{ taskArn, startedBy: 'tag', lastStatus: 'RUNNING', ...timesOf(time / 1000) }],
        failures: [],
      },
    };
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    response.sendDate = false;
    response.setHeader('Date', new Date(time).toUTCString());
    response.setHeader('Content-Type', 'application/x-amz-json-1.1');
    request.resume().on('end', () => response.end(JSON.stringify(answers[operation])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};

describe('the connection to AWS', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([0, 3_600_000, -3_600_000])(
    'returns the times of tasks by our clock when AWS is %i ms ahead',
    async (aheadMs) => {
      const ecs = await ecsAhead(aheadMs);
      vi.stubEnv('AWS_ENDPOINT_URL', ecs.url);
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
      const [config] = loadConfig({
        argv: ['run', 'tcp://127.0.0.1:1', '--worker-manager-id', 'm', '--ecs-subnets', 'subnet-1'],
        env: process.env,
      });
      const parts = {
        cluster: 'c',
        startedBy: 'tag',
        elsewhere: () => ({ clusters: [], tags: [] }),
        isOwned: () => false,
        request: () => ({ taskDefinition: 'd' }),
      };
      const aws = connectAws(config as never, parts, silentLog);
      const { signal } = new AbortController();
      const { tasks: seen } = await aws.list(signal);
      const [described] = (await aws.describeTasks([taskArn], signal)).observations;
      const { createdAt } = await aws.runTask({ count: 1 } as LaunchOrder, signal);
      aws.close();
      await ecs.close();
      const times = [
        ...[seen[0]?.createdAt, described?.createdAt, described?.startedAt],
        createdAt?.[taskArn],
      ];
      // The Date header has whole seconds.
      for (const time of times) expect(Math.abs((time ?? 0) - now())).toBeLessThan(3000);
    },
  );
});
