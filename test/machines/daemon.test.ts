import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { daemon } from '../../machines/daemon.ts';
import { type Model, untaken, unvisited, walks } from '../support/paths.ts';
import { scriptedStream, scriptedWorld } from '../support/world.ts';

const input = {
  manager: {} as never,
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
      { type: 'manager.stopped' },
      { type: 'xstate.done.actor.session' },
      { type: 'xstate.error.actor.manager', error: new Error('a bug') },
      { type: 'scheduler.heartbeatEcho', at: 1 },
      { type: 'scheduler.command', at: 1, requests: [] },
      { type: 'scheduler.release', at: 1, taskIds: ['t1'] },
      { type: 'monitor.heard', at: 1, loads: null },
      { type: 'scheduler.lost' },
      { type: 'scheduler.shutdown', at: 1 },
      { type: 'manager.offers', workers: 4 },
    ] as never,
};

const leaving: Model = { ...model, input: { ...input, leaveRunning: true } };

describe.each([
  ...walks(daemon, model).map((walk) => ({ ...walk, given: input })),
  ...walks(daemon, leaving).map((walk) => ({ ...walk, given: { ...input, leaveRunning: true } })),
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
          manager: manager.logic as never,
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
        expect(manager.told.at(-1)).toEqual({ type: 'manager.stop' }); // all of the fleet goes
      stops += event.type === 'daemon.stop' ? 1 : 0;
      const { value, output } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      if (event.type === 'manager.offers' && before.value === 'serving')
        expect(session.told.at(-1)).toEqual({ type: 'session.capacity', workers: 4 });
      if (/^(scheduler|monitor)\./.test(event.type) && !ended)
        expect(manager.told.slice(heard)).toEqual([event]); // whatever else goes on, the manager hears
      if (event.type === 'xstate.done.actor.prepare' && before.value === 'preparing')
        expect(manager.told.at(-1)).toEqual({ type: 'aws.ready', revision: 'rev:1' });
      if (before.value === 'unprepared' && value === 'preparing')
        expect(calls.prepare).toHaveLength(before.asked + 1);
      if (given.leaveRunning && !ending)
        expect(manager.told).not.toContainEqual({ type: 'manager.stop' });
      if (value === 'stopping') {
        expect(manager.told.filter(({ type }) => type === 'manager.stop')).toHaveLength(1);
        expect(session.told).toContainEqual({ type: 'session.capacity', workers: 0 });
      }
      if (value === 'leaving') expect(session.told.at(-1)).toEqual({ type: 'session.close' }); // no goodbye without one
      if (value === 'stopped' && event.type !== 'xstate.error.actor.manager')
        expect(stopped).toBe(true);
      if (stops >= 3) expect(value).toBe('stopped'); // impatience is heard
      if (value === 'stopped')
        expect(output).toEqual({ crash: event.type.includes('error') ? 'a bug' : null });
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(daemon, model, leaving)).toEqual([]);
  expect(unvisited(daemon, model)).toEqual([]);
});
