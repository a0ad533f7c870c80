import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { monitor } from '../../../machines/scheduler/monitor.ts';
import { type Model, untaken, unvisited, walks } from '../../support/paths.ts';
import { holesOf } from '../../support/placeholders.ts';
import { scriptedParent, scriptedStream, settle } from '../../support/world.ts';

const model: Model = {
  input: undefined,
  key: ({ value, context }) => [value, Math.min(context.attempts, 2)],
  events: ({ value }) => [
    { type: 'socket.open' },
    { type: 'socket.closed', reason: 'reset', jitter: 0.5 },
    { type: 'monitor.loads', at: 1, loads: {} },
    { type: 'monitor.forget' },
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

const live = () => {
  const clock = new SimulatedClock();
  const { parent, told: heard } = scriptedParent(clock);
  const stream = scriptedStream();
  const machine = monitor.provide({ actors: { monitorSocket: stream.logic as never } });
  const actor = createActor(machine, { parent }).start();
  return { ...stream, actor, clock, heard };
};
const news = { type: 'monitor.loads', at: 7, loads: { t1: { workers: 1, tasks: 0 } } };

describe('the monitor stream', () => {
  it('is passed on once it is open, and what it told is taken back when it has ended for long', () => {
    const { say, heard, clock } = live();
    say(news);
    say({ type: 'socket.open' });
    expect(heard).toEqual([]);
    say(news);
    say({ type: 'socket.closed', reason: 'reset', jitter: 1 });
    clock.increment(29_999);
    expect(heard).toEqual([news]);
    clock.increment(1);
    expect(heard).toEqual([news, { type: 'monitor.loads', at: 0, loads: null }]);
  });

  it('is taken at its last word when it comes back soon', () => {
    const { say, heard, clock } = live();
    say({ type: 'socket.open' });
    say(news);
    say({ type: 'socket.closed', reason: 'reset', jitter: 1 });
    clock.increment(1000);
    say({ type: 'socket.open' });
    say({ type: 'socket.closed', reason: 'reset', jitter: 1 });
    clock.increment(2000);
    say({ type: 'socket.open' });
    say(news);
    clock.increment(60_000);
    expect(heard).toEqual([news, news]);
  });

  it('is joined again ever more slowly, and quickly again once it was heard', () => {
    const { lines, say, clock } = live();
    const pauseAfter = (reason: string, jitter: number) => {
      const count = lines.length;
      say({ type: 'socket.closed', reason, jitter });
      let waited = 0;
      for (; lines.length === count; waited += 500) clock.increment(500);
      return waited;
    };
    const pauses = Array.from({ length: 8 }, () => pauseAfter('refused', 1));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
    expect(pauseAfter('refused', 0)).toBe(7500);
    say({ type: 'socket.open' });
    say(news);
    expect(pauseAfter('reset', 0)).toBe(500);
  });

  it('knows what went wrong until it is heard again', () => {
    const { actor, lines, say, clock } = live();
    const trouble = () => actor.getSnapshot().context.trouble;
    expect(trouble()).toBeNull();
    say({ type: 'socket.closed', reason: 'refused', jitter: 1 });
    expect(trouble()).toBe('refused');
    clock.increment(1000);
    const error = new Error('bad scheme');
    actor.send({ type: 'xstate.error.actor.monitorSocket', error } as never);
    expect(trouble()).toBe('bad scheme');
    expect(lines[1]?.open).toBe(false);
    clock.increment(2000);
    say({ type: 'socket.open' });
    say(news);
    expect(trouble()).toBeNull();
  });
});

it('says which effect nobody has filled in', async () => {
  expect(await holesOf(monitor)).toEqual({
    monitorSocket: "effect 'monitorSocket' is not provided",
  });
});
