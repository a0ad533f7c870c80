import { expect, it } from 'vitest';
import type { CohortCommand } from '../../../machines/cohort/messages.ts';
import type { WorkerLoad } from '../../../machines/scheduler/messages.ts';
import { readyManager, tasksOf } from '../../support/liveManager.ts';

const load = (tasks: number): WorkerLoad => ({ workers: 1, tasks, canceling: 0 });
const taskIdsOf = (cohort: number) => Array.from({ length: 100 }, (_, i) => `c${cohort}-${i}`);
const all = (load: WorkerLoad) =>
  Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => taskIdsOf(i))
      .flat()
      .map((id) => [id, load]),
  );
const loadsIn = (commands: readonly CohortCommand[]) =>
  commands.flatMap((command) => (command.type === 'cohort.loads' ? [command.loads] : []));
/** Which cohort each of them concerns, and how many of its tasks. */
const concerned = (commands: readonly CohortCommand[]) =>
  loadsIn(commands).map((loads) => {
    const taskIds = Object.keys(loads ?? {});
    return [taskIds[0]?.split('-')[0], taskIds.length];
  });

/** Six cohorts of a hundred groups that have reported, and the stream shows them. */
async function sixCohorts(counts: object = { idle: 100 }) {
  const live = await readyManager({ owned: tasksOf(600) }, { schedulerGraceMs: 3_600_000 });
  const { actor, clock, reportOf, orders, fleet } = live;
  for (let i = 0; i < 8; i++) clock.increment(1);
  for (const [i, cohortId] of Object.keys(fleet().cohorts).entries()) {
    actor.send({ type: 'cohort.tasksChanged', cohortId, added: taskIdsOf(i), removed: [] });
    reportOf(cohortId, counts, 0, 0);
  }
  const show = (loads: Record<string, WorkerLoad> | null) =>
    actor.send({ type: 'monitor.loads', at: fleet().now, loads });
  show({});
  orders();
  const turn = () => {
    clock.increment(1);
    return orders();
  };
  return { ...live, show, turn };
}

it('passes on the loads of two hundred tasks per turn of the event loop', async () => {
  const { show, turn, orders } = await sixCohorts();
  show(all(load(1)));
  const turns = [orders(), turn(), turn(), turn()].map(concerned);
  expect(turns).toEqual([
    [
      ['c0', 100],
      ['c1', 100],
    ],
    [
      ['c2', 100],
      ['c3', 100],
    ],
    [
      ['c4', 100],
      ['c5', 100],
    ],
    [],
  ]);
});

it('passes on nothing to cohorts of which nothing is shown', async () => {
  const { show, orders } = await sixCohorts();
  show({ 'c5-3': load(9) });
  expect(concerned(orders())).toEqual([['c5', 1]]);
});

it('takes another turn of the event loop only while loads wait', async () => {
  const { show, turn, actor } = await sixCohorts();
  let turns = 0;
  actor.subscribe(() => turns++);
  const turnsAfter = (loads: Record<string, WorkerLoad>) => {
    show(loads);
    turns = 0;
    for (let i = 0; i < 5; i++) turn();
    return turns;
  };
  expect(turnsAfter({ 'c5-3': load(9) })).toBe(0);
  expect(turnsAfter(all(load(1)))).toBe(2);
});

it('does not copy what waits where nothing of it is passed on', async () => {
  const { fleet, orders, at } = await sixCohorts();
  const { waitingLoads } = fleet();
  at(fleet().now + 16_000);
  expect(orders().map(({ type }) => type)).toEqual(['cohort.poll', 'cohort.poll']);
  expect(fleet().waitingLoads).toBe(waitingLoads);
});

it('passes on few loads at once, of however many cohorts', async () => {
  const { show, turn, orders } = await sixCohorts();
  show(Object.fromEntries([0, 1, 2, 3, 4, 5].map((i) => [`c${i}-7`, load(1)])));
  expect(concerned(orders())).toEqual([0, 1, 2, 3, 4, 5].map((i) => [`c${i}`, 1]));
  expect(turn()).toEqual([]);
});

it('passes on the newer load of a task that still waits, and the older ones of the others', async () => {
  const { show, turn, orders } = await sixCohorts();
  show(all(load(1)));
  orders();
  show({ 'c5-3': load(9) });
  const [last] = loadsIn([...orders(), ...turn(), ...turn()]).slice(-1);
  expect(Object.keys(last ?? {})).toHaveLength(100);
  expect(last).toMatchObject({ 'c5-3': load(9), 'c5-4': load(1) });
  expect(turn()).toEqual([]);
});

it('passes on at once that nothing is shown any more, and none of the loads that waited', async () => {
  const { show, turn, orders } = await sixCohorts();
  show(all(load(1)));
  orders();
  show(null);
  expect(loadsIn(orders())).toEqual([null, null, null, null, null, null]);
  expect(turn()).toEqual([]);
});

it.each(['drainPending', 'cancelled', 'stopping'])(
  'passes on at once the loads of cohorts with groups in %s',
  async (category) => {
    const { show, orders, reportOf } = await sixCohorts();
    reportOf('cohort.5', { idle: 99, [category]: 1 }, 0, 0);
    show(all(load(1)));
    expect(concerned(orders())).toEqual([
      ['c0', 100],
      ['c1', 100],
      ['c5', 100],
    ]);
  },
);

it('passes on at once the loads of a cohort that has not reported yet what its last command did', async () => {
  const { show, orders, reportOf, actor } = await sixCohorts();
  actor.send({ type: 'fleet.drainGroups', at: 11_000, groupIds: ['old-0'] });
  for (const i of [0, 1, 2, 3, 4]) reportOf(`cohort.${i}`, { idle: 100 }, 0, 0);
  orders();
  show(all(load(1)));
  expect(concerned(orders())).toEqual([
    ['c0', 100],
    ['c1', 100],
    ['c5', 100],
  ]);
});

it('passes on the loads of a cohort before a command to it, and not again', async () => {
  const { show, turn, orders, actor } = await sixCohorts();
  show(all(load(1)));
  orders();
  actor.send({ type: 'fleet.drainGroups', at: 11_000, groupIds: ['old-0'] });
  const commands = orders();
  expect(commands.slice(0, 2).map(({ type }) => type)).toEqual(['cohort.loads', 'cohort.loads']);
  expect(commands.slice(-1).map(({ type }) => type)).toEqual(['cohort.evict']);
  expect(concerned(commands)).toEqual([2, 3, 4, 5].map((i) => [`c${i}`, 100]));
  expect(turn()).toEqual([]);
});

it('passes on the loads of a cohort before cancellations of its tasks', async () => {
  const { show, turn, orders, actor } = await sixCohorts();
  show(all(load(1)));
  orders();
  actor.send({ type: 'monitor.canceling', at: 11_000, canceling: { 'c4-1': 1, 'c5-1': 1 } });
  const commands = orders();
  expect(commands.map(({ type }) => type)).toEqual([
    ...['cohort.loads', 'cohort.loads', 'cohort.canceling', 'cohort.canceling'],
  ]);
  expect(concerned(commands)).toEqual([
    ['c4', 100],
    ['c5', 100],
  ]);
  expect(concerned(turn())).toEqual([
    ['c2', 100],
    ['c3', 100],
  ]);
});

it('passes on the loads of a cohort before it is asked to poll, and of every cohort before they count as current', async () => {
  const { show, turn, orders, actor, at, fleet } = await sixCohorts();
  show(all(load(1)));
  orders();
  // Two cohorts are polled per tick. The first two have their loads.
  at(fleet().now + 16_000);
  expect(orders().map(({ type }) => type)).toEqual(['cohort.poll', 'cohort.poll']);
  at(fleet().now + 1000);
  const commands = orders();
  expect(concerned(commands)).toEqual([2, 3].map((i) => [`c${i}`, 100]));
  expect(commands.slice(2).map(({ type }) => type)).toEqual(['cohort.poll', 'cohort.poll']);
  const freshness = { type: 'monitor.freshness', at: fleet().now } as const;
  actor.send({ ...freshness, isCurrent: false });
  expect(concerned(orders())).toEqual([]);
  actor.send({ ...freshness, isCurrent: true });
  const current = orders();
  expect(concerned(current)).toEqual([4, 5].map((i) => [`c${i}`, 100]));
  expect(new Set(current.slice(2).map(({ type }) => type))).toEqual(new Set(['cohort.freshness']));
  expect(concerned(turn())).toEqual([]);
});

it('forgets the loads of a cohort that has ended meanwhile', async () => {
  const { show, turn, orders, reportOf, actor, fleet } = await sixCohorts();
  show(all(load(1)));
  orders();
  reportOf('cohort.3', {}, 0, 0);
  expect([...concerned(turn()), ...concerned(turn())]).toEqual(
    [2, 4, 5].map((i) => [`c${i}`, 100]),
  );
  expect(fleet().waitingLoads).toEqual({});
  expect(actor.getSnapshot().status).toBe('active');
});
