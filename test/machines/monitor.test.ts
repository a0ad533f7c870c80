import { expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { monitor } from '../../machines/monitor.ts';
import { type Model, untaken, unvisited, walks } from '../support/paths.ts';
import { scriptedStream, settle } from '../support/world.ts';

const model: Model = {
  input: undefined,
  key: ({ value, context }) => [value, Math.min(context.attempts, 2)],
  events: ({ value }) => [
    { type: 'socket.open' },
    { type: 'socket.closed', reason: 'reset', jitter: 0.5 },
    { type: 'monitor.heard', at: 1, loads: {} },
    { type: 'xstate.error.actor.monitorSocket', error: new Error('bad scheme') },
    ...(value === 'waiting' ? [{ type: 'xstate.after.reconnectPause.monitor.waiting' }] : []),
  ],
};

it('keeps its promises on every walk', async () => {
  for (const { steps, title } of walks(monitor, model)) {
    const stream = scriptedStream();
    const actor = createActor(
      monitor.provide({ actors: { monitorSocket: stream.logic as never } }),
      {
        clock: new SimulatedClock(),
      },
    ).start();
    for (const { event, state } of steps) {
      actor.send(event as never);
      await settle();
      const { value } = actor.getSnapshot();
      expect([title, value]).toEqual([title, state.value]);
      expect(stream.lines.at(-1)?.open).toBe(value !== 'waiting'); // no connection left behind
      expect(stream.told).toEqual([]); // it only listens
    }
  }
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(monitor, model)).toEqual([]);
  expect(unvisited(monitor, model)).toEqual([]);
});
