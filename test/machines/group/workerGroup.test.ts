import { describe, expect, it } from 'vitest';
import { type Actor, createActor } from 'xstate';
import { type GroupReport, workerGroup } from '../../../machines/group/workerGroup.ts';
import { model } from '../../../src/paths/models/workerGroup.ts';
import { untaken, unvisited, walkEveryEdge } from '../../support/paths.ts';
import { holesOf } from '../../support/placeholders.ts';
import { ended, scriptedParent, scriptedWorld } from '../../support/world.ts';

it('a group keeps its invariants on every edge', async () => {
  await walkEveryEdge(workerGroup, model, async ({ steps }) => {
    const { actors, calls, play } = scriptedWorld('takeTurn', 'stopTask');
    const actor = createActor(workerGroup.provide({ actors }), { input: { groupId: 'g1' } });
    actor.start();
    let drainRequested = false;
    let ended = false;
    let failing = false;
    for (const { event, state } of steps) {
      const before = { value: actor.getSnapshot().value, stops: calls.stopTask.length };
      await play(actor, event);
      const { value, context, output, status } = actor.getSnapshot();
      const stopping = actor.getSnapshot().matches({ draining: 'stopping' });
      const held = actor.getSnapshot().matches({ draining: 'held' });
      failing ||= event.type === 'task.failing';
      if (/drain|stop$/.test(event.type) || held) drainRequested = true;
      // A stop that ECS was asked for is not taken back.
      if (event.type === 'group.cancelDrain' && !stopping && !held) drainRequested = false;
      ended ||= event.type === 'task.stopped' || event.type === 'group.refused';
      expect(value).toEqual(state.value);
      if (value === 'stopped') {
        expect(ended).toBe(true); // nothing is over because we say so
        expect(context.cause).not.toBeNull();
        expect(output).toMatchObject({ groupId: 'g1', cause: context.cause });
        if (drainRequested && !failing) expect(context.cause).toBe('drained');
      } else expect(status).toBe('active');
      if (drainRequested && context.taskArn && value !== 'stopped')
        expect(value).toHaveProperty('draining'); // no drain is forgotten
      if (drainRequested && !context.taskArn && !ended) expect(value).toBe('requested'); // the ARN is on its way
      const at = JSON.stringify(value);
      if (stopping) expect(calls.takeTurn.at(-1)?.input).toEqual({ taskArn: 'arn:1' });
      const sent = event.type === 'group.send' && /requesting/.test(at);
      expect(calls.stopTask).toHaveLength(before.stops + (sent ? 1 : 0)); // only this stops a task
      if (sent) expect(calls.stopTask.at(-1)?.input).toMatchObject({ taskArn: 'arn:1' });
      if (/"attempted"/.test(JSON.stringify(before.value)) && event.type === 'group.stop')
        expect(at).toContain('awaitingTurn'); // asked again, asks ECS again
    }
  });
});

it('the model takes every transition and reaches every state', () => {
  expect(untaken(workerGroup, model)).toEqual([]);
  expect(unvisited(workerGroup, model)).toEqual([]);
});

const launched = { type: 'group.launched', taskArn: 'arn:1' };
const refused = { type: 'group.refused', reason: 'full' };
const drain = { type: 'group.drain' };
const stop = { type: 'group.stop' };
const hold = { type: 'group.hold' };
const reprieve = { type: 'group.cancelDrain' };
const runs = { type: 'task.running' };
const registered = { type: 'task.registered' };
const reclaimed = { type: 'task.failing', cause: 'interrupted', detail: 'Spot' };
const failing = { type: 'task.failing', cause: 'startFailed', detail: null };
const stopped = { type: 'task.stopped', cause: 'exited', detail: 'exit code 1' };
const accepted = { type: 'xstate.done.actor.stopTask' };
const throttled = { type: 'xstate.error.actor.stopTask', error: new Error('throttled') };

const inShort = ({ phase, registered, drainRequested, stopAccepted }: GroupReport) =>
  [
    phase,
    registered && 'registered',
    drainRequested && 'drainRequested',
    stopAccepted && 'accepted',
  ]
    .filter(Boolean)
    .join(' ');

/** Its turn comes at once. */
const takeTurn = ended(() => ({ at: 0 }));

describe('a stop that waits for its turn', () => {
  const turn = { type: 'xstate.done.actor.takeTurn', output: { at: 900 } };
  const live = async (...events: { type: string }[]) => {
    const world = scriptedWorld('takeTurn', 'stopTask');
    const { parent, told } = scriptedParent();
    const provided = workerGroup.provide({ actors: world.actors });
    const actor = createActor(provided, { input: { groupId: 'g1' }, parent }).start();
    for (const event of [launched, runs, stop, ...events]) await world.play(actor, event);
    return { ...world, actor, told };
  };

  it('keeps its place when the stop is ordered again', async () => {
    const { calls } = await live(stop, stop);
    expect(calls.takeTurn.map(({ input, signal }) => [input, signal.aborted])).toEqual([
      [{ taskArn: 'arn:1' }, false],
    ]);
    expect(calls.stopTask).toEqual([]);
  });

  it('asks its cohort when it has come, and sends StopTask only if the group is still to stop', async () => {
    const { actor, calls, told, play } = await live(turn);
    expect(told.at(-1)).toEqual({ type: 'group.turn', groupId: 'g1', at: 900 });
    expect(calls.stopTask).toEqual([]);
    await play(actor, { type: 'group.send' });
    expect(calls.stopTask).toHaveLength(1);
  });

  it('is cancelled with its drain, and may be ordered again', async () => {
    const { actor, calls, told, play } = await live(reprieve);
    expect(actor.getSnapshot().value).toBe('running');
    expect(told.at(-1)).toMatchObject({ phase: 'running', drainRequested: false });
    expect(calls.takeTurn.at(-1)?.signal.aborted).toBe(true);
    await play(actor, stop);
    expect([calls.takeTurn.length, calls.stopTask.length]).toEqual([2, 0]);
  });

  it('is cancelled with its drain while its cohort is asked, and not once StopTask is sent', async () => {
    const asked = await live(turn, reprieve);
    expect(asked.actor.getSnapshot().value).toBe('running');
    const { actor } = await live(turn, { type: 'group.send' }, reprieve);
    expect(actor.getSnapshot().value).toEqual({ draining: { stopping: 'requesting' } });
  });

  it('counts as failed when no turn can be had, and is tried again when it is ordered again', async () => {
    const broken = { type: 'xstate.error.actor.takeTurn', error: new Error('x') };
    const { calls, told, play, actor } = await live(broken);
    expect(told.at(-1)).toMatchObject({ phase: 'stopping', stopFailures: 1 });
    await play(actor, stop);
    expect(calls.takeTurn).toHaveLength(2);
  });

  it.each([
    ['group.drain', 'waiting'],
    ['group.hold', 'held'],
  ])('is not sent after %s, and the group is %s', async (type, state) => {
    const { actor, calls } = await live(turn, { type });
    expect(actor.getSnapshot().value).toEqual({ draining: state });
    expect(calls.stopTask).toEqual([]);
  });
});

describe('the reports and the outcome of a group', () => {
  const end = { groupId: 'g1', taskArn: 'arn:1', registered: false, detail: 'exit code 1' };

  it.each([
    [
      'that serves and is drained at an idle moment',
      [launched, runs, registered, drain, stop, accepted, stopped],
      [
        'provisioning',
        'running',
        'running registered',
        'waiting registered drainRequested',
        'stopping registered drainRequested',
        'stopping registered drainRequested accepted',
      ],
      { ...end, registered: true, cause: 'drained' },
    ],
    [
      'whose workers register before ECS shows it as running',
      [launched, registered, stopped],
      ['provisioning', 'running registered'],
      { ...end, registered: true, cause: 'exited' },
    ],
    [
      'that gets no task',
      [refused],
      [],
      { ...end, taskArn: null, cause: 'launchFailed', detail: 'full' },
    ],
    [
      'that is drained and then gets no task',
      [drain, refused],
      ['requested drainRequested'],
      { ...end, taskArn: null, cause: 'drained', detail: 'full' },
    ],
    [
      'that may be busy by the time it has its task',
      [drain, launched, registered, stop, stopped],
      [
        'requested drainRequested',
        'waiting drainRequested',
        'waiting registered drainRequested',
        'stopping registered drainRequested',
      ],
      { ...end, registered: true, cause: 'drained' },
    ],
    [
      'whose drain turns into a stop before it has its task',
      [drain, stop, launched, stopped],
      ['requested drainRequested', 'requested drainRequested', 'stopping drainRequested'],
      { ...end, cause: 'drained' },
    ],
    [
      'that is drained before it has its task',
      [stop, launched, throttled, stop, accepted, stopped],
      [
        'requested drainRequested',
        'stopping drainRequested',
        'stopping drainRequested',
        'stopping drainRequested accepted',
      ],
      { ...end, cause: 'drained' },
    ],
    [
      'that is stopped before it has its task',
      [stop, launched, stopped],
      ['requested drainRequested', 'stopping drainRequested'],
      { ...end, cause: 'drained' },
    ],
    [
      'whose drain is cancelled before it has its task',
      [stop, reprieve, launched, drain, stopped],
      ['requested drainRequested', 'requested', 'provisioning', 'waiting drainRequested'],
      { ...end, cause: 'drained' },
    ],
    [
      'that is stopped while it starts',
      [launched, stop, stopped],
      ['provisioning', 'stopping drainRequested'],
      { ...end, cause: 'drained' },
    ],
    [
      'that is stopped while it runs, after which a cancelled drain has no effect',
      [launched, runs, stop, reprieve, stopped],
      ['provisioning', 'running', 'stopping drainRequested'],
      { ...end, cause: 'drained' },
    ],
    [
      'whose drain is cancelled while it waits for an idle moment',
      [launched, runs, drain, reprieve, stopped],
      ['provisioning', 'running', 'waiting drainRequested', 'running'],
      { ...end, cause: 'exited' },
    ],
    [
      'that fails while it starts',
      [launched, failing, stopped],
      ['provisioning', 'stopping drainRequested'],
      { ...end, cause: 'startFailed' },
    ],
    [
      'that is interrupted while it starts',
      [launched, reclaimed, stopped],
      ['provisioning', 'stopping drainRequested'],
      { ...end, cause: 'interrupted', detail: 'Spot' },
    ],
    [
      'that is interrupted while it runs',
      [launched, runs, reclaimed, stopped],
      ['provisioning', 'running', 'stopping drainRequested'],
      { ...end, cause: 'interrupted', detail: 'Spot' },
    ],
    [
      'whose stop is held until no worker of it cancels a task',
      [launched, registered, drain, hold, stop, accepted, stopped],
      [
        'provisioning',
        'running registered',
        'waiting registered drainRequested',
        'held registered drainRequested',
        'stopping registered drainRequested',
        'stopping registered drainRequested accepted',
      ],
      { ...end, registered: true, cause: 'drained' },
    ],
    [
      'that is taken back while its stop is held',
      [launched, registered, hold, reprieve, stopped],
      [
        'provisioning',
        'running registered',
        'held registered drainRequested',
        'running registered',
      ],
      { ...end, registered: true, cause: stopped.cause, detail: stopped.detail },
    ],
    [
      'that is reclaimed while a worker of it cancels a task',
      [launched, runs, { ...reclaimed, hold: true }, stopped],
      ['provisioning', 'running', 'held drainRequested'],
      { ...end, cause: 'interrupted', detail: 'Spot' },
    ],
    [
      'that is interrupted while it waits for an idle moment',
      [launched, runs, drain, reclaimed, stopped],
      ['provisioning', 'running', 'waiting drainRequested', 'stopping drainRequested'],
      { ...end, cause: 'interrupted', detail: 'Spot' },
    ],
  ] as const)('%s', async (_, events, reports, output) => {
    const { parent, told } = scriptedParent(undefined, ({ type }) => {
      if (type === 'group.turn') actor.send({ type: 'group.send' });
      return type === 'group.turn';
    });
    const { actors, calls, play } = scriptedWorld('stopTask');
    const group = workerGroup.provide({ actors: { ...actors, takeTurn } });
    const actor: Actor<typeof group> = createActor(group, {
      input: { groupId: 'g1' },
      parent,
    }).start();
    for (const event of events) {
      expect(actor.getSnapshot().status).toBe('active');
      await play(actor, event);
    }
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output });
    const heard = told.filter(({ type }) => type === 'group.changed') as unknown as GroupReport[];
    expect(heard.map(inShort)).toEqual(reports);
    expect(heard.every(({ groupId }) => groupId === 'g1')).toBe(true);
    const stops = reports.filter((report) => /^stopping.*drainRequested$/.test(report));
    expect(calls.stopTask).toHaveLength(stops.length);
  });
});

it('the task in the answer to StopTask is reported, after the group has said that it was accepted', async () => {
  const answersOf = async (output: unknown) => {
    const { actors, play } = scriptedWorld('takeTurn', 'stopTask');
    const { parent, told } = scriptedParent();
    const group = workerGroup.provide({ actors });
    const actor = createActor(group, { input: { groupId: 'g1' }, parent }).start();
    const turn = { type: 'xstate.done.actor.takeTurn', output: { at: 0 } };
    const answer = { ...accepted, output };
    for (const event of [launched, stop, turn, { type: 'group.send' }, answer])
      await play(actor, event);
    return told.slice(-2);
  };
  const observation = { taskArn: 'arn:1', phase: 'stopped', livedMs: 80_000 };
  expect(await answersOf(observation)).toEqual([
    expect.objectContaining({ type: 'group.changed', stopAccepted: true }),
    { type: 'group.stopAnswered', groupId: 'g1', observation },
  ]);
  expect(await answersOf(null)).toMatchObject([{}, { observation: null }]);
});

const late = {
  type: 'task.failing',
  cause: 'startFailed',
  detail: 'not running 600 s after its launch',
};
const because = (event: { type: string }, reason: string) => ({ ...event, reason });

it.each([
  ['no reason was given', [stop], 'no longer desired'],
  ['a reason was given', [because(stop, 'the daemon stops')], 'the daemon stops'],
  ['it has waited for an idle moment', [because(drain, 'fewer'), stop], 'fewer'],
  ['it has waited for a cancellation', [because(hold, 'fewer'), stop], 'fewer'],
  [
    'an earlier drain was cancelled',
    [because(drain, 'fewer'), reprieve, stop],
    'no longer desired',
  ],
  ['it fails', [late], 'not running 600 s after its launch'],
  ['it fails and AWS has said nothing', [failing], 'startFailed'],
])('StopTask tells ECS why: %s', async (_, events, reason) => {
  const { actors, calls, play } = scriptedWorld('takeTurn', 'stopTask');
  const group = workerGroup.provide({ actors });
  const actor = createActor(group, { input: { groupId: 'g1' } }).start();
  const turn = { type: 'xstate.done.actor.takeTurn', output: { at: 0 } };
  for (const event of [launched, ...events, turn, { type: 'group.send' }]) await play(actor, event);
  expect(calls.stopTask.at(-1)?.input).toEqual({ taskArn: 'arn:1', reason });
});

it('a failed StopTask is reported with its reason', async () => {
  const { actors, play } = scriptedWorld('takeTurn', 'stopTask');
  const said: unknown[] = [];
  const group = workerGroup.provide({
    actors,
    actions: { noteStopFailed: (_, trouble) => said.push(trouble) },
  });
  const actor = createActor(group, { input: { groupId: 'g1' } }).start();
  const turn = { type: 'xstate.done.actor.takeTurn', output: { at: 0 } };
  for (const event of [launched, stop, turn, { type: 'group.send' }, throttled])
    await play(actor, event);
  expect(actor.getSnapshot().context.stopFailures).toBe(1);
  expect(said).toEqual([expect.objectContaining({ reason: 'throttled' })]);
});

it('an effect that is not provided fails with its name', async () => {
  expect(await holesOf(workerGroup)).toEqual({
    takeTurn: "effect 'takeTurn' is not provided",
    stopTask: "effect 'stopTask' is not provided",
  });
});
