import { expect, it } from 'vitest';
import { systemClock } from '../../../src/aws/systemClock.ts';
import { rejectionOf } from './awsServer.ts';

it('sleeps, and wakes with the signal’s reason', async () => {
  const controller = new AbortController();
  const begun = systemClock.now();
  await systemClock.sleep(20, controller.signal);
  expect(systemClock.now() - begun).toBeGreaterThanOrEqual(18);
  const reason = new Error('enough');
  const asleep = rejectionOf(systemClock.sleep(60_000, controller.signal));
  controller.abort(reason);
  expect(await asleep).toBe(reason);
  expect(await rejectionOf(systemClock.sleep(1, controller.signal))).toBe(reason);
});
