import { describe, expect, it } from 'vitest';
import { withLimitedWaits } from '../../../machines/cohort/limitedWaits.ts';
import { never } from '../../../machines/shared/timing.ts';
import { liveCohort } from '../../support/liveCohort.ts';
import { load, recordsOf, serves, waits } from '../../support/rows.ts';

describe('groups that are to leave, where more are there than the limit allows', () => {
  const busy = { load: load(2) };

  it('wait for five minutes at most, where they might have waited for ever', () => {
    const told = { stopUnlessBusyUntil: never, phase: 'stopping' as const };
    const before = recordsOf({
      a: waits({ ...busy, drainDeadline: never, drainMs: never }),
      b: serves({ ...busy, ...told }),
    });
    expect(withLimitedWaits(before, 1000).groups).toStrictEqual({
      a: waits({ ...busy, drainDeadline: 301_000, drainMs: 300_000 }),
      b: serves({ ...busy, ...told, stopUnlessBusyUntil: 301_000 }),
    });
  });

  it('are stopped after that time by their cohort, though they are at work', async () => {
    const { actor, launchBoth, hear, phases } = liveCohort();
    await launchBoth();
    hear(1500, { 0: load(2), 1: load(2) });
    const all = { pending: 9, idle: 9, busy: 9 };
    actor.send({ type: 'cohort.drain', generation: 2, ...all, at: 2000, until: never });
    const poll = (at: number, isCrowded: boolean) =>
      actor.send({
        ...{ type: 'cohort.poll', at, launching: true, ending: false, listedAt: null },
        isCrowded,
      });
    poll(3000, false);
    poll(600_000, true);
    poll(899_999, false);
    expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'waiting' });
    poll(900_000, false);
    expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'stopping' });
  });

  it('keep a deadline that they have, and those that are to stay have none', () => {
    const before = recordsOf({
      a: waits({ ...busy, drainDeadline: 900_000 }),
      b: serves(busy),
      c: serves({ ...busy, stopUnlessBusyUntil: 900_000 }),
    });
    expect(withLimitedWaits(before, 1000)).toBe(before);
  });
});
