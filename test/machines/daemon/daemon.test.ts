import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { daemon } from '../../../machines/daemon/daemon.ts';
import { type Model, untaken, unvisited, walks } from '../../support/paths.ts';
import { scriptedStream, scriptedWorld } from '../../support/world.ts';

const input = {
  fleet: {} as never,
  workers: 8,
  heartbeatIntervalMs: 2000,
  stopTimeoutMs: 60_000,
  leaveRunning: false,
};
const denied = Object.assign(new Error('not allowed'), { kind: 'denied' });

const model: Model = {
  input,
  key: ({ value, context }) => [value, Math.min(context.attempts, 2), context.crash],
  events: ({ value }) =>
    [
      ...(value === 'preparing'
        ? [
            { type: 'xstate.done.actor.prepare', output: { revision: 'rev:1' } },
            { type: 'xstate.error.actor.prepare', error: denied },
          ]
        : []),
      { type: 'xstate.after.preparationPause.daemon.unprepared' },
      { type: 'xstate.after.stopTimeout.daemon.stopping' },
      { type: 'daemon.stop' },
      { type: 'fleet.stopped' },
      { type: 'xstate.done.actor.session' },
      { type: 'xstate.error.actor.fleetManager', error: new Error('a bug') },
      { type: 'scheduler.heartbeatEcho', at: 1 },
      { type: 'scheduler.desired', at: 1, requests: [] },
      { type: 'scheduler.shutdownRequested', at: 1, taskIds: ['t1'] },
      { type: 'monitor.loads', at: 1, loads: null },
      { type: 'scheduler.lost' },
      { type: 'scheduler.shutdown', at: 1 },
      { type: 'fleet.capacity', workers: 4 },
      { type: 'task.dead', taskArn: 'arn:t' },
      { type: 'fleet.unprepared' },
    ] as never,
};

const drainRequested: Model = { ...model, input: { ...input, leaveRunning: true } };

describe.each([
  ...walks(daemon, model).map((walk) => ({ ...walk, given: input })),
  ...walks(daemon, drainRequested).map((walk) => ({
    ...walk,
    given: { ...input, leaveRunning: true },
  })),
])('$given.leaveRunning: $title', ({ steps, given }) => {
  it('keeps its promises when a live actor walks it', async () => {
    const manager = scriptedStream();
    const session = scriptedStream();
    const monitor = scriptedStream();
    const { actors, calls, play } = scriptedWorld('prepare');
    const actor = createActor(
      daemon.provide({
        actors: {
          ...actors,
          fleetManager: manager.logic as never,
          session: session.logic as never,
          monitor: monitor.logic as never,
        },
      }),
      { input: given, clock: new SimulatedClock() },
    );
    actor.subscribe({ error: () => {} });
    actor.start();
    let stopped = false;
    let ending = false;
    let stops = 0;
    for (const { event, state } of steps) {
      const before = { value: actor.getSnapshot().value, asked: calls.prepare.length };
      const heard = manager.told.length;
      await play(actor, event);
      const ended = event.type === 'scheduler.shutdown';
      stopped ||= ended || event.type === 'daemon.stop';
      ending ||= ended;
      if (ended && ['preparing', 'unprepared', 'serving'].includes(before.value as string))
        expect(manager.told.at(-1)).toEqual({ type: 'fleet.stop' }); // all of the fleet goes
      stops += event.type === 'daemon.stop' ? 1 : 0;
      const { value, output } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      if (event.type === 'fleet.capacity' && before.value === 'serving')
        expect(session.told.at(-1)).toEqual({ type: 'session.capacity', workers: 4 });
      if (event.type === 'task.dead' && value !== 'stopped')
        expect(session.told.at(-1)).toEqual({ type: 'session.dead', taskArn: 'arn:t' }); // in time for the work
      if (/^(scheduler|monitor)\./.test(event.type) && !ended)
        expect(manager.told.slice(heard)).toEqual([event]); // whatever else goes on, the manager hears
      if (event.type === 'xstate.done.actor.prepare' && before.value === 'preparing')
        expect(manager.told.at(-1)).toEqual({ type: 'fleet.prepared', revision: 'rev:1' });
      if (before.value === 'unprepared' && value === 'preparing')
        expect(calls.prepare).toHaveLength(before.asked + 1);
      if (given.leaveRunning && !ending)
        expect(manager.told).not.toContainEqual({ type: 'fleet.stop' });
      if (value === 'stopping') {
        expect(manager.told.filter(({ type }) => type === 'fleet.stop')).toHaveLength(1);
        expect(session.told).toContainEqual({ type: 'session.capacity', workers: 0 });
      }
      if (value === 'leaving' && event.type !== 'task.dead')
        expect(session.told.at(-1)).toEqual({ type: 'session.close' }); // no goodbye without one
      if (value === 'stopped' && event.type !== 'xstate.error.actor.fleetManager')
        expect(stopped).toBe(true);
      if (stops >= 3) expect(value).toBe('stopped'); // impatience is heard
      if (value === 'stopped')
        expect(output).toEqual({ crash: event.type.includes('error') ? 'a bug' : null });
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(daemon, model, drainRequested)).toEqual([]);
  expect(unvisited(daemon, model)).toEqual([]);
});

/** The daemon with its rooms scripted. */
const live = (given = input) => {
  const rooms = { manager: scriptedStream(), session: scriptedStream(), monitor: scriptedStream() };
  const { actors, calls, play } = scriptedWorld('prepare');
  const clock = new SimulatedClock();
  const troubles: unknown[] = [];
  const actor = createActor(
    daemon.provide({
      actors: {
        ...actors,
        fleetManager: rooms.manager.logic as never,
        session: rooms.session.logic as never,
        monitor: rooms.monitor.logic as never,
      },
      actions: { notePreparation: (_, trouble) => troubles.push(trouble) },
    }),
    { input: given, clock },
  ).start();
  return { ...rooms, actor, calls, play, clock, troubles };
};
const prepared = { type: 'xstate.done.actor.prepare', output: { revision: 'rev:1' } };
const failed = { type: 'xstate.error.actor.prepare', error: denied };
const stop = { type: 'daemon.stop' };
const shutdown = { type: 'scheduler.shutdown', at: 1 };
const closed = { type: 'xstate.done.actor.session' };

it('makes AWS ready again when that is gone, with the timeouts of the first time', async () => {
  const { actor, play, calls, manager, clock } = live();
  await play(actor, failed);
  clock.increment(1000);
  await play(actor, prepared);
  await play(actor, { type: 'fleet.unprepared' });
  expect(actor.getSnapshot().value).toBe('preparing');
  await play(actor, failed);
  expect(actor.getSnapshot().context.attempts).toBe(1);
  clock.increment(1000);
  await play(actor, { ...prepared, output: { revision: 'rev:2' } } as never);
  expect(calls.prepare).toHaveLength(4);
  expect(manager.told).toEqual([
    { type: 'fleet.prepared', revision: 'rev:1' },
    { type: 'fleet.prepared', revision: 'rev:2' },
  ]);
});

it('passes on what the manager offers before all is prepared, and not when it ends', async () => {
  const { actor, play, session } = live();
  const offer = { type: 'fleet.capacity', workers: 3 };
  await play(actor, offer);
  expect(session.told).toEqual([{ type: 'session.capacity', workers: 3 }]);
  await play(actor, stop);
  session.told.splice(0);
  await play(actor, offer);
  await play(actor, stop);
  session.told.splice(0);
  await play(actor, offer);
  expect(session.told).toEqual([]);
});

describe('the life of a daemon', () => {
  it.each([
    [
      [prepared, 'serving'],
      [stop, 'stopping'],
      [{ type: 'fleet.stopped' }, 'leaving'],
    ],
    [
      [stop, 'stopping'],
      [stop, 'leaving'],
      [stop, 'stopped'],
    ],
    [
      [failed, 'unprepared'],
      [stop, 'stopping'],
      [stop, 'leaving'],
      [closed, 'stopped'],
    ],
    [
      [shutdown, 'stopping'],
      [stop, 'leaving'],
    ],
    [
      [failed, 'unprepared'],
      [shutdown, 'stopping'],
    ],
    [
      [prepared, 'serving'],
      [shutdown, 'stopping'],
    ],
  ] as const)('that must end what runs: %j', async (...steps) => {
    const { actor, play } = live();
    for (const [event, value] of steps) {
      await play(actor, event);
      expect(actor.getSnapshot().value).toBe(value);
    }
  });

  it.each([
    [
      [stop, 'leaving'],
      [closed, 'stopped'],
    ],
    [
      [failed, 'unprepared'],
      [stop, 'leaving'],
    ],
    [
      [prepared, 'serving'],
      [stop, 'leaving'],
    ],
    [
      [prepared, 'serving'],
      [shutdown, 'stopping'],
    ],
  ] as const)('that may leave it running: %j', async (...steps) => {
    const { actor, play } = live({ ...input, leaveRunning: true });
    for (const [event, value] of steps) {
      await play(actor, event);
      expect(actor.getSnapshot().value).toBe(value);
    }
  });

  it('begins with a conversation and a manager that know their settings', () => {
    const { session, manager } = live();
    expect(session.lines[0]?.input).toEqual({ workers: 8, heartbeatIntervalMs: 2000 });
    expect(manager.lines[0]?.input).toBe(input.fleet);
  });

  it('prepares again ever more slowly, and says what is in the way', async () => {
    const { actor, play, clock, troubles } = live();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n++) {
      await play(actor, failed);
      let waited = 0;
      for (; actor.getSnapshot().value === 'unprepared'; waited += 500) clock.increment(500);
      pauses.push(waited);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    const trouble = { kind: 'denied', reason: 'not allowed' };
    expect(actor.getSnapshot().context.trouble).toEqual(trouble);
    expect(troubles).toEqual(Array.from({ length: 8 }, () => trouble));
  });

  it('does not wait for ever for what it stops', async () => {
    const { actor, play, clock } = live();
    await play(actor, stop);
    clock.increment(59_999);
    expect(actor.getSnapshot().value).toBe('stopping');
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe('leaving');
  });

  it('advertises what its manager offers, and never more than it has', async () => {
    const { actor, play, session } = live();
    await play(actor, prepared);
    for (const workers of [4, 20, null])
      await play(actor, { type: 'fleet.capacity', workers } as never);
    const capacity = (workers: number) => ({ type: 'session.capacity', workers });
    expect(session.told).toEqual([capacity(4), capacity(8), capacity(8)]);
  });

  it('hears everything that its scheduler and the monitor say', async () => {
    const { actor, play, manager } = live();
    const command = { type: 'scheduler.desired', at: 1, requests: [] };
    const news = { type: 'monitor.loads', at: 1, loads: null };
    await play(actor, command);
    await play(actor, news);
    expect(manager.told).toEqual([command, news]);
  });

  it('ends, and says why, with the first of its actors that dies of a bug', async () => {
    const { actor, play } = live();
    await play(actor, {
      type: 'xstate.error.actor.session',
      error: new Error('a bug'),
    } as never);
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { crash: 'a bug' } });
  });
});
