import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { cohort } from '../../../machines/cohort/cohort.ts';
import { isWorkCurrent, minIdleOf } from '../../../machines/cohort/cohortSetup.ts';
import { admit, input, liveCohort, observed } from '../../support/liveCohort.ts';
import { scriptedParent } from '../../support/world.ts';

/** A moment in milliseconds since the epoch, as a daemon sees it. */
const now = 1_795_000_000_000;
const idle = { workers: 1, tasks: 0, canceling: 0 };
const stray = { groupId: 'stray', taskArn: 'arn:9', createdAt: now, deadlinesFrom: now };
const adopt = { type: 'cohort.adopt' as const, generation: 1, groups: [stray] };

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
    expect(phases()).toEqual({ stray: 'waiting' });
  });
});

it('runs the machine of a group where the wiring gives no other', () => {
  const actor = createActor(cohort, { input, parent: scriptedParent().parent }).start();
  actor.send(adopt);
  expect(actor.getSnapshot().children['group.stray']?.getSnapshot()).toMatchObject({
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
  const tasks = { type: 'cohort.tasksChanged', cohortId: 'cohort.0', taskIds: ['arn:9'] };
  expect(told).toContainEqual(tasks);
});
