import { describe, expect, it } from 'vitest';
import { admit, liveCohort, observed } from '../../support/liveCohort.ts';
import { settle } from '../../support/world.ts';

const allGroups = { pending: 9, idle: 9, busy: 9 };

describe('a cohort', () => {
  it('sends StopTask again when ECS shows no effect, and not before', async () => {
    const { launchBoth, actor, calls, look } = liveCohort();
    await launchBoth();
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    expect(calls.stopTask).toHaveLength(2);
    for (const call of calls.stopTask) call.resolve(undefined);
    await settle();
    await look(10_000, observed('arn:0', 'starting'), observed('arn:1', 'stopping'));
    expect(calls.stopTask).toHaveLength(2);
    await look(17_001, observed('arn:0', 'starting'), observed('arn:1', 'stopping'));
    expect(calls.stopTask).toHaveLength(3);
    expect(calls.stopTask.at(-1)?.input).toMatchObject({ taskArn: 'arn:0' });
  });

  it('asks for a stop that failed again at a later poll, after longer and longer pauses', async () => {
    const { launchBoth, actor, calls, look } = liveCohort();
    await launchBoth();
    await look(1000);
    actor.send({ type: 'cohort.release', generation: 2, at: 2000, taskIds: ['arn:0'] });
    const sent: number[] = [];
    for (let at = 2000; at < 60_000; at += 1000) {
      if (calls.stopTask.length > sent.length) sent.push(at);
      calls.stopTask.at(-1)?.reject(new Error('throttled'));
      await settle();
      await look(at + 500);
    }
    expect(sent).toEqual([2000, 4000, 6000, 10_000, 18_000, 33_000, 48_000]);
  });

  it('does not stop a group that has found work while StopTask waited for its turn', async () => {
    const { launchBoth, actor, calls, look, hear, phases, turn } = liveCohort({
      monitor: 'connected',
    });
    await launchBoth();
    const running = [observed('arn:0', 'running'), observed('arn:1', 'running')];
    await look(5000, ...running);
    const idle = { workers: 1, tasks: 0, canceling: 0 };
    hear(6000, { 'arn:0': idle, 'arn:1': idle });
    const stop = { type: 'cohort.drain', generation: 2, pending: 0, idle: 1, busy: 0 } as const;
    // The process stands still between the order and its turn.
    turn.at = 90_000;
    actor.send({ ...stop, at: 7000, until: 120_000 });
    expect([calls.stopTask.length, Object.values(phases()).sort()]).toEqual([
      0,
      ['running', 'waiting'],
    ]);
    turn.at = null;
    await look(90_000, ...running);
    hear(90_500, { 'arn:0': { ...idle, tasks: 1 }, 'arn:1': { ...idle, tasks: 1 } });
    await look(95_000, ...running);
    expect(calls.stopTask).toHaveLength(0);
    hear(96_000, { 'arn:0': idle, 'arn:1': idle });
    expect(calls.stopTask).toHaveLength(1);
  });

  it('takes back groups while their StopTask waits for its turn, and not once it is sent', async () => {
    const { launchBoth, actor, calls, look, hear, phases, told, turn } = liveCohort({
      monitor: 'connected',
    });
    await launchBoth();
    const running = [observed('arn:0', 'running'), observed('arn:1', 'running')];
    await look(5000, ...running);
    const idle = { workers: 1, tasks: 0, canceling: 0 };
    hear(6000, { 'arn:0': idle, 'arn:1': idle });
    const stop = { type: 'cohort.drain', pending: 0, idle: 2, busy: 0, until: 120_000 } as const;
    turn.waits = true;
    actor.send({ ...stop, generation: 2, at: 7000 });
    expect(told.at(-1)).toMatchObject({ generation: 2, counts: { stopping: 2, unsent: 2 } });
    actor.send({ type: 'cohort.cancelDrain', generation: 3, most: 9 });
    expect(Object.values(phases())).toEqual(['running', 'running']);
    expect(told.at(-1)).toMatchObject({ generation: 3, counts: { idle: 2, stopping: 0 } });
    turn.waits = false;
    actor.send({ ...stop, generation: 4, at: 8000 });
    expect(calls.stopTask).toHaveLength(2);
    expect(told.at(-1)).toMatchObject({ generation: 4, counts: { stopping: 2, unsent: 0 } });
    actor.send({ type: 'cohort.cancelDrain', generation: 5, most: 9 });
    expect(Object.values(phases())).toEqual(['stopping', 'stopping']);
  });

  it('stops no group for being idle once that is of old, and does when it is shown anew', async () => {
    const { launchBoth, actor, calls, look, hear, phases } = liveCohort({ monitor: 'connected' });
    await launchBoth();
    const running = [observed('arn:0', 'running'), observed('arn:1', 'running')];
    await look(5000, ...running);
    const idle = { workers: 1, tasks: 0, canceling: 0 };
    hear(6000, { 'arn:0': idle, 'arn:1': idle });
    actor.send({ type: 'cohort.freshness', at: 7000, isCurrent: false });
    const stop = { type: 'cohort.drain', generation: 2, pending: 0, idle: 2, busy: 0 } as const;
    actor.send({ ...stop, at: 7000, until: 120_000 });
    await look(8000, ...running);
    expect([calls.stopTask.length, Object.values(phases())]).toEqual([0, ['waiting', 'waiting']]);
    hear(9000, { 'arn:0': { ...idle, tasks: 1 } });
    actor.send({ type: 'cohort.freshness', at: 9000, isCurrent: true });
    await look(11_000, ...running);
    expect(calls.stopTask.map(({ input }) => input)).toMatchObject([{ taskArn: 'arn:1' }]);
  });

  it('sends no launch that may not be sent any more when its turn comes', async () => {
    const { actor, answer, calls, turn, ended } = liveCohort();
    turn.allowed = false;
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    expect(calls.runTask).toEqual([]);
    await answer('journalOutcome', []);
    expect(ended).toHaveLength(2);
  });

  it('answers no launch and no group that has ended meanwhile', () => {
    const { actor } = liveCohort();
    actor.send({ type: 'cohort.launchTurnAnswered', label: 'e-9', allowed: true });
    actor.send({ type: 'group.turn', groupId: 'e-9-0', at: 2000 });
    expect(actor.getSnapshot().status).toBe('active');
  });

  it('reports the groups of a launch without an answer until it has one', async () => {
    const { actor, answer, calls, told, look } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(Object.assign(new Error('no answer'), { kind: 'unreachable' }));
    await settle();
    const last = () => told.filter(({ type }) => type === 'cohort.changed').at(-1);
    expect(last()).toMatchObject({ launches: 1, counts: { unanswered: 2 } });
    for (const at of [10_000, 20_000]) await look(at);
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0', 'arn:1'], refusals: [] });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
    expect(last()).toMatchObject({ launches: 0, counts: { unanswered: 0 } });
  });

  it('takes no group for unanswered whose launch it does not have', () => {
    const { actor } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    const { groups } = actor.getSnapshot().context;
    actor.send({ type: 'launch.unanswered', label: 'e-9' });
    expect(actor.getSnapshot().context.groups).toEqual(groups);
  });

  it('passes on what a complete list shows of its own launches', async () => {
    const { actor, answer, calls, phases } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(Object.assign(new Error('lost'), { kind: 'unreachable' }));
    await settle();
    const found = { taskArns: ['arn:0', 'arn:1'], createdAt: {} };
    actor.send({ type: 'cohort.launchesFound', found: { 'e-1': found, 'e-9': found } });
    await answer('journalOutcome', [
      { groupId: 'e-1-0', taskArn: 'arn:0' },
      { groupId: 'e-1-1', taskArn: 'arn:1' },
    ]);
    expect(phases()).toEqual({ 'e-1-0': 'provisioning', 'e-1-1': 'provisioning' });
  });
});
