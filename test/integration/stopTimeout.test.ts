import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ScriptedScheduler, startScheduler } from '../chaos/scheduler.ts';
import { account, alive, dummyCredentials, start, temporaryStateDir } from './inProcess.ts';

let scheduler: ScriptedScheduler;
beforeAll(async () => {
  dummyCredentials();
  scheduler = await startScheduler({ monitored: false });
});
afterAll(() => {
  scheduler.close();
  vi.unstubAllEnvs();
});

it('a daemon without a cap warns once, and not at its start, when there are more tasks than can be stopped in time', async () => {
  const emulator = await account();
  // AWS accepts a hundred StopTask at once.
  const flags = ['--max-task-concurrency', '-1', '--stop-timeout', '1'];
  const daemon = start(scheduler.address, temporaryStateDir(), flags);
  const warnings = () => daemon.said.filter(({ text }) => text === 'stopTimeout.short');
  scheduler.desiredWorkers = 4 * 99;
  await vi.waitFor(() => expect(alive(emulator)).toHaveLength(99), { timeout: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(warnings()).toEqual([]);
  scheduler.desiredWorkers = 4 * 110;
  await vi.waitFor(() => expect(alive(emulator)).toHaveLength(110), { timeout: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]?.fields).toMatchObject({ timeout: 1, tasks: expect.any(Number) });
  daemon.signal();
  daemon.signal();
  daemon.signal();
  await daemon.status;
}, 60_000);
