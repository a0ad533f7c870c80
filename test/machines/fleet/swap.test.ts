import { describe, expect, it } from 'vitest';
import { readyManager } from '../../support/liveManager.ts';

describe('a busy group that drains while another is idle', () => {
  it('is kept only once a report shows that the other is still idle', async () => {
    const { actor, at, command, report, orders } = await readyManager();
    at(11_000);
    command(2 * 2);
    report({ idle: 2 });
    actor.send({ type: 'monitor.freshness', at: 11_000, isCurrent: false });
    orders();
    command(2);
    expect(orders()).toMatchObject([{ type: 'cohort.drain', idle: 1 }]);
    // It waits for an idle moment: the report that showed it idle is old.
    report({ idle: 1, drainPending: 1 });
    expect(orders()).toEqual([]);
    actor.send({ type: 'monitor.freshness', at: 12_000, isCurrent: true });
    command(2);
    expect(orders()).toContainEqual(
      expect.objectContaining({ type: 'cohort.cancelDrain', most: 1 }),
    );
  });

  it('is kept, and the idle one is drained in its place, in whatever cohort it is', async () => {
    const { at, command, report, orders, actor, fleet } = await readyManager();
    at(11_000);
    command(2 * 3);
    report({ pending: 1, busy: 2 });
    command(2);
    report({ pending: 0, busy: 1, drainPending: 1, cancelled: 1 });
    command(2 * 2);
    report({ pending: 1, busy: 1, drainPending: 1 });
    orders();
    command(2);
    report({ pending: 1, idle: 1, drainPending: 1 });
    expect(orders()).toMatchObject([{ type: 'cohort.cancelDrain', most: 1 }]);
    expect(fleet().swapping).toBe(true);
    report({ pending: 1, idle: 1, busy: 1 });
    expect(orders()).toMatchObject([{ type: 'cohort.drain', pending: 0, idle: 1, busy: 0 }]);
    expect(fleet().swapping).toBe(false);
    actor.send({ type: 'tick', now: 12_000 });
    expect(orders()).not.toContainEqual(expect.objectContaining({ type: 'cohort.drain' }));
  });

  it('is not swapped again for the idle one that was drained and rests before it leaves', async () => {
    const { at, command, report, orders } = await readyManager();
    at(11_000);
    command(2 * 2);
    report({ idle: 1, busy: 1 });
    command(2);
    orders();
    report({ idle: 1, drainPending: 1 });
    report({ idle: 1, busy: 1 });
    expect(orders()).toMatchObject([
      { type: 'cohort.cancelDrain', most: 1 },
      { type: 'cohort.drain', idle: 1 },
    ]);
    report({ idle: 1, drainPending: 1, resting: 1 });
    at(12_000);
    const taken = () => orders().filter(({ type }) => type === 'cohort.cancelDrain');
    expect(taken()).toEqual([]);
    // It has got work in the meantime.
    report({ idle: 1, drainPending: 1 });
    expect(taken()).toMatchObject([{ most: 1 }]);
  });

  it('is kept during the reconnect grace period, which only cancels drains', async () => {
    const { actor, at, command, report, orders, fleet } = await readyManager();
    at(11_000);
    command(2 * 2);
    report({ busy: 1, drainPending: 1 });
    orders();
    actor.send({ type: 'scheduler.lost', at: 0 });
    at(20_000);
    command(2);
    report({ idle: 1, drainPending: 1 });
    report({ idle: 1, busy: 1 });
    expect(orders()).not.toContainEqual(expect.objectContaining({ type: 'cohort.drain' }));
    expect(fleet().swapping).toBe(true);
    at(50_000);
    expect(orders()).toContainEqual(expect.objectContaining({ type: 'cohort.drain', idle: 1 }));
  });
});
