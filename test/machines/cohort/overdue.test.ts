import { describe, expect, it } from 'vitest';
import { withOverdue } from '../../../machines/cohort/overdue.ts';
import { never } from '../../../machines/shared/timing.ts';
import { liveCohort } from '../../support/liveCohort.ts';
import { load, recordsOf, rowOf, serves, waits } from '../../support/rows.ts';

describe('groups above the limit that wait for an idle moment', () => {
  const endless = (tasks: number) => waits({ load: load(tasks), drainDeadline: never });
  const before = recordsOf({
    a: endless(3),
    b: endless(1),
    c: endless(2),
    idle: endless(0),
    stays: serves({ load: load(1) }),
    told: serves({ load: load(1), phase: 'stopping', stopUnlessBusyUntil: never }),
  });
  const limited = (count: number, records = before) =>
    Object.entries(withOverdue(records, count, 1000).groups)
      .filter(([, { drainDeadline }]) => drainDeadline === 1000)
      .map(([groupId]) => groupId);

  it('must go now, the least busy first, unless they leave by themselves', () => {
    expect(limited(1)).toEqual(['b']);
    expect(limited(2)).toEqual(['b', 'c']);
    expect(limited(9)).toEqual(['a', 'b', 'c']);
    expect(withOverdue(before, 0, 1000)).toBe(before);
  });

  it('are fewer where others have a deadline', () => {
    const one = { ...before.groups, d: waits({ load: load(9), drainDeadline: 5000 }) };
    expect(limited(1, recordsOf(one))).toEqual([]);
    expect(limited(2, recordsOf(one))).toEqual(['b']);
    expect(withOverdue(recordsOf(one), 1, 1000).groups).toStrictEqual(one);
  });

  it('are those that have nothing to do for all we know, before those at work', () => {
    const unknown = recordsOf({
      a: endless(1),
      b: waits({ load: null, drainDeadline: never }),
      c: endless(2),
      d: waits({ load: null, drainDeadline: never }),
    });
    expect(limited(2, unknown)).toEqual(['b', 'd']);
    expect(limited(3, unknown)).toEqual(['a', 'b', 'd']);
  });

  it('are not those that are still to be launched', () => {
    const early = { load: load(1), drainRequested: true, drainDeadline: 5000 };
    const records = recordsOf({ a: endless(1), b: rowOf(early) });
    expect(limited(1, records)).toEqual(['a']);
  });

  it('are stopped by their cohort, though they are at work', async () => {
    const { actor, launchBoth, hear, phases } = liveCohort();
    await launchBoth();
    hear(1500, { 'arn:0': load(2), 'arn:1': load(1) });
    const all = { pending: 9, idle: 9, busy: 9 };
    actor.send({ type: 'cohort.drain', generation: 2, ...all, at: 2000, until: never });
    const poll = { type: 'cohort.poll', launching: true, ending: false, listedAt: null } as const;
    actor.send({ ...poll, at: 3000 });
    expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'waiting' });
    actor.send({ ...poll, at: 6000, overdue: 1 });
    expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'stopping' });
  });
});
