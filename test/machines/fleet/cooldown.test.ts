import { describe, expect, it } from 'vitest';
import { planWithCooldown } from '../../../machines/fleet/cooldown.ts';
import { type Counts, type Limits, noCounts } from '../../../machines/fleet/plan.ts';

const limits: Limits = {
  ...{ maxTasks: 20, launches: 20, excessConfirmed: false, swapping: false },
};
const counts = (given: Partial<Counts>): Counts => ({ ...noCounts, ...given });

/** Seconds of what is desired, one after the other, and when groups are drained. */
function drains(
  wanted: readonly (readonly [second: number, desired: number])[],
  there: Partial<Counts>,
  cooldownMs = 30_000,
): [second: number, groups: number][] {
  let fewerSince: number | null = null;
  const found: [number, number][] = [];
  let desired = 0;
  const changes = new Map(wanted);
  for (let second = 0; second < 100 && found.length === 0; second++) {
    desired = changes.get(second) ?? desired;
    const result = planWithCooldown(desired, counts(there), limits, {
      ...{ fewerSince, now: second * 1000, cooldownMs },
    });
    fewerSince = result.fewerSince;
    const { drainPendingGroups, drainServing } = result.plan;
    if (drainPendingGroups + drainServing > 0)
      found.push([second, drainPendingGroups + drainServing]);
  }
  return found;
}

describe('a fleet that is to shrink', () => {
  it('shrinks at once without a cooldown', () => {
    expect(drains([[3, 4]], { busy: 10, pending: 0 }, 0)).toEqual([[0, 10]]);
    expect(
      drains(
        [
          [0, 10],
          [3, 4],
        ],
        { busy: 10 },
        0,
      ),
    ).toEqual([[3, 6]]);
  });

  it('shrinks when fewer were desired for the whole cooldown, counted from the first command', () => {
    expect(
      drains(
        [
          [0, 10],
          [3, 9],
          [20, 4],
        ],
        { busy: 10 },
      ),
    ).toEqual([[33, 6]]);
  });

  it('counts anew after a command for as many as there are, or for more', () => {
    expect(
      drains(
        [
          [0, 10],
          [3, 4],
          [20, 10],
          [21, 5],
        ],
        { busy: 10 },
      ),
    ).toEqual([[51, 5]]);
    expect(
      drains(
        [
          [0, 10],
          [3, 4],
          [20, 15],
          [22, 5],
        ],
        { busy: 10 },
      ),
    ).toEqual([[52, 5]]);
  });

  it('keeps its booting groups as long', () => {
    expect(
      drains(
        [
          [0, 3],
          [5, 0],
        ],
        { pending: 3 },
      ),
    ).toEqual([[35, 3]]);
  });

  it('does not count the wait of booting groups for a scheduler that does not count them', () => {
    // It desires the four that serve, and six more boot.
    expect(
      drains(
        [
          [0, 4],
          [50, 2],
        ],
        { busy: 4, pending: 6 },
      ),
    ).toEqual([[80, 8]]);
  });
});

it('a degraded group that is to spare leaves after the cooldown', () => {
  const spare = { ...limits, degradedIsSpare: true };
  const at = (now: number, spareSince: number | null) =>
    planWithCooldown(2, counts({ idle: 2 }), spare, {
      ...{ fewerSince: 0, spareSince, now, cooldownMs: 30_000 },
    });
  expect([29_999, 30_000].map((now) => at(now, 0).plan.drainDegraded)).toEqual([false, true]);
  expect(at(30_000, 1).plan.drainDegraded).toBe(false);
  expect(at(30_000, null).plan.drainDegraded).toBe(false);
});

it('a degraded group that has been to spare for long shortens no cooldown of the others', () => {
  const spare = { ...limits, degradedIsSpare: true };
  const { plan, fewerSince } = planWithCooldown(1, counts({ idle: 2 }), spare, {
    ...{ fewerSince: null, spareSince: 0, now: 90_000, cooldownMs: 30_000 },
  });
  expect([plan.drainServing, plan.drainDegraded, fewerSince]).toEqual([0, false, 90_000]);
});

describe('a number of desired groups that changes between 0 and 20 each second for a minute', () => {
  /** How many groups are launched and how many drained; a launched one serves after a few seconds. */
  function changing(cooldownMs: number): { launched: number; drained: number } {
    let there: Counts = noCounts;
    let fewerSince: number | null = null;
    const sum = { launched: 0, drained: 0 };
    for (let second = 0; second < 60; second++) {
      const desired = second % 2 === 0 ? 20 : 0;
      const result = planWithCooldown(desired, there, limits, {
        ...{ fewerSince, now: second * 1000, cooldownMs },
      });
      fewerSince = result.fewerSince;
      const { admit, drainPendingGroups, drainServing } = result.plan;
      sum.launched += admit;
      sum.drained += drainPendingGroups + drainServing;
      const pending = there.pending + admit - drainPendingGroups;
      const idle = there.idle - drainServing;
      there = counts(second % 5 === 4 ? { idle: idle + pending } : { pending, idle });
    }
    return sum;
  }

  it('launches 20 groups once, and drains none', () => {
    expect(changing(30_000)).toEqual({ launched: 20, drained: 0 });
    expect(changing(2000)).toEqual({ launched: 20, drained: 0 });
  });

  it('launches them again and again without a cooldown', () => {
    expect(changing(0).launched).toBe(600);
  });
});

it('a cooldown does not hold what the limit forbids', () => {
  const many = { ...limits, maxTasks: 4, excessConfirmed: true };
  const { plan, fewerSince } = planWithCooldown(8, counts({ busy: 6 }), many, {
    ...{ fewerSince: null, now: 0, cooldownMs: 30_000 },
  });
  expect(plan.drainServing).toBe(2);
  expect(fewerSince).toBeNull();
});

it('a cooldown does not hold idle groups that go in the place of others', () => {
  const swapping = { ...limits, swapping: true };
  const { plan } = planWithCooldown(2, counts({ busy: 2, idle: 1 }), swapping, {
    ...{ fewerSince: null, now: 0, cooldownMs: 30_000 },
  });
  expect(plan.drainServing).toBe(1);
});
