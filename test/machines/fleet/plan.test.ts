import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCounts,
  type Counts,
  noCounts,
  plan,
  serving,
  total,
} from '../../../machines/fleet/plan.ts';

const counts = fc.record({
  booting: fc.nat(50),
  idle: fc.nat(30),
  busy: fc.nat(30),
  waiting: fc.nat(20),
  revoked: fc.nat(20),
  draining: fc.nat(50),
});
const limits = fc.record({
  maxTasks: fc.option(fc.nat(120), { nil: null }),
  launches: fc.nat(120),
  overdue: fc.boolean(),
  swapping: fc.boolean(),
});

/** `wait`: who boots has no task yet, and who is at work is waited for. */
const carriedOut = (
  before: Counts,
  { reprieve, admit, drainBooting, drainServing }: ReturnType<typeof plan>,
  wait = false,
): Counts => {
  const idle = Math.min(before.idle, drainServing);
  const busy = drainServing - idle;
  const serve = Math.min(before.waiting, reprieve);
  return {
    booting: before.booting + admit - drainBooting + (reprieve - serve),
    idle: before.idle - idle,
    busy: before.busy + serve - busy,
    waiting: before.waiting - serve + (wait ? busy : 0),
    revoked: before.revoked - (reprieve - serve) + (wait ? drainBooting : 0),
    draining: before.draining + idle + (wait ? 0 : drainBooting + busy),
  };
};

it('adds each count to its own', () => {
  const some = { booting: 1, idle: 2, busy: 3, waiting: 4, revoked: 5, draining: 6 };
  const twice = { booting: 2, idle: 4, busy: 6, waiting: 8, revoked: 10, draining: 12 };
  expect(addCounts(some, some)).toEqual(twice);
  expect(addCounts(noCounts, some)).toEqual(some);
  expect(total(some)).toBe(21);
});

describe('plan', () => {
  it.each([
    ['nobody has said yet', null, [3, 2, 0], null, 9, [0, 0, 0]],
    ['launches what is missing', 5, [1, 2, 0], null, 9, [2, 0, 0]],
    ['counts those on their way out against the limit', 5, [1, 1, 2], 5, 9, [1, 0, 0]],
    ['launches no more than it may right now', 9, [0, 0, 0], null, 4, [4, 0, 0]],
    [
      'holds booting groups while what is wanted covers the serving',
      1,
      [3, 1, 0],
      null,
      9,
      [0, 0, 0],
    ],
    ['holds booting groups when none serves yet', 1, [3, 0, 0], null, 9, [0, 0, 0]],
    [
      'gives up booting groups first when fewer than the serving are wanted',
      1,
      [3, 2, 0],
      null,
      9,
      [0, 3, 1],
    ],
    ['gives up everything at zero', 0, [3, 2, 1], null, 9, [0, 3, 2]],
    ['gives up booting groups at zero though none serves yet', 0, [3, 0, 0], null, 9, [0, 3, 0]],
    ['takes back those that wait before it launches any', 5, [0, 2, 0, 2], null, 9, [1, 0, 0, 2]],
    ['is bounded by the limit', 9, [1, 1, 0], 4, 9, [2, 0, 0]],
    ['drains what a smaller limit no longer covers', 9, [0, 6, 0], 4, 9, [0, 0, 2]],
    ['holds no booting groups above the limit for long', 9, [3, 2, 0], 4, 9, [0, 1, 0]],
    ['holds booting groups within the limit', 1, [3, 1, 0], 4, 9, [0, 0, 0]],
  ] as const)(
    '%s',
    (_, wanted, [booting, busy, draining, waiting = 0], maxTasks, launches, expected) => {
      const { reprieve, admit, drainBooting, drainServing } = plan(
        wanted,
        { ...noCounts, booting, busy, waiting, draining },
        { maxTasks, launches, overdue: true, swapping: false },
      );
      expect([admit, drainBooting, drainServing, reprieve]).toEqual([...expected, 0].slice(0, 4));
    },
  );

  it('stops those above the limit before the scheduler has said anything, and nothing else', () => {
    const three = { ...noCounts, booting: 1, busy: 2 };
    const overdue = (maxTasks: number | null, isOverdue: boolean) => {
      const limit = { maxTasks, launches: 9, overdue: isOverdue, swapping: false };
      const { admit, drainBooting, drainServing } = plan(null, three, limit);
      return [admit, drainBooting, drainServing];
    };
    expect(overdue(2, true)).toEqual([0, 1, 0]);
    expect(overdue(1, true)).toEqual([0, 1, 1]);
    expect(overdue(2, false)).toEqual([0, 0, 0]);
    expect(overdue(null, false)).toEqual([0, 0, 0]);
  });

  it('waits for the dead to be noticed before it stops the living above the limit', () => {
    const five = { ...noCounts, booting: 3, busy: 2 };
    expect(
      plan(9, five, { maxTasks: 4, launches: 9, overdue: false, swapping: false }).drainBooting,
    ).toBe(0);
  });

  it.each([
    ['puts who is idle in the place of who waits for that', 2, [0, 2, 0, 1], ['+1', '-1']],
    ['swaps no more than wait', 3, [0, 3, 0, 1], ['+1', '-1']],
    ['lets those go first that are too many', 1, [0, 2, 0, 2], ['-1', '+1', '-1']],
    ['swaps nobody at zero', 0, [0, 1, 0, 1], ['-1']],
    ['holds booting groups while it swaps', 2, [3, 1, 1, 1], ['+1', '-1']],
    ['does not swap for groups without workers', 2, [0, 1, 1, 0, 2], []],
  ] as const)('%s', (_, wanted, [booting, idle, busy, waiting, revoked = 0], steps) => {
    let all: Counts = { ...noCounts, booting, idle, busy, waiting, revoked };
    let swapping = false;
    const done: string[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const limit = { maxTasks: null, launches: 9, overdue: false, swapping };
      const step = plan(wanted, all, limit);
      if (step.reprieve > 0) done.push(`+${step.reprieve}`);
      if (step.drainServing > 0) done.push(`-${step.drainServing}`);
      all = carriedOut(all, step);
      swapping = step.swap;
    }
    expect(done).toEqual(steps);
    expect(all.booting).toBe(booting);
  });

  it('lets nobody at work go in the place of one that could not be taken back after all', () => {
    const crossed = { ...noCounts, booting: 2, idle: 1, busy: 2, draining: 1 };
    const limit = { maxTasks: null, launches: 9, overdue: false, swapping: true };
    const nothing = { reprieve: 0, swap: false, admit: 0, drainBooting: 0, drainServing: 0 };
    expect(plan(3, crossed, limit)).toEqual(nothing);
    expect(plan(1, crossed, limit)).toEqual({ ...nothing, drainServing: 1 });
  });

  it('takes back who serves and who does not, and puts nobody in the place of those', () => {
    const some = { ...noCounts, idle: 1, busy: 1, waiting: 1, revoked: 2 };
    const limit = { maxTasks: null, launches: 9, overdue: false, swapping: false };
    expect(plan(6, some, limit)).toMatchObject({ reprieve: 3, admit: 1 });
    expect(plan(2, { ...some, waiting: 0 }, limit)).toMatchObject({ reprieve: 0 });
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
          expect(step.drainBooting).toBeLessThanOrEqual(before.booting);
          expect(step.drainServing).toBeLessThanOrEqual(serving(before));
          expect(step.reprieve).toBeLessThanOrEqual(before.waiting + before.revoked);
          expect(step.admit > 0 && step.drainBooting + step.drainServing > 0).toBe(false);
          const after = carriedOut(before, step, wait);
          if (step.admit > 0 && limit.maxTasks !== null)
            expect(total(after)).toBeLessThanOrEqual(limit.maxTasks);
          let rest = after;
          let { swap } = step;
          const left = { ...limit, launches: limit.launches - step.admit };
          const next = () => plan(wanted, rest, { ...left, swapping: swap });
          // A swap takes two more, and where booting groups are held there may be several, of one group at least.
          for (let i = 0; i < 2 * before.waiting + 2; i++) {
            const more = next();
            rest = carriedOut(rest, more, wait);
            swap = more.swap;
          }
          const end = { reprieve: 0, swap: false, admit: 0, drainBooting: 0, drainServing: 0 };
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
            booting: 0,
            idle: 0,
            busy: serving(next) + next.booting,
            waiting: 0,
            revoked: 0,
            draining: 0,
          };
        }
        expect(now.busy).toBe(Math.min(wanted, limit.maxTasks ?? wanted));
      }),
    );
  });
});
