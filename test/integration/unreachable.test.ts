import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { runProgram } from './daemonProgram.ts';

let scheduler: Scheduler;
beforeAll(async () => {
  scheduler = await startScheduler(1, () => {});
});
afterAll(() => {
  scheduler.close();
  vi.unstubAllEnvs();
});

/** A port of this host that refuses connections. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const wait = { timeout: 20_000, interval: 100 };

it('a daemon says within three seconds that the endpoint of AWS refuses connections, and when it answers', async () => {
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}`;
  const accessKey = 'AKIAEXAMPLE';
  const { line, lines } = runProgram(scheduler.address, { url, accessKey } as never);
  await expect.poll(() => line('aws.unreachable'), wait).toBeDefined();
  const said = line('aws.unreachable');
  expect(said).toMatchObject({
    ...{ level: 'warn', endpoint: url },
    reason: expect.stringContaining('ECONNREFUSED'),
  });
  const at = (event: string) => Date.parse(String(line(event)?.time));
  expect(at('aws.unreachable') - at('daemon.started')).toBeLessThan(3000);
  const emulator = await startEmulator({ log: silentLog, hollow: true, accessKey, port });
  onTestFinished(() => emulator.close());
  await expect
    .poll(() => line('aws.reached'), wait)
    .toMatchObject({ level: 'info', endpoint: url });
  expect(lines().filter(({ event }) => event === 'aws.unreachable')).toHaveLength(1);
}, 60_000);
