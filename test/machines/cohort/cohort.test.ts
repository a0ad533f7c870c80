import { describe, expect, it } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { cohort } from '../../../machines/cohort/cohort.ts';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { allGroups, choosing, denied, model } from '../../../src/paths/models/cohort.ts';
import { admit, launchPlan, liveCohort, observed } from '../../support/liveCohort.ts';
import { checkEveryEdge, untaken, unvisited } from '../../support/paths.ts';
import { failure, reportingCohort } from '../../support/reportingCohort.ts';
import { settle } from '../../support/world.ts';

describe('a cohort with real children', () => {
  it('gives each group of a launch its own task, and describes only tasks that exist', async () => {
    const { launchBoth, phases, actor, calls, look } = liveCohort();
    actor.send({
      type: 'cohort.poll',
      at: 1,
      launching: true,
      ending: false,
      listedAt: null,
    });
    expect(calls.describeTasks).toHaveLength(0);
    await launchBoth();
    expect(phases()).toEqual({ 'e-1-0': 'provisioning', 'e-1-1': 'provisioning' });
    await look(5000, observed('arn:0', 'running'), observed('arn:1', 'starting'));
    expect(calls.describeTasks.at(-1)?.input).toEqual({ taskArns: ['arn:0', 'arn:1'] });
    expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'provisioning' });
  });

  it('records each new report of a group, and a repeated report changes nothing', () => {
    const { actor } = liveCohort();
    actor.send({ ...admit, launches: [launchPlan('e-1', 2)] });
    const known = {
      phase: 'requested',
      registered: false,
      drainRequested: false,
      stopAccepted: false,
      stopFailures: 0,
    };
    const say = (news: object) =>
      actor.send({ type: 'group.changed', groupId: 'e-1-0', ...known, ...news } as never);
    const before = actor.getSnapshot().context;
    say({});
    expect(actor.getSnapshot().context).toBe(before);
    for (const news of [
      { phase: 'provisioning' },
      { registered: true },
      { drainRequested: true },
      { stopAccepted: true },
      { stopFailures: 1 },
    ]) {
      say(news);
      expect(actor.getSnapshot().context.groups['e-1-0']).toMatchObject({ ...known, ...news });
      say({});
      expect(actor.getSnapshot().context.groups['e-1-0']).toMatchObject(known);
    }
    actor.send({ type: 'group.changed', groupId: 'stranger', ...known } as never);
    expect(actor.getSnapshot().context.groups).not.toHaveProperty('stranger');
    expect(actor.getSnapshot().status).toBe('active');
  });

  it('refuses the groups for which a launch got no task', async () => {
    const { actor, answer, phases, ended } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0'], refusals: [{ kind: 'refused', reason: 'x' }] });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
    expect(phases()).toEqual({ 'e-1-0': 'provisioning' });
    expect(ended).toEqual([
      expect.objectContaining({ groupId: 'e-1-1', cause: 'launchFailed', detail: 'x' }),
    ]);
  });

  it('describes the tasks of a late answer before it drains a group that had no ARN', async () => {
    const { actor, answerBoth, phases, calls, look, ended } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    actor.send({
      type: 'cohort.drain',
      generation: 2,
      pending: 1,
      idle: 0,
      busy: 0,
      at: 1500,
      until: 60_000,
    });
    await settle();
    expect(Object.values(phases()).sort()).toEqual(['requested', 'requested, drainRequested']);
    await answerBoth();
    expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'provisioning' });
    expect(calls.stopTask).toHaveLength(0);
    await look(3000, observed('arn:0', 'running'), observed('arn:1', 'stopped'));
    expect(ended).toEqual([expect.objectContaining({ groupId: 'e-1-1' })]);
    expect(phases()).toEqual({ 'e-1-0': 'running' });
    expect(calls.stopTask).toHaveLength(0);
  });

  it('drains the group that had no ARN once both tasks are described as living', async () => {
    const { actor, answerBoth, phases, calls, look } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    const drain = { type: 'cohort.drain', generation: 2, idle: 0, busy: 0, at: 1500 } as const;
    actor.send({ ...drain, pending: 1, until: 60_000 });
    await answerBoth();
    await look(3000, observed('arn:0', 'running'), observed('arn:1', 'running'));
    expect(Object.values(phases()).sort()).toEqual(['running', 'stopping']);
    expect(calls.stopTask).toHaveLength(1);
  });

  it('drains no group in the place of one that has ended since the drain was decided', () => {
    const { actor, phases } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    const drain = { type: 'cohort.drain', idle: 0, busy: 0, at: 1500, until: 60_000 } as const;
    const records = () => Object.values(actor.getSnapshot().context.groups);
    const leaving = () => records().filter(({ drainRequested }) => drainRequested).length;
    const ofThree = { pending: 3, idle: 0, busy: 0 };
    actor.send({ ...drain, generation: 2, pending: 1, of: ofThree });
    expect([Object.keys(phases()).length, leaving()]).toEqual([2, 0]);
    actor.send({ ...drain, generation: 3, pending: 2, of: ofThree });
    expect(leaving()).toBe(1);
  });

  it('waits for the monitor stream to show groups of a late answer before it drains them', async () => {
    const { actor, answerBoth, phases, calls, hear } = liveCohort();
    hear(1200, {});
    actor.send({ ...admit, launches: [...admit.launches] });
    const drain = { type: 'cohort.drain', generation: 2, idle: 0, busy: 0, at: 1500 } as const;
    actor.send({ ...drain, pending: 2, until: 60_000 });
    await answerBoth();
    expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'waiting' });
    hear(40_000, {
      'arn:0': { workers: 1, tasks: 3, canceling: 0 },
      'arn:1': { workers: 0, tasks: 0, canceling: 0 },
    });
    expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'stopping' });
    expect(calls.stopTask).toHaveLength(1);
    hear(41_000, { 'arn:0': { workers: 1, tasks: 0, canceling: 0 } });
    expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'stopping' });
  });

  it('stops groups of a late answer at once if the monitor stream never connected', async () => {
    const { actor, answerBoth, phases, hear } = liveCohort();
    hear(1300, null);
    actor.send({ ...admit, launches: [...admit.launches] });
    const drain = { type: 'cohort.drain', generation: 2, idle: 0, busy: 0, at: 1500 } as const;
    actor.send({ ...drain, pending: 2, until: 60_000 });
    await answerBoth();
    expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'stopping' });
  });

  it('stops exactly the tasks of a release, at once and once', async () => {
    const { launchBoth, actor, calls, phases } = liveCohort();
    await launchBoth();
    const release = { type: 'cohort.release' as const, at: 2000, taskIds: ['arn:1', 'elsewhere'] };
    actor.send({ ...release, generation: 2 });
    actor.send({ ...release, generation: 3 });
    expect(calls.stopTask.map(({ input }) => input)).toEqual([
      { taskArn: 'arn:1', reason: 'the scheduler has chosen it to stop' },
    ]);
    expect(phases()).toMatchObject({ 'e-1-1': 'stopping' });
    expect(Object.values(phases()).filter((phase) => phase === 'stopping')).toHaveLength(1);
  });

  it('does not end a new task because ECS does not show it yet', async () => {
    const { launchBoth, look, phases, ended } = liveCohort();
    await launchBoth();
    await look(60_000, observed('arn:0', 'missing'), observed('arn:1', 'missing'));
    expect(phases()).toEqual({ 'e-1-0': 'provisioning', 'e-1-1': 'provisioning' });
    await look(120_000, observed('arn:0', 'missing'), observed('arn:1', 'starting'));
    expect(ended).toEqual([]);
    await look(120_001, observed('arn:0', 'missing'), observed('arn:1', 'starting'));
    expect(ended).toEqual([expect.objectContaining({ groupId: 'e-1-0', cause: 'lost' })]);
  });

  it('does not end a task that is missing from one description, however old it is', async () => {
    const { launchBoth, look, ended, told } = liveCohort();
    await launchBoth();
    const seen = (at: number, phase: TaskObservation['phase']) =>
      look(at, observed('arn:0', phase), observed('arn:1', 'running'));
    await seen(100_000, 'missing');
    await seen(112_000, 'missing');
    await seen(160_000, 'missing');
    await seen(161_000, 'running');
    // The count starts anew.
    await seen(163_000, 'missing');
    await seen(223_000, 'missing');
    expect(ended).toEqual([]);
    await seen(223_001, 'missing');
    expect(ended).toEqual([expect.objectContaining({ groupId: 'e-1-0', cause: 'lost' })]);
    // And its workers are not reported dead: that is not certain.
    expect(told.map(({ type }) => type)).not.toContain('task.dead');
  });

  it('reports each task that has certainly ended, whatever its end', async () => {
    const { launchBoth, look, told } = liveCohort();
    await launchBoth();
    const stopped = { ...observed('arn:1', 'stopped'), cause: 'exited' as const };
    await look(50_000, observed('arn:0', 'stopping'), stopped);
    expect(told.filter(({ type }) => type === 'task.dead')).toEqual([
      { type: 'task.dead', at: 50_000, taskArn: 'arn:1' },
    ]);
  });

  it('counts deadlines of a task from the answer that named it, however late it came', async () => {
    const { actor, answer, look, phases } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    await look(90_000);
    await answer('runTask', { taskArns: ['arn:0', 'arn:1'], refusals: [] });
    await answer('journalOutcome', [
      { groupId: 'e-1-0', taskArn: 'arn:0' },
      { groupId: 'e-1-1', taskArn: 'arn:1' },
    ]);
    await look(93_000, observed('arn:0', 'missing'), observed('arn:1', 'starting'));
    expect(phases()).toEqual({ 'e-1-0': 'provisioning', 'e-1-1': 'provisioning' });
  });

  it('stops a group that does not run by its deadline, with that cause', async () => {
    const { launchBoth, look, phases, ended } = liveCohort();
    await launchBoth();
    await look(601_001, observed('arn:0', 'starting'), observed('arn:1', 'running'));
    expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'running' });
    await look(602_000, { ...observed('arn:0', 'stopped'), cause: 'drained' });
    expect(ended).toEqual([expect.objectContaining({ groupId: 'e-1-0', cause: 'startFailed' })]);
  });

  it('reports a stop that takes long, and watches the task to its end', async () => {
    const { launchBoth, look, answer, actor, row, notes, ended, told } = liveCohort();
    await launchBoth();
    await look(601_001, observed('arn:0', 'starting'), observed('arn:1', 'running'));
    await answer('stopTask', undefined);
    const stopping = observed('arn:0', 'stopping');
    const others = observed('arn:1', 'running');
    await look(602_000, stopping, others);
    await look(722_000, stopping, others);
    expect(notes).toEqual([{ groupId: 'e-1-0', taskArn: 'arn:0', since: 602_000 }]);
    expect(told.at(-1)).not.toMatchObject({ counts: { freed: 1 } });
    await look(725_000, { ...stopping, executionStopped: true }, others);
    expect(told.at(-1)).toMatchObject({ counts: { stopping: 1, freed: 1 } });
    expect(row('e-1-0')).toMatchObject({ phase: 'stopping', executionStopped: true });
    expect(notes).toHaveLength(1);
    await look(730_000, { ...observed('arn:0', 'stopped'), cause: 'drained' }, others);
    expect(ended).toHaveLength(1);
    expect(Object.keys(actor.getSnapshot().context.groups)).toEqual(['e-1-1']);
  });

  it('restarts a group actor that crashed, in the state it had', async () => {
    const { launchBoth, actor, crashes, phases, look } = liveCohort();
    await launchBoth();
    const group = actor.getSnapshot().children['group.e-1-0'] as AnyActorRef;
    actor.send({
      type: 'xstate.error.actor.group.e-1-0',
      actorId: 'group.e-1-0',
      error: new Error('a bug'),
    });
    await settle();
    expect(crashes).toHaveLength(1);
    expect(actor.getSnapshot().children['group.e-1-0']).not.toBe(group);
    expect(phases()).toEqual({ 'e-1-0': 'provisioning', 'e-1-1': 'provisioning' });
    await look(5000, observed('arn:0', 'running'));
    expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'provisioning' });
  });

  it('drains pending groups before serving ones, the youngest first', async () => {
    const { launchBoth, actor, look, phases } = liveCohort();
    await launchBoth();
    await look(5000, observed('arn:0', 'running'), observed('arn:1', 'starting'));
    await look(40_000, observed('arn:0', 'running'), observed('arn:1', 'starting'));
    expect(actor.getSnapshot().context.groups['e-1-0']?.registered).toBe(true);
    actor.send({
      type: 'cohort.drain',
      generation: 2,
      pending: 1,
      idle: 0,
      busy: 0,
      at: 41_000,
      until: 0,
    });
    await settle();
    expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'stopping' });
  });

  describe('with a connected monitor stream', () => {
    const serving = async () => {
      const all = liveCohort({ monitor: 'connected' });
      await all.launchBoth();
      await all.look(5000, observed('arn:0', 'running'), observed('arn:1', 'running'));
      return all;
    };
    const busy = { workers: 4, tasks: 3, canceling: 0 };
    const idle = { workers: 4, tasks: 0, canceling: 0 };

    it('counts a group as serving by its workers, not by the clock', async () => {
      const { hear, row, look } = await serving();
      await look(500_000, observed('arn:0', 'running'), observed('arn:1', 'running'));
      expect(row('e-1-0')?.registered).toBe(false);
      hear(500_100, { 'arn:0': busy });
      expect(row('e-1-0')?.registered).toBe(true);
      expect(row('e-1-1')?.registered).toBe(false);
    });

    it('stops a running task whose workers never come', async () => {
      const { hear, look, phases, ended } = await serving();
      hear(6000, { 'arn:0': busy });
      await look(602_000, observed('arn:0', 'running'), observed('arn:1', 'running'));
      expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'stopping' });
      await look(603_000, { ...observed('arn:1', 'stopped'), cause: 'drained' });
      expect(ended).toEqual([expect.objectContaining({ cause: 'startFailed' })]);
    });

    it('stops an idle group before a busy one, at once', async () => {
      const { hear, actor, phases } = await serving();
      hear(6000, { 'arn:0': busy, 'arn:1': idle });
      actor.send({
        type: 'cohort.drain',
        generation: 2,
        pending: 0,
        idle: 1,
        busy: 0,
        at: 7000,
        until: 99_000,
      });
      expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'stopping' });
    });

    it('stops a group without workers before one that has some', async () => {
      const { hear, actor, phases } = await serving();
      hear(6000, { 'arn:0': idle, 'arn:1': idle });
      hear(6500, { 'arn:1': { workers: 0, tasks: 0, canceling: 0 } });
      actor.send({
        type: 'cohort.drain',
        generation: 2,
        pending: 1,
        idle: 0,
        busy: 0,
        at: 7000,
        until: 99_000,
      });
      expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'stopping' });
    });

    it('stops a busy group at its next idle moment', async () => {
      const { hear, actor, phases, calls } = await serving();
      hear(6000, { 'arn:0': busy, 'arn:1': busy });
      actor.send({
        type: 'cohort.drain',
        generation: 2,
        pending: 0,
        idle: 0,
        busy: 2,
        at: 7000,
        until: 99_000,
      });
      expect(Object.values(phases())).toEqual(['waiting', 'waiting']);
      hear(8000, { 'arn:1': idle });
      expect(phases()).toEqual({ 'e-1-0': 'waiting', 'e-1-1': 'stopping' });
      expect(calls.stopTask).toHaveLength(1);
    });

    it('stops a busy group at its drain deadline', async () => {
      const { hear, actor, phases, look } = await serving();
      hear(6000, { 'arn:0': busy, 'arn:1': busy });
      actor.send({
        type: 'cohort.drain',
        generation: 2,
        pending: 0,
        idle: 0,
        busy: 1,
        at: 7000,
        until: 99_000,
      });
      await look(98_999);
      expect(Object.values(phases()).sort()).toEqual(['running', 'waiting']);
      await look(99_000);
      expect(Object.values(phases()).sort()).toEqual(['running', 'stopping']);
    });

    it('cancels the drain of a group that is desired again', async () => {
      const { hear, actor, phases, calls } = await serving();
      hear(6000, { 'arn:0': busy, 'arn:1': busy });
      actor.send({
        type: 'cohort.drain',
        generation: 2,
        pending: 0,
        idle: 0,
        busy: 2,
        at: 7000,
        until: 99_000,
      });
      actor.send({ type: 'cohort.cancelDrain', generation: 3, most: 1 });
      expect(Object.values(phases()).sort()).toEqual(['running', 'waiting']);
      hear(8000, { 'arn:0': idle, 'arn:1': idle });
      expect(calls.stopTask).toHaveLength(1);
    });

    it('keeps waiting for a busy group after the stream was lost, because it may return', async () => {
      const { hear, actor, phases } = await serving();
      hear(6000, { 'arn:0': busy, 'arn:1': busy });
      hear(6500, null);
      actor.send({
        type: 'cohort.drain',
        generation: 2,
        pending: 0,
        idle: 0,
        busy: 1,
        at: 7000,
        until: 99_000,
      });
      expect(Object.values(phases()).sort()).toEqual(['running', 'waiting']);
      hear(8000, { 'arn:0': idle, 'arn:1': idle });
      expect(Object.values(phases()).sort()).toEqual(['running', 'stopping']);
    });

    it('stops a running task that has lost all its workers', async () => {
      const { hear, look, phases } = await serving();
      hear(6000, { 'arn:0': busy, 'arn:1': busy });
      hear(10_000, { 'arn:0': { workers: 0, tasks: 0, canceling: 0 } });
      await look(130_000, observed('arn:0', 'running'), observed('arn:1', 'running'));
      expect(phases()).toEqual({ 'e-1-0': 'running', 'e-1-1': 'running' });
      await look(130_001, observed('arn:0', 'running'), observed('arn:1', 'running'));
      expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'running' });
    });
  });

  it('assumes the end of a task some time after an accepted StopTask if DescribeTasks is denied', async () => {
    const { launchBoth, actor, calls, answer, phases, ended } = liveCohort();
    await launchBoth();
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    await answer('stopTask', undefined);
    const lookInVain = async (at: number) => {
      actor.send({
        type: 'cohort.poll',
        at,
        launching: true,
        ending: false,
        listedAt: null,
      });
      calls.describeTasks.at(-1)?.reject(denied);
      await settle();
    };
    await lookInVain(182_000);
    expect(Object.values(phases())).toEqual(['stopping', 'stopping']);
    await lookInVain(182_001);
    expect(ended).toEqual([expect.objectContaining({ cause: 'drained' })]);
  });

  it('assumes it sooner while the daemon stops', async () => {
    const { launchBoth, actor, calls, answer, ended } = liveCohort();
    await launchBoth();
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    await answer('stopTask', undefined);
    for (const at of [7000, 7001]) {
      expect(ended).toEqual([]);
      const look = { type: 'cohort.poll', at, launching: false } as const;
      actor.send({ ...look, ending: true, listedAt: null });
      calls.describeTasks.at(-1)?.reject(denied);
      await settle();
    }
    expect(ended).toHaveLength(1);
  });
});

// Last, for they take longest.
it('the model takes every transition and reaches every state', () => {
  expect(untaken(cohort, model, choosing)).toEqual([]);
  expect(unvisited(cohort, model)).toEqual([]);
});

it('a cohort has an actor for every launch and group of its records on every edge', async () => {
  await checkEveryEdge(cohort, model, null, ({ state }) => {
    const { children, context } = state;
    const { groups, launches } = context;
    expect(Object.keys(children).filter((id) => id !== 'describeTasks')).toEqual(
      expect.arrayContaining([
        ...Object.keys(groups).map((id) => `group.${id}`),
        ...Object.keys(launches).map((label) => `launch.${label}`),
      ]),
    );
    return null;
  });
});

describe('a cohort on a command', () => {
  it('to poll reports why DescribeTasks fails, and assumes stops only when it is denied for good', async () => {
    const { actor, answer, calls, launchOne, ended, notes } = reportingCohort();
    await launchOne();
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    await answer('stopTask', undefined);
    const lookInVain = async (kind: string) => {
      actor.send({
        type: 'cohort.poll',
        at: 900_000,
        launching: true,
        ending: false,
        listedAt: null,
      });
      calls.describeTasks.at(-1)?.reject(failure(kind));
      await settle();
    };
    await lookInVain('throttled');
    expect(ended).toEqual([]);
    await lookInVain('denied');
    expect(ended).toHaveLength(1);
    const note = (kind: string) => ({ kind, reason: `it was ${kind}` });
    expect(notes).toEqual([note('throttled'), note('denied')]);
  });

  it('to poll describes only groups with tasks, one call at a time', async () => {
    const { actor, calls } = reportingCohort();
    const groups = [{ groupId: 'orphan', taskArn: 'arn:9', createdAt: 400, deadlinesFrom: 500 }];
    actor.send({ ...admit, launches: [...admit.launches] });
    actor.send({
      type: 'cohort.poll',
      at: 500,
      launching: true,
      ending: false,
      listedAt: null,
    });
    expect(calls.describeTasks).toEqual([]);
    actor.send({ type: 'cohort.adopt', generation: 1, groups });
    for (const at of [1000, 2000])
      actor.send({
        type: 'cohort.poll',
        at,
        launching: true,
        ending: false,
        listedAt: null,
      });
    expect(calls.describeTasks.map(({ input }) => input)).toEqual([{ taskArns: ['arn:9'] }]);
  });
});
