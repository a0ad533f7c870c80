import { describe, expect, it } from 'vitest';
import { newStatus } from '../../../machines/fleet/cohortStatus.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { rotatesFromNow, workersWithoutReplacement } from '../../../machines/fleet/rotation.ts';
import { counted } from '../../support/cohortTotals.ts';
import { fleetSettings, liveManager, readyManager, tasksOf } from '../../support/liveManager.ts';

const timeouts = { ...fleetSettings.timeouts, maxLifetimeMs: 3_600_000 };

describe('a restart while an old group is replaced', () => {
  /** Three groups of two workers were desired; one of them is too old, and its replacement is there. */
  const restarted = async (rotatesFrom: number | null) => {
    const given = { owned: tasksOf(4), rotatesFrom };
    const all = liveManager(given, { workersPerTask: 2, timeouts });
    all.clock.increment(0);
    await all.ready();
    return all;
  };
  const serving = { busy: 4, degradedMissing: 2, aged: 1 };
  const launches = ({ orders }: Awaited<ReturnType<typeof restarted>>) =>
    orders().filter(({ type }) => type === 'cohort.admit').length;

  it('desires what was desired before, and launches no other, once the replacement is connected', async () => {
    const all = await restarted(6);
    all.report({ pending: 4, aged: 1 });
    expect(rotatesFromNow(all.fleet())).toBe(6);
    all.command(8);
    all.report(serving);
    all.command(8);
    expect([all.fleet().desiredWorkers, all.fleet().rotatesFrom]).toEqual([6, 6]);
    // It has been back for long: degraded groups count by now.
    all.tickUntil(45_000);
    all.echo(45_000);
    all.command(8);
    expect(all.fleet().desired).toBe(4);
    expect(launches(all)).toBe(0);
    all.report({ ...serving, busy: 3, idle: 1, degradedWorkers: 2, degradedIdleWorkers: 2 });
    expect(all.orders()).toMatchObject([{ type: 'cohort.drain', degraded: 1 }]);
  });

  it('desires what was desired before though a command comes before the groups are counted', async () => {
    const all = liveManager(
      { owned: tasksOf(150), rotatesFrom: 296 },
      { workersPerTask: 2, timeouts },
    );
    all.echo(1000);
    all.command(300);
    expect([all.fleet().desiredWorkers, all.fleet().rotatesFrom]).toEqual([296, 296]);
  });

  it('launches the replacement that is not there any more', async () => {
    const all = await restarted(6);
    all.report({ busy: 3, degradedMissing: 2, aged: 1 });
    all.command(6);
    all.tickUntil(45_000);
    all.echo(45_000);
    all.command(6);
    expect([all.fleet().desiredWorkers, all.fleet().desired, launches(all)]).toEqual([6, 4, 1]);
  });

  it('desires what is commanded if the journal knows of no rotation, or no group is too old', async () => {
    for (const [rotatesFrom, aged] of [
      [null, 1],
      [6, 0],
    ] as const) {
      const all = await restarted(rotatesFrom);
      all.report({ busy: 4, aged });
      all.command(8);
      expect(all.fleet().desiredWorkers).toBe(8);
    }
  });
});

it('tells the journal what is desired without replacements: before one is launched, at each change, and when none is left', async () => {
  const all = await readyManager({}, { workersPerTask: 2, timeouts });
  const told = () => all.says().filter((note) => 'workers' in (note as object));
  all.command(6);
  all.report({ busy: 3 });
  expect(told()).toEqual([]);
  all.report({ busy: 3, degradedMissing: 2, aged: 1 });
  expect(told()).toEqual([{ workers: 6 }]);
  all.answered();
  for (const workers of [9, 9]) all.command(workers);
  expect(told()).toEqual([{ workers: 9 }]);
  all.answered();
  all.report({ busy: 3 });
  expect([told(), all.fleet().rotatesFrom]).toEqual([[{ workers: null }], null]);
  // Nothing was commanded yet.
  expect(rotatesFromNow({ ...all.fleet(), rotatesFrom: 2, desiredWorkers: null })).toBe(2);
});

describe('a command for as many workers as are connected, while an old group is replaced', () => {
  /** Three groups of two workers; one is too old, and its replacement boots, then serves. */
  const replacing = async (given: object = { timeouts }) => {
    const all = await readyManager({}, { workersPerTask: 2, ...given });
    all.command(6);
    all.report({ busy: 3 });
    all.report({ busy: 3, degradedMissing: 2, aged: 1 });
    all.command(6);
    expect(all.fleet().desired).toBe(4);
    all.orders();
    all.report({ busy: 4, degradedMissing: 2, aged: 1 });
    return all;
  };
  const kinds = ({ orders }: Awaited<ReturnType<typeof replacing>>) =>
    orders().map(({ type }) => type);

  it('desires no more than before: the old one leaves at its idle moment, and no other is launched', async () => {
    const all = await replacing();
    all.command(8);
    expect([all.fleet().desiredWorkers, all.fleet().desired]).toEqual([6, 4]);
    expect(kinds(all)).toEqual([]);
    all.report({
      ...{ busy: 3, idle: 1, degradedMissing: 2, aged: 1 },
      ...{ degradedWorkers: 2, degradedIdleWorkers: 2 },
    });
    expect(all.orders()).toMatchObject([{ type: 'cohort.drain', degraded: 1 }]);
    // Its workers are connected still.
    all.report({ busy: 3, stopping: 1, aged: 1 });
    all.command(8);
    all.command(8);
    expect([all.fleet().desiredWorkers, all.fleet().desired]).toEqual([6, 3]);
    all.report({ busy: 3 });
    all.command(6);
    expect([all.fleet().desiredWorkers, all.fleet().replacedFrom]).toEqual([6, null]);
    expect(kinds(all)).toEqual([]);
  });

  it('desires no more than before if the old one leaves before the first command for its replacement', async () => {
    for (const leaving of ['stopping', 'drainPending']) {
      const all = await replacing();
      all.report({ busy: 3, [leaving]: 1, aged: 1 });
      all.command(8);
      expect([all.fleet().desiredWorkers, all.fleet().desired]).toEqual([6, 3]);
      expect(kinds(all)).toEqual([]);
    }
  });

  it('is what is desired where a group has lost a worker, and none is too old', async () => {
    const { command, report, fleet, orders } = await readyManager(
      {},
      { workersPerTask: 2, timeouts },
    );
    command(4);
    const degraded = { degraded: 1, degradedWorkers: 1, missingWorkers: 1, degradedMissing: 1 };
    report({ busy: 3, ...degraded });
    command(5);
    expect([fleet().desiredWorkers, fleet().replacedFrom]).toEqual([5, null]);
    orders();
    report({ busy: 2, idle: 1, ...degraded, degradedIdleWorkers: 1 });
    expect(orders()).toEqual([]);
  });

  it('desires no more than before if the replacement connects while the monitor stream shows nothing', async () => {
    const all = await replacing();
    const view = { at: 0, tasks: 9, workers: 6, own: 6, otherManagers: 0, everyMs: null };
    const without = (given: object, workers: number, last: typeof view | null = null) => {
      const counts = { ...noCounts, busy: 3, pending: 2, absent: 1, aged: 1, ...given };
      const cohorts = { c: { ...newStatus(0), counts } };
      const fleet = counted({ ...all.fleet(), cohorts, views: { last, before: null } });
      return workersWithoutReplacement(fleet, { workers, isPlain: true });
    };
    expect(without({}, 8)).toBe(6);
    // A worker more than are connected; more than may be; one that is not sent yet; and what the stream would show.
    expect([without({}, 7), without({}, 10), without({ absent: 2 }, 8)]).toEqual([
      null,
      null,
      null,
    ]);
    expect(without({}, 8, view)).toBe(null);
    // One worker of the old group has not left yet.
    expect(without({ stopping: 1 }, 7)).toBe(6);
  });

  it('counts what was launched because the work needs it, beside what replaces the old group', async () => {
    const all = await readyManager({}, { workersPerTask: 2, timeouts });
    all.command(4);
    // Three more connect than replace the old one.
    all.report({ busy: 6, degradedMissing: 2, aged: 1 });
    all.command(12);
    expect([all.fleet().desiredWorkers, all.fleet().desired]).toEqual([10, 6]);
    all.orders();
    all.report({
      ...{ busy: 3, idle: 3, degradedMissing: 2, aged: 1 },
      ...{ degradedWorkers: 2, degradedIdleWorkers: 2 },
    });
    expect(all.orders()).toMatchObject([{ type: 'cohort.drain', degraded: 1, idle: 0, busy: 0 }]);
  });

  it('is what is desired if it asks for more or for fewer than are connected', async () => {
    for (const workers of [9, 7, 5]) {
      const all = await replacing();
      all.command(workers);
      expect([all.fleet().desiredWorkers, all.fleet().replacedFrom]).toEqual([workers, null]);
    }
  });

  it('is what is desired where no group is being replaced', async () => {
    const { command, report, fleet } = await readyManager({}, { workersPerTask: 2, timeouts });
    command(6);
    report({ busy: 4 });
    command(8);
    expect([fleet().desiredWorkers, fleet().replacedFrom]).toEqual([8, null]);
  });

  it('is what is desired where no group is ever too old, or the policy is another one', async () => {
    const without = await replacing({});
    without.command(8);
    expect(without.fleet().desiredWorkers).toBe(8);
    const { fleet } = await replacing();
    const plain = { workers: 8, isPlain: true };
    expect(workersWithoutReplacement(fleet(), plain)).toBe(6);
    expect(workersWithoutReplacement(fleet(), { ...plain, isPlain: false })).toBe(null);
    const policy = { mismatches: 3, isOther: true };
    expect(workersWithoutReplacement({ ...fleet(), policy }, plain)).toBe(null);
  });
});
