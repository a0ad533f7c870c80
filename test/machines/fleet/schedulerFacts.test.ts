import { describe, expect, it } from 'vitest';
import { noEvidence } from '../../../machines/fleet/lookAhead.ts';
import { liveManager, orphan, readyManager } from '../../support/liveManager.ts';

const modes = ({ actor }: Pick<ReturnType<typeof liveManager>, 'actor'>) =>
  actor.getSnapshot().value as { scheduler: unknown; hold: string };

describe('an answer of the scheduler', () => {
  it('is recorded, the first and the last; it is quiet since the last', () => {
    const { echo, fleet } = liveManager();
    echo(500);
    echo(2500);
    expect(fleet()).toMatchObject({ answersSince: 500, lastEchoAt: 2500, quietSince: 2500 });
  });

  it('after the connection was lost is its return', () => {
    const { actor, echo, fleet } = liveManager();
    echo(500);
    actor.send({ type: 'scheduler.lost', at: 600 });
    echo(700);
    expect(fleet().returnedAt).toBe(700);
  });

  it('has come back when the first list shows tasks of an earlier run, as of the last tick', async () => {
    const all = liveManager();
    all.at(10_000);
    all.echo(10_500);
    await all.inventoried({ tasks: [orphan('arn/0')] });
    expect(modes(all).scheduler).toBe('returning');
    expect(all.fleet().returnedAt).toBe(10_000);
  });
});

describe('the connection to the scheduler', () => {
  const oneMismatch = { mismatches: 1, isOther: false };

  it.each([
    ['closed', noEvidence],
    ['unacknowledged', oneMismatch],
    ['ready', oneMismatch],
    ['conflict', oneMismatch],
  ] as const)(
    'is recorded; what showed the policy is forgotten when it is closed (%s)',
    (status, policy) => {
      const { actor, command, fleet } = liveManager();
      const work = { at: 0, tasks: 0, workers: 0, own: 0, otherManagers: 0, everyMs: 1000 };
      for (const at of [0, 0]) actor.send({ type: 'monitor.work', at, work });
      command(7);
      expect(fleet().policy).toEqual(oneMismatch);
      actor.send({ type: 'scheduler.connection', at: 1, status });
      expect(fleet()).toMatchObject({ connection: status, policy });
    },
  );
});

describe('a list after some that were of no use', () => {
  const left = { tasks: [orphan('arn/1')] };
  const failure = new Error('no answer');

  it.each([
    ['is read soon when the scheduler answers, if tasks were left alone', [left], 'ready', 1],
    ['waits while another connection may replace ours', [left], 'conflict', 0],
    ['waits while there is no connection', [left], 'closed', 0],
    ['waits where none was left alone', [failure], 'ready', 0],
    ['waits where a list has failed since some were left alone', [left, failure], 'ready', 0],
  ] as const)('%s', async (_, outcomes, status, lists) => {
    const { actor, at, tick, inventoried, calls } = liveManager();
    actor.send({ type: 'scheduler.connection', at: 1, status: 'unacknowledged' });
    for (const [i, now] of [10_000, 70_000, 130_000, 190_000].entries()) {
      at(now);
      await inventoried(outcomes[i < 3 ? 0 : outcomes.length - 1] as object);
    }
    const listsUntil = (end: number) => {
      const before = calls.inventory.length;
      tick(end);
      return calls.inventory.length - before;
    };
    actor.send({ type: 'scheduler.connection', at: 190_500, status });
    expect(listsUntil(194_999)).toBe(0);
    expect(listsUntil(195_000)).toBe(lists);
  });
});

it('what the scheduler speaks is recorded', () => {
  const { actor, fleet } = liveManager();
  const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false } as const;
  actor.send({ type: 'scheduler.identified', at: 1, terms });
  expect(fleet().terms).toEqual(terms);
});

it('the reason and the time of the last hold are recorded', async () => {
  const all = await readyManager();
  all.actor.send({ type: 'fleet.hold', at: 11_000, reason: 'upgrade' });
  expect(all.fleet()).toMatchObject({ holdReason: 'upgrade', heldSince: 11_000 });
  all.actor.send({ type: 'fleet.hold', at: 12_000, reason: 'costs' });
  expect(all.fleet()).toMatchObject({ holdReason: 'costs', heldSince: 12_000 });
  expect(modes(all).hold).toBe('held');
});
