import { describe, expect, it } from 'vitest';
import { manager } from '../../../machines/fleet/fleetManager.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { liveManager, readyManager } from '../../support/liveManager.ts';
import { holesOf } from '../../support/placeholders.ts';
import { settle } from '../../support/world.ts';

const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
const late = Object.assign(new Error('no answer'), { kind: 'unreachable' });
const tasksOf = (n: number) =>
  Array.from({ length: n }, (_, i) => ({
    ...{ groupId: `old-${i}`, taskArn: `arn:${i}`, launchedAt: 0 },
  }));

describe('a tick', () => {
  it('refills what Fargate allows, up to the burst', async () => {
    const { tick, fleet, command } = await readyManager({}, { launchBurst: 30 });
    command(60);
    expect(fleet().allowance).toBe(0);
    tick(12_000);
    expect(fleet().allowance).toBe(10);
    tick(11_000);
    expect(fleet().allowance).toBe(10);
    tick(99_000);
    expect(fleet().allowance).toBe(30);
  });

  it('ends the wishes of a scheduler that is gone for good, and says so once', async () => {
    const { at, tick, tickUntil, fleet, command, says } = await readyManager();
    at(11_000);
    command(4);
    says();
    tickUntil(610_999);
    expect(fleet().wanted).toBe(2);
    tick(611_000);
    tick(612_000);
    expect(fleet().wanted).toBe(0);
    expect(says()).toEqual([{ tasks: 0, why: 'the scheduler is gone for good' }]);
  });

  it('stops nothing for a scheduler that is back and says nothing, because what it has may be what it desires', async () => {
    const { at, tickUntil, fleet, command, actor } = await readyManager();
    at(11_000);
    command(4);
    tickUntil(612_000);
    expect(fleet().wanted).toBe(0);
    actor.send({ type: 'scheduler.heartbeatEcho', at: 612_500 });
    expect(fleet().wanted).toBeNull();
    command(4);
    expect(fleet().wanted).toBe(2);
    actor.send({ type: 'scheduler.heartbeatEcho', at: 614_500 });
    expect(fleet().wanted).toBe(2);
  });

  it('ends the wishes of a scheduler that was never heard, too', () => {
    const { tick, tickUntil, fleet } = liveManager();
    tickUntil(599_999);
    expect(fleet().wanted).toBeNull();
    tick(600_000);
    expect(fleet().wanted).toBe(0);
  });

  it('does not take it for the silence of its scheduler that it stood still itself', async () => {
    const { at, tick, tickUntil, fleet, command, orders } = await readyManager();
    at(11_000);
    command(4);
    orders();
    tickUntil(311_000);
    tick(2_000_000);
    tickUntil(2_299_999);
    expect(fleet().wanted).toBe(2);
    expect(orders().filter(({ type }) => type === 'cohort.drain')).toEqual([]);
    tick(2_300_000);
    expect(fleet().wanted).toBe(0);
  });

  it('takes nothing but empty requests for zero after a minute, from one that is there', async () => {
    const { at, tick, fleet, command, actor, says } = await readyManager();
    command(4);
    says();
    actor.send({ type: 'scheduler.desired', at: 11_000, requests: [] });
    actor.send({ type: 'scheduler.desired', at: 12_000, requests: [] });
    tick(71_000);
    expect(fleet().wanted).toBe(2);
    at(70_999);
    expect(fleet().wanted).toBe(2);
    at(71_000);
    expect(says()).toEqual([{ tasks: 0, why: 'nothing but empty requests' }]);
  });

  it('notices since when there are more than the limit', async () => {
    const { tick, fleet } = await readyManager({ owned: tasksOf(3) }, { maxTasks: 2 });
    tick(11_000);
    tick(12_000);
    expect(fleet().aboveSince).toBe(10_000);
  });

  it('lets cohorts look, those first that have waited longest, and no more than it may', async () => {
    const { clock, tick, orders, actor, fleet } = await readyManager({ owned: tasksOf(250) });
    for (let i = 0; i < 5; i++) clock.increment(1);
    expect(Object.keys(fleet().cohorts)).toHaveLength(3);
    actor.send({ type: 'monitor.loads', at: 1, loads: {} });
    const looks = () => orders().filter(({ type }) => type === 'cohort.look');
    const seen = () => Object.values(fleet().cohorts).map(({ lookedAt }) => lookedAt);
    looks();
    tick(11_000);
    const look = { type: 'cohort.look', monitored: true, launching: true, ending: false };
    expect(looks()).toEqual([
      { ...look, at: 11_000 },
      { ...look, at: 11_000 },
    ]);
    expect(seen()).toEqual([11_000, 11_000, 0]);
    tick(12_000);
    expect(seen()).toEqual([11_000, 11_000, 12_000]);
    tick(13_999);
    expect(looks()).toHaveLength(1);
    tick(14_000);
    expect(seen()).toEqual([14_000, 14_000, 12_000]);
    tick(17_000);
    expect(seen()).toEqual([17_000, 14_000, 17_000]);
  });
});

describe('a scheduler', () => {
  it('is said to want what it wants when that changes', async () => {
    const { command, says, fleet } = await readyManager();
    command(5);
    command(6);
    command(1);
    expect(says()).toEqual([
      { tasks: 3, why: '5 workers wanted' },
      { tasks: 1, why: '1 workers wanted' },
    ]);
    expect(fleet()).toMatchObject({ wanted: 1, replaces: true, emptySince: null });
  });

  it('that asks for one more gets it, but not while one is on its way or wanted', async () => {
    const { actor, at, says, fleet, report, command } = await readyManager();
    at(11_000);
    command(2);
    actor.send({ type: 'scheduler.desired', at: 11_000, requests: [] });
    report({ booting: 1 });
    says();
    const start = () => actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    start();
    expect(fleet()).toMatchObject({ wanted: 2, replaces: false, emptySince: null });
    expect(says()).toEqual([{ tasks: 2, why: 'one more is wanted' }]);
    start();
    report({ booting: 2 }, 1);
    start();
    expect(fleet().wanted).toBe(2);
    expect(says()).toEqual([]);
  });

  it('that asks again before anything may be launched has asked for one', () => {
    const { actor, says, fleet } = liveManager();
    for (const at of [0, 1]) actor.send({ type: 'scheduler.startRequested', at });
    expect(fleet().wanted).toBe(1);
    expect(says()).toHaveLength(1);
  });

  it('that has said nothing of what it wants does not want less when one ends', async () => {
    const { actor, clock, fleet, report } = await readyManager({ owned: tasksOf(2) });
    clock.increment(1);
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: [] });
    report({ booting: 1 });
    expect(fleet().wanted).toBeNull();
  });

  it('that releases what there is not has said nothing of what it wants', () => {
    const { actor, fleet, orders } = liveManager();
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    expect(fleet()).toMatchObject({ wanted: null, replaces: false });
    expect(orders()).toEqual([]);
  });

  it('that releases by name is obeyed in every cohort', async () => {
    const { actor, clock, fleet, orders } = await readyManager({ owned: tasksOf(150) });
    for (let i = 0; i < 3; i++) clock.increment(1);
    orders();
    const before = fleet().ordered;
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: [] });
    expect(orders()).toEqual([]);
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    const release = { type: 'cohort.release', at: 10_000, taskIds: ['t1'], order: before + 1 };
    expect(orders()).toEqual([release, release]);
    expect(fleet().ordered).toBe(before + 1);
    expect(Object.values(fleet().cohorts).map(({ order }) => order)).toEqual([
      before + 1,
      before + 1,
    ]);
  });

  it('that ends one of many wants one less, but never less than none', async () => {
    const { actor, at, fleet, report } = await readyManager();
    at(11_000);
    actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    report({ booting: 1 });
    actor.send({ type: 'scheduler.startRequested', at: 11_000 });
    report({ booting: 1, idle: 1 });
    expect(fleet().wanted).toBe(2);
    report({ idle: 1, draining: 1 });
    expect(fleet().wanted).toBe(1);
    report({ idle: 2 });
    expect(fleet().wanted).toBe(1);
    actor.send({ type: 'scheduler.shutdownRequested', at: 11_000, taskIds: [] });
    report({});
    expect(fleet().wanted).toBe(0);
  });

  it('that could not be served is said once', () => {
    const { actor, says, fleet } = liveManager();
    for (const reason of ['too old', 'too old', null])
      actor.send({ type: 'scheduler.mismatch', at: 0, reason });
    expect(says()).toEqual([{ reason: 'too old' }, { reason: null }]);
    expect(fleet().mismatch).toBeNull();
  });

  it('is known to be back since when', () => {
    const { actor, echo, fleet } = liveManager();
    echo(500);
    expect(fleet()).toMatchObject({ lastEchoAt: 500, returnedAt: null, lost: false });
    actor.send({ type: 'scheduler.lost', at: 0 });
    expect(fleet().lost).toBe(true);
    echo(700);
    echo(900);
    expect(fleet()).toMatchObject({ lastEchoAt: 900, returnedAt: 700, lost: false });
  });
});

describe('the monitor stream', () => {
  it('is told to every cohort, and whether it tells anything', async () => {
    const { actor, clock, fleet, orders } = await readyManager({ owned: tasksOf(150) });
    for (let i = 0; i < 3; i++) clock.increment(1);
    orders();
    for (const loads of [{ t1: { workers: 1, tasks: 0, canceling: 0 } }, null]) {
      actor.send({ type: 'monitor.loads', at: 1, loads });
      const heard = { type: 'cohort.heard', at: 10_000, loads };
      expect(orders()).toEqual([heard, heard]);
      expect(fleet().monitored).toBe(loads !== null);
    }
  });
});

describe('a report', () => {
  it('of a cohort without groups and launches ends it', async () => {
    const { actor, at, fleet, report, command } = await readyManager();
    at(11_000);
    command(2);
    const [cohortId = ''] = Object.keys(fleet().cohorts);
    command(0);
    report({}, 1);
    expect(Object.keys(fleet().cohorts)).toEqual([cohortId]);
    report({});
    expect(fleet().cohorts).toEqual({});
    expect(actor.getSnapshot().children[cohortId]).toBeUndefined();
    report({ idle: 3 });
    expect(fleet().cohorts).toEqual({});
  });

  it('says that the dead are dead', () => {
    const { actor, hears } = liveManager();
    actor.send({ type: 'cohort.dead', cohortId: 'cohort-0', taskArn: 'arn:1' });
    expect(hears()).toContainEqual({ type: 'task.dead', at: 0, taskArn: 'arn:1' });
  });
});

describe('a manager that may not list', () => {
  const denied = Object.assign(new Error('no right'), { kind: 'denied' });

  it('goes by its journal at once', async () => {
    const { actor, at, surveyed } = liveManager();
    at(10_000);
    await surveyed(denied);
    expect(actor.getSnapshot().value).toMatchObject({ duty: 'active' });
  });

  it('waits some two minutes for a list where its journal does not know what was launched', async () => {
    const { actor, at, surveyed, calls } = liveManager({ abandoned: 1 });
    const deniedAt: number[] = [];
    for (let now = 10_000; deniedAt.length < 7; now += 1000) {
      at(now);
      if (calls.survey.length === deniedAt.length) continue;
      expect(actor.getSnapshot().value).toMatchObject({ duty: 'recovering' });
      deniedAt.push(now);
      await surveyed(denied);
    }
    expect(actor.getSnapshot().value).toMatchObject({ duty: 'active' });
    expect(deniedAt.at(-1)).toBe(132_000);
  });
});

describe('the list of all tasks', () => {
  it('is what it begins with: nothing is launched before', async () => {
    const { actor, at, command, surveyed, orders, fleet, calls, says } = liveManager();
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(9999);
    command(2);
    expect(calls.survey).toHaveLength(0);
    at(10_000);
    expect(calls.survey).toHaveLength(1);
    expect(orders()).toEqual([]);
    says();
    await surveyed({ startedAt: 9990 });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
    expect(fleet()).toMatchObject({ surveyedAt: 9990, surveyFailures: 0, blind: false });
    expect(says()).toContainEqual({ adopted: 0 });
  });

  it('brings tasks that nobody owned, and what is still wanted counts them in', async () => {
    const { actor, at, surveyed, orders, fleet, clock } = await readyManager();
    actor.send({ type: 'scheduler.startRequested', at: 10_000 });
    clock.increment(1);
    orders();
    at(80_000);
    expect(fleet().wanted).toBe(1);
    await surveyed({ adopted: tasksOf(2) });
    expect(fleet().wanted).toBe(3);
    expect(orders()).toContainEqual(
      expect.objectContaining({ type: 'cohort.adopt', groups: tasksOf(2) }),
    );
  });

  it('that shows tasks for the first time is followed by another, and until then nothing is launched', async () => {
    const { at, surveyed, orders, command, calls, fleet } = await readyManager();
    at(70_000);
    await surveyed({ startedAt: 70_000, suspects: 1 });
    command(2);
    at(74_999);
    expect([orders(), calls.survey.length]).toEqual([[], 2]);
    at(75_000);
    expect(calls.survey).toHaveLength(3);
    await surveyed({ startedAt: 75_000 });
    expect(fleet().suspects).toBe(0);
    at(76_000);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
  });

  it('does not change what a scheduler wants that says how many, or has said nothing', async () => {
    const { at, surveyed, fleet, command } = await readyManager();
    command(2);
    at(80_000);
    await surveyed({ adopted: tasksOf(2) });
    expect(fleet().wanted).toBe(1);
    const other = liveManager();
    other.actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: [] });
    other.at(10_000);
    await other.surveyed({ adopted: tasksOf(2) });
    expect(other.fleet().wanted).toBeNull();
  });

  it('is asked for again ever more slowly when there is no answer', async () => {
    const { actor, tick, surveyed, says, calls, fleet } = liveManager();
    const pauses: number[] = [];
    tick(10_000);
    for (let n = 0; n < 7; n++) {
      await surveyed(late);
      const asked = calls.survey.length;
      const from = fleet().now;
      for (let now = from; calls.survey.length === asked; now += 1000) tick(now);
      pauses.push(fleet().now - from);
    }
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(actor.getSnapshot().value).toMatchObject({ duty: 'recovering' });
    expect(says()).toContainEqual({ trouble: 'no answer', blind: false });
    expect(fleet()).toMatchObject({ surveyFailures: 7, blind: false });
  });

  it('is done without where it is not allowed, and tried every five minutes', async () => {
    const { actor, at, tick, surveyed, says, calls, fleet, command, orders } = liveManager();
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(10_000);
    command(2);
    says();
    await surveyed(denied);
    expect(fleet()).toMatchObject({ blind: true, surveyFailures: 1 });
    expect(says()).toContainEqual({ trouble: 'not authorized', blind: true });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
    tick(309_999);
    expect(calls.survey).toHaveLength(1);
    actor.send({
      type: 'cohort.changed',
      cohortId: 'cohort-0',
      order: 1,
      counts: noCounts,
      launches: 0,
    });
    tick(320_000);
    expect(calls.survey).toHaveLength(2);
    await surveyed({});
    expect(fleet()).toMatchObject({ blind: false, surveyFailures: 0 });
  });
});

describe('before all is known', () => {
  it('time passes, cohorts look, and what the scheduler and they say is kept', async () => {
    const { actor, clock, at, command, orders, fleet, report } = liveManager({ owned: tasksOf(1) });
    clock.increment(1);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.adopt' })]);
    at(5000);
    expect(orders()).toEqual([
      { type: 'cohort.look', at: 5000, monitored: false, launching: false, ending: false },
    ]);
    command(2);
    expect(fleet()).toMatchObject({ now: 5000, wanted: 1 });
    actor.send({ type: 'scheduler.shutdownRequested', at: 0, taskIds: ['t1'] });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.release' })]);
    report({});
    actor.send({ type: 'scheduler.startRequested', at: 0 });
    expect(fleet()).toMatchObject({ cohorts: {}, wanted: 1, replaces: false });
    expect(actor.getSnapshot().value).toMatchObject({ duty: 'recovering' });
  });
});

it('takes over as many tasks as launches, all of them', () => {
  const order = { clientToken: 't', count: 1, revision: 'r', market: 'onDemand' } as const;
  const resend = [{ order: { label: 'd-1', ...order }, groupIds: ['d-1-0'], doubted: true }];
  const { clock, fleet } = liveManager({ owned: tasksOf(1), resend });
  clock.increment(1);
  clock.increment(1);
  expect(fleet()).toMatchObject({ owned: [], resend: [], opened: 2 });
});

describe('the end', () => {
  it('comes when nothing is left, and is told', async () => {
    const { actor, clock, at, orders, hears, report, fleet } = await readyManager({
      owned: tasksOf(1),
    });
    clock.increment(1);
    orders();
    actor.send({ type: 'fleet.stop' });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.drain' })]);
    at(15_000);
    expect(fleet().now).toBe(15_000);
    expect(orders()).toEqual([
      expect.objectContaining({ type: 'cohort.look', launching: false, ending: true }),
    ]);
    report({ booting: 1 });
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.drain' })]);
    report({});
    expect(hears().map(({ type }) => type)).not.toContain('fleet.stopped');
    at(16_000);
    expect(hears()).toContainEqual({ type: 'fleet.stopped' });
    expect(actor.getSnapshot().value).toMatchObject({ duty: 'stopped' });
    await settle();
  });
});

it('tells a cohort whether the monitor stream has ever spoken', async () => {
  const { actor, at, command, cohorts, fleet } = await readyManager();
  at(11_000);
  actor.send({ type: 'monitor.loads', at: 11_000, loads: null });
  expect(fleet()).toMatchObject({ monitored: false, watched: false });
  actor.send({ type: 'monitor.loads', at: 11_000, loads: {} });
  expect(fleet()).toMatchObject({ monitored: true, watched: true });
  actor.send({ type: 'monitor.loads', at: 11_000, loads: null });
  expect(fleet()).toMatchObject({ monitored: false, watched: true });
  command(2);
  expect(cohorts.lines[0]?.input).toMatchObject({ watched: true });
});

it('says which effect nobody has filled in', async () => {
  expect(await holesOf(manager)).toEqual({
    survey: "effect 'survey' is not provided",
  });
});
