import { describe, expect, it } from 'vitest';
import { readyManager } from '../../support/liveManager.ts';

type Manager = Awaited<ReturnType<typeof readyManager>>;

describe('a launch whose turn has come', () => {
  const asked = async (at: number, before: (all: Manager) => void = () => {}) => {
    const all = await readyManager();
    all.command(4);
    all.answered();
    all.orders();
    before(all);
    const launch = { type: 'cohort.launchTurn', cohortId: 'cohort.0', label: 'e-1' } as const;
    all.actor.send({ ...launch, at });
    const [answer] = all.orders().filter(({ type }) => type === 'cohort.launchTurnAnswered');
    return { ...all, answer };
  };
  const answer = { type: 'cohort.launchTurnAnswered', label: 'e-1' };

  it('may be sent while launching is allowed', async () => {
    const all = await asked(16_000);
    expect(all.answer).toEqual({ ...answer, allowed: true });
  });

  it.each<[string, (all: Manager) => void]>([
    ['the connection is lost', ({ actor }) => actor.send({ type: 'scheduler.lost', at: 11_000 })],
    [
      'a person holds launches',
      ({ actor }) => actor.send({ type: 'fleet.hold', at: 11_000, reason: 'x' }),
    ],
    ['the tasks are left to the next start', ({ actor }) => actor.send({ type: 'fleet.leave' })],
    ['everything is to end', ({ actor }) => actor.send({ type: 'fleet.stop' })],
  ])('may not be sent once %s', async (_, before) => {
    const all = await asked(11_000, before);
    expect(all.answer).toEqual({ ...answer, allowed: false });
    expect(all.fleet().decisionStale).toBe(false);
  });

  it('may not be sent when the last answer is too old by then, and nothing is launched before the next tick', async () => {
    const { answer: said, fleet, command, echo, tick, orders } = await asked(16_001);
    expect(said).toEqual({ ...answer, allowed: false });
    const admits = () => orders().filter(({ type }) => type === 'cohort.admit').length;
    command(8);
    expect([fleet().decisionStale, admits()]).toEqual([true, 0]);
    echo(16_500);
    tick(17_000);
    expect([fleet().decisionStale, admits()]).toEqual([false, 1]);
  });

  it('of a cohort that is gone is not answered', async () => {
    const { actor, orders } = await readyManager();
    actor.send({ type: 'cohort.launchTurn', cohortId: 'cohort.9', label: 'e-1', at: 1 });
    expect(actor.getSnapshot().status).toBe('active');
    expect(orders()).toEqual([]);
  });

  it('is not sent when nothing is desired any more, though what there is stays for a cooldown', async () => {
    const all = await readyManager({}, { scaleDownCooldownMs: 60_000 });
    all.command(4);
    all.answered();
    const asks = () => {
      const launch = { type: 'cohort.launchTurn', cohortId: 'cohort.0', label: 'e-1' } as const;
      all.orders();
      all.actor.send({ ...launch, at: all.fleet().now });
      return all.orders();
    };
    // The scheduler counts workers that are connected: it may desire fewer than are on their way.
    all.command(3);
    expect(asks()).toEqual([{ ...answer, allowed: true }]);
    all.command(0);
    expect(asks()).toEqual([{ ...answer, allowed: false }]);
    all.command(4);
    expect(asks()).toEqual([{ ...answer, allowed: true }]);
  });

  it('is not sent when too many boot, though an idle group could go in the place of one at work', async () => {
    const all = await readyManager({}, { tasksPerWorker: 4 });
    all.command(6);
    all.report({ pending: 1, idle: 1, drainPending: 1 }, 1);
    const work = { at: 10_000, tasks: 1, workers: 4, own: 4, otherManagers: 0, everyMs: 1000 };
    all.actor.send({ type: 'monitor.work', at: 10_000, work });
    all.command(2);
    all.orders();
    all.actor.send({ type: 'cohort.launchTurn', cohortId: 'cohort.0', label: 'e-1', at: 10_000 });
    expect(all.orders()).toEqual([{ ...answer, allowed: false }]);
  });
});
