import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Counts,
  connectedWorkers,
  fewestWorkers,
  groupsToKeep,
  livingWorkers,
  noCounts,
  plan,
  recallable,
  serving,
  slots,
  total,
} from '../../../machines/fleet/plan.ts';

const counts = fc
  .record({
    pending: fc.nat(50),
    absent: fc.constant(0),
    denied: fc.constant(0),
    unanswered: fc.constant(0),
    idle: fc.nat(30),
    busy: fc.nat(30),
    drainPending: fc.nat(20),
    cancelled: fc.nat(20),
    stopping: fc.nat(50),
    freed: fc.nat(50),
    unsent: fc.nat(50),
    unstoppedWorkers: fc.constant(0),
    waiting: fc.constant(0),
    missingWorkers: fc.constant(0),
    surplusWorkers: fc.constant(0),
    resting: fc.nat(20),
    ...{ degraded: fc.constant(0), degradedMissing: fc.constant(0) },
    ...{ degradedWorkers: fc.constant(0), degradedIdleWorkers: fc.constant(0) },
    aged: fc.constant(0),
  })
  .map((some) => {
    const freed = Math.min(some.freed, some.stopping);
    const unsent = Math.min(some.unsent, some.stopping - freed);
    return { ...some, freed, unsent, resting: Math.min(some.resting, some.drainPending) };
  });
const limits = fc.record({
  maxTasks: fc.option(fc.nat(120), { nil: null }),
  launches: fc.nat(120),
  excessConfirmed: fc.boolean(),
  swapping: fc.boolean(),
});

/** `wait`: a booting group has no task yet, and a busy one is waited for; `rest`: an idle group rests before it leaves. */
const carriedOut = (
  before: Counts,
  { cancelDrains, admit, drainPendingGroups, drainServing }: ReturnType<typeof plan>,
  { wait = false, rest = false } = {},
): Counts => {
  const idle = Math.min(before.idle, drainServing);
  const busy = drainServing - idle;
  const waited = Math.min(before.drainPending, cancelDrains);
  const told = Math.min(before.unsent, cancelDrains - waited);
  const serve = waited + told;
  const rested = Math.max(0, waited - (before.drainPending - before.resting));
  const resting = rest ? idle : 0;
  return {
    pending: before.pending + admit - drainPendingGroups + (cancelDrains - serve),
    absent: 0,
    denied: 0,
    unanswered: 0,
    idle: before.idle - idle + rested,
    busy: before.busy + serve - rested - busy,
    drainPending: before.drainPending - waited + (wait ? busy : 0) + resting,
    resting: before.resting - rested + resting,
    cancelled: before.cancelled - (cancelDrains - serve) + (wait ? drainPendingGroups : 0),
    stopping: before.stopping - told + idle - resting + (wait ? 0 : drainPendingGroups + busy),
    freed: before.freed,
    unsent: before.unsent - told,
    unstoppedWorkers: before.unstoppedWorkers,
    waiting: before.waiting,
    missingWorkers: before.missingWorkers,
    surplusWorkers: before.surplusWorkers,
    ...{ degraded: 0, degradedMissing: 0, degradedWorkers: 0, degradedIdleWorkers: 0 },
    aged: 0,
  };
};

it('counts no absent group twice in the total', () => {
  const some = {
    ...{ ...noCounts, pending: 1, absent: 7, denied: 9, idle: 2, busy: 3 },
    ...{ drainPending: 4, cancelled: 5, stopping: 6, freed: 2 },
  };
  expect(total(some)).toBe(21);
  expect(slots(some)).toBe(19);
});

it('the fewer of two numbers of workers is the other where one is none', () => {
  const pairs = [
    [2, 3],
    [3, 2],
    [0, 3],
    [3, 0],
    [0, 0],
  ] as const;
  expect(pairs.map(([a, b]) => fewestWorkers(a, b))).toEqual([2, 2, 3, 3, 0]);
});

it('as many workers are connected as the serving groups have', () => {
  const counts = { ...noCounts, idle: 1, busy: 2, pending: 5, missingWorkers: 3 };
  expect(connectedWorkers(counts, 4)).toBe(9);
});

it('a degraded group that is to spare leaves, once no booting group is too many', () => {
  const limits = {
    ...{ maxTasks: null, launches: 9, excessConfirmed: false, swapping: false },
    ...{ usefulPending: 0, degradedIsSpare: true },
  };
  const counts = { ...noCounts, idle: 2, busy: 1 };
  expect(plan(3, counts, limits).drainDegraded).toBe(true);
  expect(plan(3, counts, { ...limits, degradedIsSpare: false }).drainDegraded).toBe(false);
  const booting = plan(3, { ...counts, pending: 1 }, limits);
  expect(booting).toMatchObject({ drainPendingGroups: 1, drainDegraded: false });
});

it('as many groups boot as are desired, however few could get a task', () => {
  const limits = {
    ...{ maxTasks: null, launches: 9, excessConfirmed: false, swapping: false },
    usefulPending: 0,
  };
  const { drainPendingGroups } = plan(4, { ...noCounts, busy: 2, pending: 5 }, limits);
  expect(drainPendingGroups).toBe(3);
});

it('takes no more workers for alive than serving groups and those on their way out can have', () => {
  const some = { ...noCounts, pending: 7, cancelled: 9, idle: 2, busy: 3, missingWorkers: 8 };
  expect(livingWorkers(some, 4)).toBe(12);
  expect(livingWorkers({ ...some, drainPending: 1 }, 4)).toBe(16);
  expect(livingWorkers({ ...some, stopping: 2 }, 4)).toBe(20);
});

it('launches into the slots of groups on their way out that use none', () => {
  const limits = { maxTasks: 2, launches: 9, excessConfirmed: false, swapping: false };
  const stopping = { ...noCounts, stopping: 2 };
  expect(plan(2, stopping, limits).admit).toBe(0);
  expect(plan(2, { ...stopping, freed: 1 }, limits).admit).toBe(1);
  expect(plan(2, { ...stopping, freed: 2 }, limits).admit).toBe(2);
});

describe('groups that have lost some of their workers', () => {
  const limits = { maxTasks: 4, launches: 9, excessConfirmed: false, swapping: false };
  const step = (workers: number, counts: Counts, maxTasks: number | null = 4) =>
    plan(Math.ceil(workers / 4), counts, {
      ...{ ...limits, maxTasks },
      keep: groupsToKeep(workers, counts, 4),
    });

  it('are not drained while the scheduler wants more workers than are connected', () => {
    const four = { ...noCounts, idle: 2, busy: 2, missingWorkers: 12 };
    expect(step(5, four)).toMatchObject({ admit: 0, drainServing: 0, drainPendingGroups: 0 });
  });

  it('do not make the fleet shrink while one worker more than is connected is wanted each second', () => {
    let fleet: Counts = { ...noCounts, idle: 5, busy: 20, missingWorkers: 25 };
    for (let second = 0; second < 30; second++) {
      const { drainServing } = step(serving(fleet) * 4 - fleet.missingWorkers + 1, fleet, 900);
      const busy = fleet.busy - drainServing;
      fleet = { ...fleet, busy, missingWorkers: fleet.missingWorkers - drainServing };
    }
    expect(serving(fleet)).toBe(25);
  });

  it('are drained as far as enough workers stay, whichever of them go', () => {
    const fleet = { ...noCounts, idle: 25, missingWorkers: 25 };
    expect(step(50, fleet, 900).drainServing).toBe(6);
    expect(step(0, fleet, 900).drainServing).toBe(25);
    expect(step(75, { ...noCounts, idle: 25 }, 900).drainServing).toBe(6);
  });

  it('are drained above the limit all the same', () => {
    const six = { ...noCounts, idle: 6, missingWorkers: 6 };
    expect(step(99, six, 4).drainServing).toBe(2);
  });
});

describe('plan', () => {
  it.each([
    ['does nothing while no demand is known', null, [3, 2, 0], null, 9, [0, 0, 0]],
    ['launches the missing groups', 5, [1, 2, 0], null, 9, [2, 0, 0]],
    ['counts draining groups against the task limit', 5, [1, 1, 2], 5, 9, [1, 0, 0]],
    ['launches no more than the rate allows now', 9, [0, 0, 0], null, 4, [4, 0, 0]],
    [
      'keeps pending groups while the demand covers the serving ones',
      1,
      [3, 1, 0],
      null,
      9,
      [0, 0, 0],
    ],
    ['keeps pending groups while none serves yet', 1, [3, 0, 0], null, 9, [0, 0, 0]],
    [
      'drains pending groups first when the demand is below the serving ones',
      1,
      [3, 2, 0],
      null,
      9,
      [0, 3, 1],
    ],
    ['drains every group at a demand of zero', 0, [3, 2, 1], null, 9, [0, 3, 2]],
    [
      'drains pending groups at a demand of zero though none serves yet',
      0,
      [3, 0, 0],
      null,
      9,
      [0, 3, 0],
    ],
    ['cancels drains before it launches any group', 5, [0, 2, 0, 2], null, 9, [1, 0, 0, 2]],
    ['never plans beyond the task limit', 9, [1, 1, 0], 4, 9, [2, 0, 0]],
    ['drains groups above a lowered task limit', 9, [0, 6, 0], 4, 9, [0, 0, 2]],
    ['does not keep pending groups above the task limit', 9, [3, 2, 0], 4, 9, [0, 1, 0]],
    ['keeps pending groups within the task limit', 1, [3, 1, 0], 4, 9, [0, 0, 0]],
  ] as const)(
    '%s',
    (_, wanted, [pending, busy, stopping, drainPending = 0], maxTasks, launches, expected) => {
      const { cancelDrains, admit, drainPendingGroups, drainServing } = plan(
        wanted,
        { ...noCounts, pending, busy, drainPending, stopping },
        { maxTasks, launches, excessConfirmed: true, swapping: false },
      );
      expect([admit, drainPendingGroups, drainServing, cancelDrains]).toEqual(
        [...expected, 0].slice(0, 4),
      );
    },
  );

  it('stops those above the limit before the scheduler has said anything, and nothing else', () => {
    const three = { ...noCounts, pending: 1, busy: 2 };
    const planned = (maxTasks: number | null, confirmed: boolean) => {
      const limit = { maxTasks, launches: 9, excessConfirmed: confirmed, swapping: false };
      const { admit, drainPendingGroups, drainServing } = plan(null, three, limit);
      return [admit, drainPendingGroups, drainServing];
    };
    expect(planned(2, true)).toEqual([0, 1, 0]);
    expect(planned(1, true)).toEqual([0, 1, 1]);
    expect(planned(2, false)).toEqual([0, 0, 0]);
    expect(planned(null, false)).toEqual([0, 0, 0]);
  });

  it('does not drain living groups above the limit while dead ones still count', () => {
    const five = { ...noCounts, pending: 3, busy: 2 };
    expect(
      plan(9, five, { maxTasks: 4, launches: 9, excessConfirmed: false, swapping: false })
        .drainPendingGroups,
    ).toBe(0);
  });

  it.each([
    [
      'drains an idle group instead of a busy one that already drains',
      2,
      [0, 2, 0, 1],
      ['+1', '-1'],
    ],
    ['swaps no more groups than are draining', 3, [0, 3, 0, 1], ['+1', '-1']],
    ['drains surplus groups before it swaps any', 1, [0, 2, 0, 2], ['-1', '+1', '-1']],
    ['swaps no group at a demand of zero', 0, [0, 1, 0, 1], ['-1']],
    ['keeps pending groups while it swaps', 2, [3, 1, 1, 1], ['+1', '-1']],
    ['does not swap for groups without workers', 2, [0, 1, 1, 0, 2], []],
  ] as const)('%s', (_, wanted, [pending, idle, busy, drainPending, cancelled = 0], steps) => {
    let all: Counts = { ...noCounts, pending, idle, busy, drainPending, cancelled };
    let swapping = false;
    const done: string[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const limit = { maxTasks: null, launches: 9, excessConfirmed: false, swapping };
      const step = plan(wanted, all, limit);
      if (step.cancelDrains > 0) done.push(`+${step.cancelDrains}`);
      if (step.drainServing > 0) done.push(`-${step.drainServing}`);
      all = carriedOut(all, step);
      swapping = step.swap;
    }
    expect(done).toEqual(steps);
    expect(all.pending).toBe(pending);
  });

  it('drains no busy group in place of one whose drain could not be cancelled', () => {
    const crossed = { ...noCounts, pending: 2, idle: 1, busy: 2, stopping: 1 };
    const limit = { maxTasks: null, launches: 9, excessConfirmed: false, swapping: true };
    const nothing = {
      cancelDrains: 0,
      swap: false,
      admit: 0,
      drainPendingGroups: 0,
      ...{ drainServing: 0, drainDegraded: false },
    };
    expect(plan(3, crossed, limit)).toEqual(nothing);
    expect(plan(1, crossed, limit)).toEqual({ ...nothing, drainServing: 1 });
  });

  it('cancels the drains of serving and other groups without draining others for them', () => {
    const some = { ...noCounts, idle: 1, busy: 1, drainPending: 1, cancelled: 2 };
    const limit = { maxTasks: null, launches: 9, excessConfirmed: false, swapping: false };
    expect(plan(6, some, limit)).toMatchObject({ cancelDrains: 3, admit: 1 });
    expect(plan(2, { ...some, drainPending: 0 }, limit)).toMatchObject({ cancelDrains: 0 });
  });

  it('takes back groups whose StopTask is not sent yet before any is launched', () => {
    const limit = { maxTasks: 20, launches: 9, excessConfirmed: false, swapping: false };
    const some = { ...noCounts, idle: 1, stopping: 19, unsent: 16 };
    expect(plan(5, some, limit)).toMatchObject({ cancelDrains: 4, admit: 0 });
    expect(plan(19, some, limit)).toMatchObject({ cancelDrains: 16, admit: 0 });
    expect(plan(5, { ...some, unsent: 0 }, limit)).toMatchObject({ cancelDrains: 0, admit: 0 });
  });

  it('takes no group that is told to stop back for an idle one to go in its place', () => {
    const limit = { maxTasks: null, launches: 9, excessConfirmed: false, swapping: false };
    const some = { ...noCounts, idle: 1, stopping: 19, unsent: 16 };
    expect(plan(1, some, limit)).toMatchObject({ cancelDrains: 0, swap: false });
  });

  it('stays within its limits, and plans nothing more once it was carried out', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(80), { nil: null }),
        counts,
        limits,
        fc.record({ wait: fc.boolean(), rest: fc.boolean() }),
        (...given) => {
          const [wanted, before, limit, how] = given;
          const step = plan(wanted, before, limit);
          for (const n of Object.values(step)) expect(Number(n)).toBeGreaterThanOrEqual(0);
          expect(step.admit).toBeLessThanOrEqual(limit.launches);
          expect(step.drainPendingGroups).toBeLessThanOrEqual(before.pending);
          expect(step.drainServing).toBeLessThanOrEqual(serving(before));
          expect(step.cancelDrains).toBeLessThanOrEqual(recallable(before));
          expect(step.admit > 0 && step.drainPendingGroups + step.drainServing > 0).toBe(false);
          const after = carriedOut(before, step, how);
          if (step.admit > 0 && limit.maxTasks !== null)
            expect(slots(after)).toBeLessThanOrEqual(limit.maxTasks);
          let rest = after;
          let { swap } = step;
          const left = { ...limit, launches: limit.launches - step.admit };
          const next = () => plan(wanted, rest, { ...left, swapping: swap });
          // A swap takes two more, and where pending groups are held there may be several, of one group at least.
          for (let i = 0; i < 2 * before.drainPending + 2; i++) {
            const more = next();
            rest = carriedOut(rest, more, how);
            swap = more.swap;
          }
          const end = {
            cancelDrains: 0,
            swap: false,
            admit: 0,
            drainPendingGroups: 0,
            ...{ drainServing: 0, drainDegraded: false },
          };
          expect(next()).toEqual(end);
        },
      ),
    );
  });

  it('reaches the demand once all groups have started or ended', () => {
    fc.assert(
      fc.property(fc.nat(80), counts, limits, (wanted, start, limit) => {
        let now: Counts = start;
        for (let i = 0; i < 6; i++) {
          const next = carriedOut(
            now,
            plan(wanted, now, { ...limit, launches: 200, swapping: false }),
          );
          now = {
            ...noCounts,
            busy: serving(next) + next.pending,
          };
        }
        expect(now.busy).toBe(Math.min(wanted, limit.maxTasks ?? wanted));
      }),
    );
  });
});

it('swaps no group that has only to rest before it leaves: two would take turns for ever', () => {
  const given = { maxTasks: null, launches: 10, excessConfirmed: false, swapping: false };
  const some = { ...noCounts, idle: 3, drainPending: 2, resting: 2 };
  expect(plan(3, some, given)).toMatchObject({ cancelDrains: 0, swap: false });
  expect(plan(3, { ...some, resting: 1 }, given)).toMatchObject({ cancelDrains: 1, swap: true });
});

it('swaps no group for one that was last shown as idle long ago', () => {
  const some = { ...noCounts, idle: 1, drainPending: 1 };
  const given = { maxTasks: null, launches: 10, excessConfirmed: false, swapping: false };
  expect(plan(1, some, given)).toMatchObject({ cancelDrains: 1, swap: true });
  expect(plan(1, some, { ...given, mayNotSwap: true })).toMatchObject({
    ...{ cancelDrains: 0, swap: false, drainServing: 0 },
  });
});
