import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../../src/emulator/timerQueue.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

describe('TimerQueue', () => {
  it('runs every callback in the order of the due times', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 8, 16, 24), { minLength: 1, maxLength: 60 }),
        async (delays) => {
          const timers = new TimerQueue(silentLog);
          const ran: number[] = [];
          await new Promise<void>((resolve) => {
            for (const delay of delays)
              timers.after(delay, () => {
                if (ran.push(delay) === delays.length) resolve();
              });
          });
          timers.close();
          expect(ran).toEqual([...delays].sort((a, b) => a - b));
        },
      ),
      { numRuns: 20 },
    ));

  it('runs neither a callback with an infinite delay nor any callback after close', async () => {
    const timers = new TimerQueue(silentLog);
    const ran: string[] = [];
    timers.after(Number.POSITIVE_INFINITY, () => ran.push('infinity'));
    timers.after(5, () => ran.push('closed'));
    timers.close();
    timers.after(0, () => ran.push('late'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ran).toEqual([]);
  });

  it('continues after a callback throws, and logs the error', async () => {
    const errors: string[] = [];
    const timers = new TimerQueue({ report: (name) => void errors.push(name) });
    timers.after(0, () => {
      throw new Error('bad step');
    });
    await new Promise<void>((resolve) => timers.after(1, resolve));
    timers.close();
    expect(errors).toEqual(['emulator.stepFailed']);
  });
});
