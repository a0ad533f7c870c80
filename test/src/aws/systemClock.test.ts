import { expect, it } from 'vitest';
import { systemClock } from '../../../src/aws/systemClock.ts';
import { rejectionOf } from './awsServer.ts';

it('sleep resolves after the time, and rejects with the reason of the signal', async () => {
  const controller = new AbortController();
  const startedAt = systemClock.now();
  await systemClock.sleep(20, controller.signal);
  expect(systemClock.now() - startedAt).toBeGreaterThanOrEqual(18);
  const reason = new Error('aborted');
  const sleeping = rejectionOf(systemClock.sleep(60_000, controller.signal));
  controller.abort(reason);
  expect(await sleeping).toBe(reason);
  expect(await rejectionOf(systemClock.sleep(1, controller.signal))).toBe(reason);
});
