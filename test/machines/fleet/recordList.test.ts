import { describe, expect, it } from 'vitest';
import { liveManager, orphan, readyManager, resent } from '../../support/liveManager.ts';
import { settle } from '../../support/world.ts';

/** A list with these tasks, and how often it has been read. */
const countedList = (startedAt: number, tasks: object[]) => {
  let readings = 0;
  const list = {
    ...{ startedAt, tasks },
    get unlisted() {
      readings++;
      return [];
    },
  };
  return { list, readings: () => readings };
};

describe('a list is read once', () => {
  it.each([
    ['where it shows nothing new', [orphan('arn/1', { owned: true })], 'idle'],
    ['where it adopts', [orphan('arn/1')], 'adopting'],
  ])('%s', async (_, tasks, state) => {
    const { actor, at, calls, inventoried } = await readyManager();
    at(71_000);
    await inventoried({ startedAt: 71_000, tasks: [orphan('arn/1')] });
    at(77_000);
    const { list, readings } = countedList(77_000, tasks);
    calls.inventory.at(-1)?.resolve(list);
    await settle();
    expect(actor.getSnapshot().value).toMatchObject({ inventory: state });
    expect(readings()).toBe(1);
  });

  it('where it is left alone, and by a search', async () => {
    const conflict = liveManager();
    conflict.actor.send({ type: 'scheduler.connection', at: 1, status: 'conflict' });
    const search = liveManager({ resend: [resent] });
    search.actor.send({ type: 'fleet.restoreNext' });
    search.report({ pending: 1 }, 1);
    for (const { at, calls, actor } of [conflict, search]) {
      at(10_000);
      const { list, readings } = countedList(10_000, [orphan('arn/1')]);
      calls.inventory.at(-1)?.resolve(list);
      await settle();
      expect(actor.getSnapshot().value).toMatchObject({ inventory: 'idle' });
      expect(readings()).toBe(1);
    }
  });
});

const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });

describe('a list without a cluster of earlier settings', () => {
  const silent = { cluster: 'there', kind: 'unreachable', code: 'timeout', reason: 'no answer' };
  const unlisted = [silent];
  const state = ({ actor, fleet }: ReturnType<typeof liveManager>) => {
    const { inventory, lifecycle } = actor.getSnapshot().value;
    return [inventory, lifecycle, fleet().inventoryAt];
  };

  it('counts for nothing as long as an answer may come, and the next one comes as after a failure', async () => {
    const all = liveManager();
    const { at, inventoried, hears, says, fleet, calls } = all;
    at(10_000);
    await inventoried(denied);
    at(20_000);
    hears();
    says();
    const dead = orphan('arn/2', { phase: 'stopped' });
    await inventoried({ unlisted, tasks: [orphan('arn/1'), dead] });
    expect(state(all)).toEqual(['idle', 'recovering', null]);
    expect(says()).toEqual([{ trouble: 'no answer', blind: false }]);
    expect(hears()).toEqual([]);
    expect(fleet()).toMatchObject({ denials: 0, inventoryFailures: 2 });
    expect(fleet().lists.unanswered).toEqual({ there: 1 });
    at(23_999);
    expect(calls.inventory).toHaveLength(2);
    at(24_000);
    expect(calls.inventory).toHaveLength(3);
  });

  it('counts as complete at the fifth time in a row, searches included, and that is reported', async () => {
    const all = liveManager({ resend: [resent] });
    const { actor, at, inventoried, says, fleet, report, hears } = all;
    actor.send({ type: 'fleet.restoreNext' });
    report({ pending: 1 }, 1);
    hears();
    for (let n = 1; n <= 4; n++) {
      at(n * 60_000);
      says();
      await inventoried({ unlisted, tasks: [orphan('arn/2', { phase: 'stopped' })] });
      expect(says()).toEqual([]);
      expect(fleet().lists.unanswered).toEqual({ there: n });
    }
    expect(hears()).not.toContainEqual(expect.objectContaining({ type: 'task.dead' }));
    report({ pending: 1 }, 0);
    at(300_000);
    says();
    await inventoried({ unlisted });
    expect(state(all)).toEqual(['idle', 'active', 300_000]);
    expect(says()).toContainEqual({ cluster: 'there', reason: 'no answer' });
    at(360_000);
    await inventoried({});
    expect(fleet().lists.unanswered).toEqual({});
  });

  it('is remembered as well where the list adopts, or leaves orphans alone', async () => {
    const gone = [{ ...silent, kind: 'unprepared' }];
    const { actor, at, inventoried, fleet, says } = liveManager();
    actor.send({ type: 'scheduler.connection', at: 1, status: 'conflict' });
    at(10_000);
    says();
    await inventoried({ unlisted: gone, tasks: [orphan('arn/1')] });
    expect(says()).toContainEqual({ cluster: 'there', reason: 'no answer' });
    expect(fleet().lists.unanswered).toEqual({ there: 1 });
    actor.send({ type: 'scheduler.connection', at: 2, status: 'ready' });
    at(60_000);
    await inventoried({ unlisted: gone, tasks: [orphan('arn/1')] });
    expect(fleet().lists.unanswered).toEqual({ there: 2 });
    expect(says()).toContainEqual({ cluster: 'there', reason: 'no answer' });
  });
});

describe('a task that is listed and never described', () => {
  const tasks = [orphan('arn/1', { phase: 'missing' })];

  it('counts as gone after a minute', async () => {
    const { at, inventoried, fleet } = liveManager();
    const listedAt: [number, number][] = [];
    for (const now of [10_000, 69_999, 75_000]) {
      at(now);
      await inventoried({ tasks });
      listedAt.push([now, fleet().adoption.unconfirmed]);
    }
    expect(listedAt).toEqual([
      [10_000, 1],
      [69_999, 1],
      [75_000, 0],
    ]);
    expect(fleet().lists.undescribedSince).toEqual({ 'arn/1': 10_000 });
  });

  it('is remembered from a search on', async () => {
    const { actor, at, inventoried, fleet, report } = liveManager({ resend: [resent] });
    actor.send({ type: 'fleet.restoreNext' });
    report({ pending: 1 }, 1);
    at(10_000);
    await inventoried({ tasks });
    expect(fleet().lists.undescribedSince).toEqual({ 'arn/1': 10_000 });
  });
});
