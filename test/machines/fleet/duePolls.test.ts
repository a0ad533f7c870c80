import { describe, expect, it } from 'vitest';
import type { CohortStatus } from '../../../machines/fleet/cohortStatus.ts';
import { dueForPoll } from '../../../machines/fleet/duePolls.ts';
import type { Modes } from '../../../machines/fleet/modes.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput, servingModes } from '../../support/liveManager.ts';

const settings = { ...fleetInput.settings, pollsPerTick: 5, firstPollsPerTick: 25 };
const fleet = newFleet({ ...fleetInput, settings });

const statusOf = (pending: number, lastPolledAt: number): CohortStatus => ({
  ...{ counts: { ...noCounts, idle: 100 - pending, pending }, launches: 0 },
  ...{ generation: 0, observedGeneration: 0, lastPolledAt },
});

/** Three minutes of ticks: how many cohorts each polls at most, and how long cohorts wait, once the first polls are over. */
const played = (calm: number, others = 0, given: object = {}) => {
  const cohorts: Record<string, CohortStatus> = {};
  for (let i = 0; i < calm; i++) cohorts[`calm.${i}`] = statusOf(0, 0);
  for (let i = 0; i < others; i++) cohorts[`other.${i}`] = statusOf(1, 0);
  const playing = { ...fleet, settings: { ...settings, ...given }, cohorts };
  const start = 1_000_000;
  const polls: number[] = [];
  const longest = { calm: 0, other: 0 };
  for (let at = start; at < start + 180_000; at += 1000) {
    const due = dueForPoll(playing, servingModes, at);
    for (const [cohortId, status] of due) {
      const kind = cohortId.startsWith('calm') ? 'calm' : 'other';
      if (status.lastPolledAt > start + 60_000)
        longest[kind] = Math.max(longest[kind], at - status.lastPolledAt);
      cohorts[cohortId] = { ...status, lastPolledAt: at };
    }
    if (at > start + 60_000) polls.push(due.length);
  }
  return { longest, most: Math.max(...polls) };
};

describe('the cohorts that a tick polls', () => {
  it.each([
    [3, 3, 15_000],
    [75, 5, 15_000],
    [100, 5, 20_000],
    [101, 6, 20_000],
    [200, 10, 20_000],
    [300, 15, 20_000],
  ])('are so many that each of %i calm ones is polled within 20 s', (calm, most, longest) => {
    const seen = played(calm);
    expect(seen.longest.calm).toBeLessThanOrEqual(longest);
    expect(seen.most).toBeLessThanOrEqual(Math.max(most, 5));
  });

  it.each([
    [60, 60],
    [150, 150],
    [290, 10],
  ])('are so many that each of %i calm ones and %i others is', (calm, others) => {
    const { longest, most } = played(calm, others);
    expect(longest.calm).toBeLessThanOrEqual(20_000);
    expect(longest.other).toBeLessThanOrEqual(20_000);
    expect(most).toBeLessThanOrEqual(15);
  });

  it('leave AWS calls for lists, however many wait: then each waits longer', () => {
    const { longest, most } = played(400);
    expect(most).toBe(15);
    expect(longest.calm).toBe(27_000);
    expect(played(400, 0, { readsPerSecond: 45 })).toMatchObject({ longest: { calm: 20_000 } });
  });

  it('are five while few have something to show', () => {
    const { longest, most } = played(0, 30);
    expect([longest.other, most]).toEqual([6000, 5]);
  });
});

const now = 1_000_000;
const dueNow = (cohorts: CohortStatus[], modes: Partial<Modes> = {}): CohortStatus[] => {
  const byId = Object.fromEntries(cohorts.map((status, i) => [`cohort.${i}`, status]));
  const due = dueForPoll({ ...fleet, cohorts: byId }, { ...servingModes, ...modes }, now);
  return due.map(([, status]) => status);
};

const misses = { ...noCounts, idle: 100, missingWorkers: 1 };

it.each([
  ['whose groups all serve', 15_000, statusOf(0, 0), {}],
  ['with a group that does not serve', 3000, statusOf(1, 0), {}],
  ['with an open launch', 3000, { ...statusOf(0, 0), launches: 1 }, {}],
  ['that misses workers', 3000, { ...statusOf(0, 0), counts: misses }, {}],
  ['of which no monitor stream shows anything', 3000, statusOf(0, 0), { monitor: 'lost' }],
] as const)('a cohort %s is due %i ms after its last poll', (_, everyMs, status, modes) => {
  const isDue = (waited: number) =>
    dueNow([{ ...status, lastPolledAt: now - waited }], modes).length > 0;
  expect([everyMs - 1, everyMs].map(isDue)).toEqual([false, true]);
});

describe('a tick polls', () => {
  const polled = (count: number, pending: number, waited: number) =>
    Array<CohortStatus>(count).fill(statusOf(pending, now - waited));
  const unpolled = (count: number) => Array<CohortStatus>(count).fill(statusOf(1, 0));

  it('all cohorts for which the next tick would be too late, though these are many at once', () => {
    const late = polled(10, 1, 19_001);
    expect(dueNow([...polled(30, 0, 0), ...polled(9, 1, 19_000), ...late])).toEqual(late);
  });

  it('twenty-five at most of those that were never polled, and no others beside these', () => {
    expect(dueNow(unpolled(40))).toHaveLength(25);
    expect(dueNow([...polled(10, 1, 4000), ...unpolled(7)])).toEqual(unpolled(7));
  });
});
