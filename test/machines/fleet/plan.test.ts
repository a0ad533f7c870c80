import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCounts,
  type Counts,
  groupsToKeep,
  noCounts,
  plan,
  serving,
  slots,
  total,
} from '../../../machines/fleet/plan.ts';

const counts = fc
  .record({
    pending: fc.nat(50),
    absent: fc.constant(0),
    idle: fc.nat(30),
    busy: fc.nat(30),
    drainPending: fc.nat(20),
    cancelled: fc.nat(20),
    stopping: fc.nat(50),
    freed: fc.nat(50),
    missingWorkers: fc.constant(0),
  })
  .map((some) => ({ ...some, freed: Math.min(some.freed, some.stopping) }));
const limits = fc.record({
  maxTasks: fc.option(fc.nat(120), { nil: null }),
  launches: fc.nat(120),
  excessConfirmed: fc.boolean(),
  swapping: fc.boolean(),
});

/** `wait`: who boots has no task yet, and who is at work is waited for. */
const carriedOut = (
  before: Counts,
  { cancelDrains, admit, drainPendingGroups, drainServing }: ReturnType<typeof plan>,
  wait = false,
): Counts => {
  const idle = Math.min(before.idle, drainServing);
  const busy = drainServing - idle;
  const serve = Math.min(before.drainPending, cancelDrains);
  return {
    pending: before.pending + admit - drainPendingGroups + (cancelDrains - serve),
    absent: 0,
    idle: before.idle - idle,
    busy: before.busy + serve - busy,
    drainPending: before.drainPending - serve + (wait ? busy : 0),
    cancelled: before.cancelled - (cancelDrains - serve) + (wait ? drainPendingGroups : 0),
    stopping: before.stopping + idle + (wait ? 0 : drainPendingGroups + busy),
    freed: before.freed,
    missingWorkers: before.missingWorkers,
  };
};

it('adds each count to its own, and counts no absent group twice in the total', () => {
  const some = {
    pending: 1,
    absent: 7,
    idle: 2,
    busy: 3,
    drainPending: 4,
    cancelled: 5,
    stopping: 6,
    freed: 2,
    missingWorkers: 8,
  };
  const twice = {
    pending: 2,
    absent: 14,
    idle: 4,
    busy: 6,
    drainPending: 8,
    cancelled: 10,
    stopping: 12,
    freed: 4,
    missingWorkers: 16,
  };
  expect(addCounts(some, some)).toEqual(twice);
  expect(addCounts(noCounts, some)).toEqual(some);
  expect(total(some)).toBe(21);
  expect(slots(some)).toBe(19);
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
    ['nobody has said yet', null, [3, 2, 0], null, 9, [0, 0, 0]],
    ['launches what is missing', 5, [1, 2, 0], null, 9, [2, 0, 0]],
    ['counts those on their way out against the limit', 5, [1, 1, 2], 5, 9, [1, 0, 0]],
    ['launches no more than it may right now', 9, [0, 0, 0], null, 4, [4, 0, 0]],
    [
      'holds pending groups while what is wanted covers the serving',
      1,
      [3, 1, 0],
      null,
      9,
      [0, 0, 0],
    ],
    ['holds pending groups when none serves yet', 1, [3, 0, 0], null, 9, [0, 0, 0]],
    [
      'gives up pending groups first when fewer than the serving are wanted',
      1,
      [3, 2, 0],
      null,
      9,
      [0, 3, 1],
    ],
    ['gives up everything at zero', 0, [3, 2, 1], null, 9, [0, 3, 2]],
    ['gives up pending groups at zero though none serves yet', 0, [3, 0, 0], null, 9, [0, 3, 0]],
    ['takes back those that wait before it launches any', 5, [0, 2, 0, 2], null, 9, [1, 0, 0, 2]],
    ['is bounded by the limit', 9, [1, 1, 0], 4, 9, [2, 0, 0]],
    ['drains what a smaller limit no longer covers', 9, [0, 6, 0], 4, 9, [0, 0, 2]],
    ['holds no pending groups above the limit for long', 9, [3, 2, 0], 4, 9, [0, 1, 0]],
    ['holds pending groups within the limit', 1, [3, 1, 0], 4, 9, [0, 0, 0]],
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

  it('waits for the dead to be noticed before it stops the living above the limit', () => {
    const five = { ...noCounts, pending: 3, busy: 2 };
    expect(
      plan(9, five, { maxTasks: 4, launches: 9, excessConfirmed: false, swapping: false })
        .drainPendingGroups,
    ).toBe(0);
  });

  it.each([
    ['puts who is idle in the place of who waits for that', 2, [0, 2, 0, 1], ['+1', '-1']],
    ['swaps no more than wait', 3, [0, 3, 0, 1], ['+1', '-1']],
    ['lets those go first that are too many', 1, [0, 2, 0, 2], ['-1', '+1', '-1']],
    ['swaps nobody at zero', 0, [0, 1, 0, 1], ['-1']],
    ['holds pending groups while it swaps', 2, [3, 1, 1, 1], ['+1', '-1']],
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

  it('lets nobody at work go in the place of one that could not be taken back after all', () => {
    const crossed = { ...noCounts, pending: 2, idle: 1, busy: 2, stopping: 1 };
    const limit = { maxTasks: null, launches: 9, excessConfirmed: false, swapping: true };
    const nothing = {
      cancelDrains: 0,
      swap: false,
      admit: 0,
      drainPendingGroups: 0,
      drainServing: 0,
    };
    expect(plan(3, crossed, limit)).toEqual(nothing);
    expect(plan(1, crossed, limit)).toEqual({ ...nothing, drainServing: 1 });
  });

  it('takes back who serves and who does not, and puts nobody in the place of those', () => {
    const some = { ...noCounts, idle: 1, busy: 1, drainPending: 1, cancelled: 2 };
    const limit = { maxTasks: null, launches: 9, excessConfirmed: false, swapping: false };
    expect(plan(6, some, limit)).toMatchObject({ cancelDrains: 3, admit: 1 });
    expect(plan(2, { ...some, drainPending: 0 }, limit)).toMatchObject({ cancelDrains: 0 });
  });

  it('keeps its bounds, and has nothing left to do once it was carried out', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(80), { nil: null }),
        counts,
        limits,
        fc.boolean(),
        (...given) => {
          const [wanted, before, limit, wait] = given;
          const step = plan(wanted, before, limit);
          for (const n of Object.values(step)) expect(Number(n)).toBeGreaterThanOrEqual(0);
          expect(step.admit).toBeLessThanOrEqual(limit.launches);
          expect(step.drainPendingGroups).toBeLessThanOrEqual(before.pending);
          expect(step.drainServing).toBeLessThanOrEqual(serving(before));
          expect(step.cancelDrains).toBeLessThanOrEqual(before.drainPending + before.cancelled);
          expect(step.admit > 0 && step.drainPendingGroups + step.drainServing > 0).toBe(false);
          const after = carriedOut(before, step, wait);
          if (step.admit > 0 && limit.maxTasks !== null)
            expect(slots(after)).toBeLessThanOrEqual(limit.maxTasks);
          let rest = after;
          let { swap } = step;
          const left = { ...limit, launches: limit.launches - step.admit };
          const next = () => plan(wanted, rest, { ...left, swapping: swap });
          // A swap takes two more, and where pending groups are held there may be several, of one group at least.
          for (let i = 0; i < 2 * before.drainPending + 2; i++) {
            const more = next();
            rest = carriedOut(rest, more, wait);
            swap = more.swap;
          }
          const end = {
            cancelDrains: 0,
            swap: false,
            admit: 0,
            drainPendingGroups: 0,
            drainServing: 0,
          };
          expect(next()).toEqual(end);
        },
      ),
    );
  });

  it('ends at what is wanted once all groups have come up or gone', () => {
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
