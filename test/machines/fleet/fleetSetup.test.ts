import { describe, expect, it } from 'vitest';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { liveManager, orphan, readyManager, tasksOf } from '../../support/liveManager.ts';
import { holesOf } from '../../support/placeholders.ts';

type Manager = ReturnType<typeof liveManager>;

const failed = (kind: string) => Object.assign(new Error('it failed'), { kind });
const modes = ({ actor }: Pick<Manager, 'actor'>) =>
  actor.getSnapshot().value as Record<string, unknown>;
const empty = (at: number) => ({ type: 'scheduler.desired' as const, at, requests: [] });
const isDrained = (note: unknown) => !('tasks' in (note as object)) && 'why' in (note as object);

describe('a failed list at the end', () => {
  const ending = async (prepared: boolean) => {
    const all = liveManager({ journalIncomplete: true });
    if (prepared) all.actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    all.at(10_000);
    all.actor.send({ type: 'fleet.stop' });
    return all;
  };

  it('shows that no task is left where the cluster is gone', async () => {
    const all = await ending(true);
    await all.inventoried(failed('unprepared'));
    expect(all.fleet()).toMatchObject({ inventoryAt: 10_000, inventoryFailures: 0 });
  });

  it.each([
    ['another reason', true, 'unreachable'],
    ['a cluster that was never prepared', false, 'unprepared'],
  ])('shows nothing for %s', async (_, prepared, kind) => {
    const all = await ending(prepared);
    await all.inventoried(failed(kind));
    expect(all.fleet()).toMatchObject({ inventoryAt: null, inventoryFailures: 1 });
  });
});

describe('the preparation of AWS', () => {
  it('begins no list after the first one: the next tick does', async () => {
    const all = await readyManager();
    all.at(70_000);
    for (const now of [75_000, 80_000]) all.at(now);
    await all.inventoried({ startedAt: 70_000, tasks: [orphan('arn/1')] });
    const calls = all.calls.inventory.length;
    all.actor.send({ type: 'fleet.prepared', revision: 'rev:2' });
    expect(all.calls.inventory).toHaveLength(calls);
    all.at(81_000);
    expect(all.calls.inventory).toHaveLength(calls + 1);
  });

  it('is waited for no longer once everything is to end and nothing is left', () => {
    const ended = (given: object, prepared: boolean) => {
      const all = liveManager(given);
      if (prepared) all.actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
      all.tick(9000);
      all.at(10_000);
      all.actor.send({ type: 'fleet.stop' });
      all.at(11_000);
      return modes(all).lifecycle;
    };
    expect(ended({}, false)).toBe('stopped');
    expect(ended({}, true)).toBe('stopping');
    expect(ended({ journalIncomplete: true }, false)).toBe('stopping');
  });
});

it('what was launched may still be there when everything is to end: a list that is due comes first', async () => {
  const all = await readyManager();
  all.at(11_000);
  all.command(2);
  all.report({ pending: 1 }, 1);
  all.command(0);
  all.report({});
  all.at(22_000);
  all.actor.send({ type: 'fleet.stop' });
  const before = all.calls.inventory.length;
  all.tick(23_000);
  expect([all.modes().lifecycle, all.calls.inventory.length - before]).toEqual(['stopping', 1]);
  await all.inventoried({});
  all.tick(24_000);
  expect(all.modes().lifecycle).toBe('stopped');
});

it('a scheduler that names no number has not commanded', async () => {
  const all = await readyManager();
  all.actor.send({ type: 'scheduler.desired', at: 11_000, requests: [] });
  expect(all.modes().demand).toBe('awaited');
  all.command(0);
  expect(all.modes().demand).toBe('byCount');
});

it('the journal is relied on after a third denial, not after another failure', async () => {
  const all = liveManager();
  for (const [now, kind] of [
    [10_000, 'denied'],
    [20_000, 'denied'],
    [30_000, 'unreachable'],
  ] as const) {
    all.at(now);
    await all.inventoried(failed(kind));
    expect(modes(all).lifecycle).toBe('recovering');
  }
});

describe('the first answer of a scheduler', () => {
  it.each([
    ['comes back to groups that wait for a cohort', { owned: tasksOf(1) }, 0, 'returning'],
    ['comes back to groups of a cohort', { owned: tasksOf(1) }, 1, 'returning'],
    ['is there where there is no group', {}, 1, 'present'],
  ])('%s', (_, given, turns, expected) => {
    const all = liveManager(given);
    for (let i = 0; i < turns; i++) all.clock.increment(1);
    all.echo(500);
    expect(modes(all).scheduler).toBe(expected);
  });
});

describe('a scheduler that has come back', () => {
  const returned = () => {
    const all = liveManager();
    all.echo(500);
    all.actor.send({ type: 'scheduler.lost', at: 600 });
    all.echo(700);
    expect(modes(all).scheduler).toBe('returning');
    return all;
  };

  it('counts as returning for half a minute', () => {
    const all = returned();
    all.at(30_699);
    expect(modes(all).scheduler).toBe('returning');
    all.at(30_700);
    expect(modes(all).scheduler).toBe('present');
  });

  it.each([
    [30_699, 'returning'],
    [30_700, 'present'],
  ])('and was silent is, when it answers at %i ms, %s', (at, expected) => {
    const all = returned();
    all.tick(6701);
    expect(modes(all).scheduler).toEqual({ absent: 'silent' });
    all.echo(at);
    expect(modes(all).scheduler).toBe(expected);
  });
});

describe('empty requests', () => {
  it('drain the fleet once after a minute', async () => {
    const { actor, at, says, command } = await readyManager();
    command(2);
    actor.send(empty(11_000));
    for (const now of [71_000, 72_000, 140_000]) at(now);
    expect(says().filter(isDrained)).toHaveLength(1);
  });

  it('keep a scheduler from being reported as one that never commands', async () => {
    const { actor, at, says } = await readyManager();
    at(30_000);
    actor.send(empty(30_000));
    at(71_000);
    expect(says()).toEqual([]);
  });
});

it('what is desired while the scheduler is gone is nothing from the next tick on', async () => {
  const { tick, tickUntil, fleet, command, says } = await readyManager();
  command(2);
  tickUntil(611_000);
  expect(fleet().desired).toBe(0);
  command(4);
  expect(fleet().desired).toBe(2);
  says();
  tick(612_000);
  tick(613_000);
  expect(fleet().desired).toBe(0);
  expect(says().filter(isDrained)).toHaveLength(1);
});

it('the monitor stream is connected as long as it shows loads', () => {
  const all = liveManager();
  const seen = [null, {}, {}, null, null, {}].map((loads) => {
    all.actor.send({ type: 'monitor.loads', at: 1, loads });
    return modes(all).monitor;
  });
  expect(seen).toEqual(['unknown', 'connected', 'connected', 'lost', 'lost', 'connected']);
});

it('workers that end while the scheduler is away open no breaker', () => {
  const all = liveManager();
  const ended = {
    ...({
      type: 'cohort.launchFailed',
      cohortId: 'cohort.0',
      kind: 'exited',
      reason: 'x',
    } as const),
    ...({ market: null, signal: 'registered' } as const),
  };
  all.actor.send(ended);
  expect(all.fleet().breakers).toEqual({});
  all.echo(500);
  all.actor.send(ended);
  expect(Object.keys(all.fleet().breakers)).toEqual(['exited']);
});

it('the manager has not ended as long as there are tasks', async () => {
  const all = await readyManager({ owned: tasksOf(1) });
  all.clock.increment(1);
  all.actor.send({ type: 'fleet.stop' });
  all.at(11_000);
  expect(modes(all).lifecycle).toBe('stopping');
});

it('names an effect that was not provided', async () => {
  expect(await holesOf(fleetManager)).toEqual({
    inventory: "effect 'inventory' is not provided",
    journalAdoption: "effect 'journalAdoption' is not provided",
  });
});
