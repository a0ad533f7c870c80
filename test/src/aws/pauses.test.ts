import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createPauses } from '../../../src/aws/pauses.ts';
import { rejectionOf } from './awsServer.ts';
import { virtualClock } from './virtualClock.ts';

describe('a pause', () => {
  const { signal } = new AbortController();

  it('ends after its time, and leaves nothing behind', async () => {
    const clock = virtualClock();
    const pauses = createPauses(clock);
    let over = false;
    const pausing = pauses.pause(1000, signal).then(() => {
      over = true;
    });
    await clock.pass(999);
    expect(over).toBe(false);
    await clock.pass(1);
    await pausing;
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends at once when all are ended; a later one lasts its time', async () => {
    const clock = virtualClock();
    const pauses = createPauses(clock);
    const running = [pauses.pause(20_000, signal), pauses.pause(1000, signal)];
    pauses.endAll();
    await Promise.all(running);
    expect(clock.pending).toBe(0);
    const later = pauses.pause(1000, signal);
    await clock.pass(0);
    expect(clock.pending).toBe(1);
    pauses.endAll();
    await later;
  });

  it('rejects with the reason of the signal', async () => {
    const clock = virtualClock();
    const pauses = createPauses(clock);
    const controller = new AbortController();
    const reason = new Error('over');
    const pausing = rejectionOf(pauses.pause(1000, controller.signal));
    controller.abort(reason);
    expect(await pausing).toBe(reason);
    expect(await rejectionOf(pauses.pause(1000, controller.signal))).toBe(reason);
    expect(clock.pending).toBe(0);
  });
});
