import { describe, expect, it } from 'vitest';
import { liveCohort, sighting } from '../../support/liveCohort.ts';
import { settle } from '../../support/world.ts';

const everybody = { pending: 9, idle: 9, busy: 9 };
const load = (tasks: number, canceling = 0) => ({ workers: 1, tasks, canceling });
const running = [sighting('arn:0', 'running'), sighting('arn:1', 'running')];

/** A cohort whose two groups serve, and which reports only what changes from now on. */
const serving = async () => {
  const cohort = liveCohort();
  const { actor, calls, hear, told, monitorConnected } = cohort;
  monitorConnected.now = true;
  await cohort.launchBoth();
  await cohort.look(5000, ...running);
  hear(6000, { 'arn:0': load(1), 'arn:1': load(1) });
  const drain = (until: number) =>
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 7000, until });
  const crash = async () => {
    const error = new Error('a bug');
    actor.send({ type: 'xstate.error.actor.group.e-1-0', actorId: 'group.e-1-0', error });
    await settle();
  };
  const counts = () => told.splice(0).flatMap((event) => ('counts' in event ? [event.counts] : []));
  counts();
  const stopped = () => calls.stopTask.map(({ input }) => (input as { taskArn: string }).taskArn);
  return { ...cohort, drain, crash, counts, stopped };
};

describe('the actor of a group that crashes', () => {
  it('is started again as one that serves, without a new report', async () => {
    const { crash, counts, row, look, registrations, told } = await serving();
    await crash();
    expect(row('e-1-0')).toMatchObject({ registered: true, phase: 'provisioning' });
    await look(900_000, ...running);
    expect(row('e-1-0')).toMatchObject({ registered: true, phase: 'running' });
    expect(registrations).toHaveLength(2);
    expect(counts()).toEqual([]);
    expect(told).toEqual([]);
  });

  it('is started again as one that waits for an idle moment, and can be taken back', async () => {
    const { actor, drain, crash, counts, calls, phases } = await serving();
    drain(99_000);
    counts();
    await crash();
    expect(phases()).toMatchObject({ 'e-1-0': 'waiting' });
    expect(counts()).toEqual([]);
    actor.send({ type: 'cohort.cancelDrain', generation: 3, most: 2 });
    expect(counts()).toMatchObject([{ busy: 2, drainPending: 0 }]);
    expect(calls.stopTask).toEqual([]);
  });

  it('is started again as one whose stop is held back until a cancellation ends', async () => {
    const { drain, crash, hear, stopped, phases } = await serving();
    hear(6500, { 'arn:0': load(1, 1) });
    drain(0);
    expect(phases()).toEqual({ 'e-1-0': 'held', 'e-1-1': 'stopping' });
    await crash();
    expect(stopped()).toEqual(['arn:1']);
    hear(8000, { 'arn:0': load(1) });
    expect(stopped()).toEqual(['arn:1', 'arn:0']);
  });

  it('is started again as one that stops, and sends StopTask again', async () => {
    const { drain, crash, stopped, phases } = await serving();
    drain(0);
    await crash();
    expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'stopping' });
    expect(stopped()).toEqual(['arn:0', 'arn:1', 'arn:0']);
  });
});

it('the registration of a group is noted once, with its task', async () => {
  const { hear, look, registrations } = await serving();
  hear(6100, { 'arn:0': load(0) });
  await look(9000, ...running);
  expect(registrations).toEqual([
    { groupId: 'e-1-0', taskArn: 'arn:0' },
    { groupId: 'e-1-1', taskArn: 'arn:1' },
  ]);
});
