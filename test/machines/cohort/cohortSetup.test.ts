import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { cohort } from '../../../machines/cohort/cohort.ts';
import { isWorkCurrent, minIdleOf } from '../../../machines/cohort/cohortSetup.ts';
import { admit, input, launchPlan, liveCohort, observed } from '../../support/liveCohort.ts';
import {
  allGroups,
  changed,
  cohortId,
  dead,
  registered,
  reportingCohort,
  stopped,
} from '../../support/reportingCohort.ts';
import { scriptedParent } from '../../support/world.ts';

/** A moment in milliseconds since the epoch, as a daemon sees it. */
const now = 1_795_000_000_000;
const idle = { workers: 1, tasks: 0, canceling: 0 };
const orphan = { groupId: 'orphan', taskArn: 'arn:9', createdAt: now, deadlinesFrom: now };
const adopt = { type: 'cohort.adopt' as const, generation: 1, groups: [orphan] };

describe('what is known of the work of the groups', () => {
  const known = (given: Partial<Parameters<typeof isWorkCurrent>[0]>) =>
    isWorkCurrent({ lastPolledAt: now, wokeAt: null, loadsAreOld: false, ...given }, now);

  it('is current before the first poll, and not when the monitor stream says that it is old', () => {
    expect(known({ lastPolledAt: 0 })).toBe(true);
    expect(known({ loadsAreOld: true })).toBe(false);
  });

  it('is not current when the last poll was more than 25 s ago', () => {
    expect(known({ lastPolledAt: now - 25_000 })).toBe(true);
    expect(known({ lastPolledAt: now - 25_001 })).toBe(false);
  });

  it('is current again 3 s after the process went on', () => {
    expect(known({ wokeAt: now - 2999 })).toBe(false);
    expect(known({ wokeAt: now - 3000 })).toBe(true);
  });
});

it('knows when the process went on after more than 25 s without a poll', async () => {
  const { actor, look } = liveCohort();
  const wokeAt = async (at: number) => {
    await look(at);
    return actor.getSnapshot().context.wokeAt;
  };
  expect(await wokeAt(now)).toBeNull();
  expect(await wokeAt(now + 25_000)).toBeNull();
  expect(await wokeAt(now + 50_001)).toBe(now + 50_001);
  expect(await wokeAt(now + 53_000)).toBe(now + 50_001);
});

describe('the time that a group must have been idle', () => {
  const { timeouts } = input;

  it('is as in the settings, and none where they say nothing or everything is to end', () => {
    const minIdle = { ...timeouts, minIdleMs: 9000 };
    expect(minIdleOf({ timeouts: minIdle, ending: false })).toBe(9000);
    expect(minIdleOf({ timeouts: minIdle, ending: true })).toBe(0);
    expect(minIdleOf({ timeouts, ending: false })).toBe(0);
  });

  it('counts before the first poll too', () => {
    const minIdle = { ...timeouts, minIdleMs: 9000 };
    const { actor, hear, phases } = liveCohort({ timeouts: minIdle, monitor: 'lost' });
    actor.send(adopt);
    hear(now, { 'arn:9': idle });
    const all = { pending: 1, idle: 1, busy: 1, at: now, until: now + 60_000 };
    actor.send({ type: 'cohort.drain', generation: 2, ...all });
    expect(phases()).toEqual({ orphan: 'waiting' });
  });
});

it('runs the machine of a group where the wiring gives no other', () => {
  const actor = createActor(cohort, { input, parent: scriptedParent().parent }).start();
  actor.send(adopt);
  expect(actor.getSnapshot().children['group.orphan']?.getSnapshot()).toMatchObject({
    value: 'provisioning',
  });
});

it('tells a group why it is to leave', async () => {
  const { launchBoth, look, actor, calls } = liveCohort();
  await launchBoth();
  await look(5000, observed('arn:0', 'running'), observed('arn:1', 'running'));
  const all = { pending: 2, idle: 2, busy: 2, at: 6000, until: 0 };
  actor.send({ type: 'cohort.drain', generation: 2, ...all, reason: 'the budget is spent' });
  expect(calls.stopTask.map(({ input }) => input)).toEqual([
    { taskArn: 'arn:0', reason: 'the budget is spent' },
    { taskArn: 'arn:1', reason: 'the budget is spent' },
  ]);
});

it('reports that a launch is done, though its groups count as before', async () => {
  const { actor, hear, answerBoth, told } = liveCohort();
  hear(1200, {});
  actor.send({ ...admit, launches: [...admit.launches] });
  const all = { pending: 2, idle: 0, busy: 0, at: 1500, until: 60_000 };
  actor.send({ type: 'cohort.drain', generation: 2, ...all });
  const last = () => told.filter(({ type }) => type === 'cohort.changed').at(-1);
  expect(last()).toMatchObject({ launches: 1, counts: { cancelled: 2 } });
  await answerBoth();
  expect(last()).toMatchObject({ launches: 0, counts: { cancelled: 2 } });
});

it('reports the tasks of its groups, and nothing of groups without a task', () => {
  const { actor, told } = liveCohort();
  actor.send({ ...admit, launches: [...admit.launches] });
  actor.send(adopt);
  const tasks = {
    type: 'cohort.tasksChanged',
    cohortId: 'cohort.0',
    added: ['arn:9'],
    removed: [],
  };
  expect(told).toContainEqual(tasks);
});

it('reports no task of a group that it does not have', async () => {
  const { actor, answer, told } = liveCohort();
  actor.send({ ...admit, launches: [launchPlan('e-1', 1)] });
  await answer('journalLaunch', undefined);
  await answer('runTask', { taskArns: ['arn:0', 'arn:1'], refusals: [] });
  await answer('journalOutcome', [
    { groupId: 'e-1-0', taskArn: 'arn:0' },
    { groupId: 'foreign', taskArn: 'arn:1' },
  ]);
  expect(told.filter(({ type }) => type === 'cohort.tasksChanged')).toEqual([
    { type: 'cohort.tasksChanged', cohortId, added: ['arn:0'], removed: [] },
  ]);
});

it('keeps the count of its records after each change', async () => {
  const { actor, launchBoth, look } = liveCohort();
  const counted = () => actor.getSnapshot().context.counted;
  await launchBoth();
  expect(counted().groups).toBe(actor.getSnapshot().context.groups);
  await look(5000, observed('arn:0', 'running'), observed('arn:1', 'running'));
  expect(counted().groups).toBe(actor.getSnapshot().context.groups);
});

describe('a cohort reports to the fleet manager', () => {
  it('how much its groups at work have to do, when it is asked', () => {
    const { actor, hear, news } = reportingCohort();
    const groups = [1, 2, 3, 4, 5].map((n) => ({
      ...{ groupId: `orphan-${n}`, taskArn: `arn/${n}`, createdAt: null, deadlinesFrom: 0 },
    }));
    actor.send({ type: 'cohort.adopt', generation: 1, groups });
    const load = (tasks: number) => ({ workers: 1, tasks, canceling: 0 });
    hear(0, { 1: load(7), 2: load(0), 3: load(2), 4: load(2) });
    actor.send({
      ...{ type: 'cohort.evict', generation: 2, at: 0, until: 9000, groupIds: ['orphan-4'] },
    });
    news();
    actor.send({ type: 'cohort.rank', generation: 3 });
    const counts = { pending: 1, idle: 1, busy: 2, stopping: 1, waiting: 1 };
    expect(news()).toEqual([{ ...changed(3, counts), busyLoads: [2, 7] }]);
    hear(0, null);
    news();
    actor.send({ type: 'cohort.rank', generation: 4 });
    expect(news()).toMatchObject([{ generation: 4, busyLoads: [0, 0, 0] }]);
  });

  it('its counts whenever they change', async () => {
    const { actor, answer, look, hear, news } = reportingCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    expect(news()).toEqual([changed(1, { pending: 2, absent: 2 }, 1)]);
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0', 'arn:1'], refusals: [] });
    await answer('journalOutcome', [
      { groupId: 'e-1-0', taskArn: 'arn:0' },
      { groupId: 'e-1-1', taskArn: 'arn:1' },
    ]);
    expect(news()).toEqual([changed(1, { pending: 2 }, 0)]);
    await look(5000, observed('arn:0', 'running'), observed('arn:1', 'running'));
    expect(news()).toEqual([]);
    hear(6000, { 'arn:0': registered });
    expect(news()).toContainEqual(changed(1, { pending: 1, idle: 1 }));
    await look(7000, observed('arn:0', 'stopped'));
    expect(news().filter(({ type }) => type !== 'cohort.launchFailed')).toEqual([
      dead(7000),
      changed(1, { pending: 1 }, 0, 1),
    ]);
  });

  it('its counts at once when a group may be dead or its drain deadline has passed', async () => {
    const { launchOne, look, hear, news, actor } = reportingCohort();
    await launchOne();
    hear(1500, { 'arn:0': registered });
    hear(1600, null);
    news();
    await look(2000, observed('arn:0', 'missing'));
    expect(news()).toEqual([changed(1, { pending: 1, absent: 1, denied: 1 })]);
    await look(3000, observed('arn:0', 'running'));
    expect(news()).toEqual([changed(1, { busy: 1 })]);
    hear(3500, { 'arn:0': { workers: 1, tasks: 1, canceling: 0 } });
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 4000, until: 5000 });
    expect(news().at(-1)).toEqual(changed(2, { drainPending: 1 }));
    const modes = { launching: true, ending: false, listedAt: null };
    actor.send({ type: 'cohort.poll', at: 5000, ...modes });
    expect(news()).toEqual(stopped(2, { stopping: 1 }));
  });

  it('once when only the generation of its command is new', async () => {
    const { actor, news, calls } = reportingCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    news();
    actor.send({ ...admit, generation: 2, launches: [...admit.launches] });
    expect(news()).toEqual([changed(2, { pending: 2, absent: 2 }, 1)]);
    actor.send({ type: 'cohort.cancelDrain', generation: 3, most: 5 });
    actor.send({ type: 'cohort.release', generation: 4, at: 0, taskIds: ['elsewhere'] });
    const both = { pending: 2, absent: 2 };
    expect(news()).toEqual([changed(3, both, 1), changed(4, both, 1)]);
    expect(calls.journalLaunch).toHaveLength(1);
  });

  it('how many groups ended without a drain of the manager, those that the scheduler released included', async () => {
    const { actor, answer, news, look } = reportingCohort();
    actor.send({ ...admit, launches: [launchPlan('e-1', 4)] });
    await answer('journalLaunch', undefined);
    const taskArns = ['arn:0', 'arn:1', 'arn:2', 'arn:3'];
    await answer('runTask', { taskArns, refusals: [] });
    await answer(
      'journalOutcome',
      taskArns.map((taskArn, i) => ({ groupId: `e-1-${i}`, taskArn, createdAt: null })),
    );
    news();
    const one = { pending: 1, idle: 0, busy: 0 };
    actor.send({ type: 'cohort.drain', generation: 2, ...one, at: 2000, until: 0 });
    expect(news()).toEqual(stopped(2, { pending: 3, stopping: 1 }));
    const evict = { type: 'cohort.evict', at: 2000, until: 0, generation: 3 } as const;
    actor.send({ ...evict, groupIds: ['e-1-1'] });
    expect(news()).toEqual([changed(3, { pending: 2, stopping: 2 })]);
    actor.send({ type: 'cohort.release', generation: 4, at: 2000, taskIds: ['arn:2'] });
    expect(news()).toEqual([changed(4, { pending: 1, stopping: 3 }, 0, 1)]);
    await look(3000, observed('arn:3', 'stopping'));
    expect(news()).toEqual([changed(4, { stopping: 4 }, 0, 1)]);
  });

  it('which tasks it has got and lost, and no other ones', async () => {
    const { actor, launchOne, told, look, refuse } = reportingCohort();
    const tasks = () =>
      told.splice(0).flatMap((event) => (event.type === 'cohort.tasksChanged' ? [event] : []));
    await launchOne();
    const change = { type: 'cohort.tasksChanged', cohortId };
    expect(tasks()).toEqual([{ ...change, added: ['arn:0'], removed: [] }]);
    const groups = [{ groupId: 'orphan', taskArn: 'x/9', createdAt: 400, deadlinesFrom: 500 }];
    actor.send({ type: 'cohort.adopt', generation: 2, groups });
    expect(tasks()).toEqual([{ ...change, added: ['9'], removed: [] }]);
    await look(5000, observed('arn:0', 'stopped'));
    expect(tasks()).toEqual([{ ...change, added: [], removed: ['arn:0'] }]);
    await refuse(1, { kind: 'refused', reason: 'full' });
    expect(tasks()).toEqual([]);
  });

  it('groups that it stops as draining', async () => {
    const { actor, launchOne, look, news } = reportingCohort();
    await launchOne();
    news();
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    expect(news()).toEqual(stopped(2, { stopping: 1 }));
    await look(3000, observed('arn:0', 'stopped'));
    expect(news()).toContainEqual(changed(2, {}));
    expect(actor.getSnapshot().children['group.e-1-0']).toBeUndefined();
  });
});

it('a report of an unknown group creates no record', () => {
  const { actor, phases } = reportingCohort();
  const state = { registered: false, drainRequested: false, stopAccepted: false, stopFailures: 0 };
  actor.send({ type: 'group.changed', groupId: 'gone', phase: 'running', ...state });
  expect(phases()).toEqual({});
});

it('reports how many workers its serving groups lack', async () => {
  const { launchBoth, hear, told } = liveCohort({ workersPerTask: 4 });
  await launchBoth();
  hear(1500, { 'arn:0': { workers: 1, tasks: 1, canceling: 0 } });
  expect(told.at(-1)).toMatchObject({ counts: { busy: 1, pending: 1, missingWorkers: 3 } });
});
