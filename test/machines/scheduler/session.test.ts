import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { echoLimit, session } from '../../../machines/scheduler/session.ts';
import { type Model, untaken, unvisited, walks } from '../../support/paths.ts';
import { scriptedParent, scriptedStream, settle } from '../../support/world.ts';

const input = { workers: 8, heartbeatIntervalMs: 2000 };
const command = {
  type: 'scheduler.desired',
  at: 1,
  requests: [{ taskConcurrency: 1, capabilities: [] }],
};

const model: Model = {
  input,
  key: ({ value, context }) => [
    value,
    Math.min(context.unheard, 3),
    Math.min(context.outstanding, 5),
    Math.min(context.attempts, 1),
  ],
  events: ({ value }) => {
    const state = JSON.stringify(value);
    const timers = [
      ['talking', 'xstate.after.heartbeatInterval.session.online.talking'],
      ['silent', 'xstate.after.heartbeatInterval.session.online.silent.beating'],
      ['silent', 'xstate.after.silencePatience.session.online.silent'],
      ['rejoining', 'xstate.after.farewellLimit.session.online.rejoining'],
      ['listening', 'xstate.after.heartbeatInterval.session.online.listening'],
      ['"closing":"waiting"', 'xstate.after.farewell.session.online.closing.waiting'],
      ['hangingUp', 'xstate.after.farewellLimit.session.online.closing.hangingUp'],
    ].filter(([where]) => state.includes(where as string));
    return [
      { type: 'socket.open' },
      { type: 'socket.closed', reason: 'reset', jitter: 0.5 },
      { type: 'scheduler.heartbeatEcho', at: 1 },
      command,
      { type: 'scheduler.startRequested', at: 1 },
      { type: 'session.capacity', workers: 4 },
      { type: 'session.dead', taskArn: 'arn:t' },
      { type: 'session.close' },
      { type: 'xstate.error.actor.socket', error: new Error('bad scheme') },
      ...timers.map(([, type]) => ({ type })),
      ...(state === '"waiting"' ? [{ type: 'xstate.after.reconnectPause.session.waiting' }] : []),
    ] as never;
  },
};

/** Time as it passes: the simulated clock itself would leap over timers that are set again. */
const live = () => {
  const stream = scriptedStream();
  const simulated = new SimulatedClock();
  const clock = Object.assign(simulated, {
    pass: (ms: number) => {
      for (let i = 0; i < ms; i++) simulated.increment(1);
    },
  });
  const { parent, told: heard } = scriptedParent(clock);
  const actor = createActor(session.provide({ actors: { socket: stream.logic as never } }), {
    input,
    parent,
  }).start();
  return { ...stream, actor, clock, heard };
};

describe.each(walks(session, model))('$title', ({ steps }) => {
  it('keeps its promises when a live actor walks it', async () => {
    const { actor, told, lines } = live();
    for (const { event, state } of steps) {
      const before = told.length;
      const line = lines.length;
      actor.send(event as never);
      await settle();
      const { value, context } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      const now = JSON.stringify(value);
      if (now.includes('online')) expect(lines.at(-1)?.open).toBe(true);
      else expect(lines.at(-1)?.open).toBe(false); // no connection left behind
      if (event.type === 'socket.open' || event.type.includes('heartbeatInterval'))
        expect(told.slice(before)).toEqual([{ type: 'socket.beat', workers: context.workers }]); // every turn is a heartbeat
      // Who has no line has nobody to tell: its scheduler will notice by itself.
      if (event.type === 'session.dead')
        expect(told.slice(before)).toEqual(
          now.includes('online') ? [{ type: 'socket.dead', taskArn: 'arn:t' }] : [],
        );
      const beats = told.slice(before).filter(({ type }) => type === 'socket.beat');
      if (now.includes('closing')) expect(beats).toEqual([]); // none after goodbye
      if (lines.length > line) expect(context.outstanding).toBe(0);
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(session, model)).toEqual([]);
  expect(unvisited(session, model)).toEqual([]);
});

describe('in time', () => {
  it('beats at once when the line opens, then once an interval', async () => {
    const { told, say, clock } = live();
    say({ type: 'socket.open' });
    expect(told).toHaveLength(1);
    clock.pass(1999);
    expect(told).toHaveLength(1);
    clock.pass(1);
    expect(told).toHaveLength(2);
  });

  it('calls a scheduler silent after max(2 intervals, 6 s), goes on beating, and takes it back', () => {
    const { actor, told, say, clock } = live();
    say({ type: 'socket.open' });
    clock.pass(5999);
    expect(actor.getSnapshot().value).toEqual({ online: 'talking' });
    clock.pass(1);
    expect(actor.getSnapshot().value).toEqual({ online: { silent: 'beating' } });
    const beats = told.length;
    clock.pass(4000);
    expect(told.length).toBe(beats + 2);
    say({ type: 'scheduler.heartbeatEcho', at: 1 });
    clock.pass(2000);
    expect(actor.getSnapshot().value).toEqual({ online: 'talking' });
    expect(echoLimit(1000)).toBe(6000);
    expect(echoLimit(5000)).toBe(10_000);
  });

  it('comes back on a fresh connection when the silence lasts', () => {
    const { told, lines, say, clock } = live();
    say({ type: 'socket.open' });
    clock.pass(6000 + 14_999);
    expect(told).not.toContainEqual({ type: 'socket.close' });
    clock.pass(1);
    expect(told.at(-1)).toEqual({ type: 'socket.close' });
    say({ type: 'socket.closed', reason: 'closed', jitter: 1 });
    clock.pass(500);
    expect(lines).toHaveLength(2);
  });

  it('reconnects ever more slowly, and quickly again once it was heard', () => {
    const { lines, say, clock } = live();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      say({ type: 'socket.closed', reason: 'refused', jitter: 1 });
      let waited = 0;
      for (const count = lines.length; lines.length === count; waited += 250) clock.pass(250);
      pauses.push(waited);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    say({ type: 'socket.open' });
    say({ type: 'scheduler.heartbeatEcho', at: 1 });
    say({ type: 'socket.closed', reason: 'reset', jitter: 1 });
    clock.pass(500);
    expect(lines).toHaveLength(11);
  });

  it('leaves only when every heartbeat has its echo, or after two seconds', () => {
    const { actor, told, say } = live();
    say({ type: 'socket.open' });
    actor.send({ type: 'session.close' });
    expect(told.at(-1)).not.toEqual({ type: 'socket.close' });
    say({ type: 'scheduler.heartbeatEcho', at: 1 });
    expect(told.at(-1)).toEqual({ type: 'socket.close' });
    say({ type: 'socket.closed', reason: 'closed', jitter: 0 });
    expect(actor.getSnapshot().value).toBe('closed');

    const other = live();
    other.say({ type: 'socket.open' });
    other.actor.send({ type: 'session.close' });
    other.clock.pass(2000);
    expect(other.told.at(-1)).toEqual({ type: 'socket.close' });
  });

  it('leaves after five more seconds a line that will not close', () => {
    const { actor, say, clock } = live();
    say({ type: 'socket.open' });
    actor.send({ type: 'session.close' });
    clock.pass(2000 + 4999);
    expect(actor.getSnapshot().status).toBe('active');
    clock.pass(1);
    expect(actor.getSnapshot().status).toBe('done');
  });

  it('gives up on a line that will not close, and takes a fresh one', () => {
    const { lines, say, clock } = live();
    say({ type: 'socket.open' });
    clock.pass(21_000 + 4999);
    expect(lines[0]?.open).toBe(true);
    clock.pass(1);
    expect(lines[0]?.open).toBe(false);
    clock.pass(500);
    expect(lines).toHaveLength(2);
  });

  it('reconnects after no less than half of each pause', () => {
    const { lines, say, clock } = live();
    say({ type: 'socket.closed', reason: 'refused', jitter: 0 });
    clock.pass(249);
    expect(lines).toHaveLength(1);
    clock.pass(1);
    expect(lines).toHaveLength(2);
  });
});

describe('a session', () => {
  const echo = { type: 'scheduler.heartbeatEcho', at: 1 };
  const start = { type: 'scheduler.startRequested', at: 1 };
  const goodbye = { type: 'socket.close' };

  it('passes on what the scheduler says, and that the line is gone', () => {
    const { say, heard } = live();
    say({ type: 'socket.open' });
    for (const event of [echo, command, start]) say(event);
    say({ type: 'socket.closed', reason: 'reset', jitter: 1 });
    expect(heard).toEqual([echo, command, start, { type: 'scheduler.lost' }]);
  });

  it('passes on what ends a silence, and what is said before the line is closed', () => {
    const { actor, told, say, heard, clock } = live();
    say({ type: 'socket.open' });
    clock.pass(6000);
    say(echo);
    say(echo);
    expect(heard).toEqual([echo, echo]);
    actor.send({ type: 'session.close' });
    say(echo);
    say(command);
    expect(heard).toEqual([echo, echo, echo, command]);
    expect(told).not.toContainEqual(goodbye);
    say(echo);
    expect(heard).toEqual([echo, echo, echo, command, echo]);
    expect(told.at(-1)).toEqual(goodbye);
  });

  it('advertises as many workers as it was told last', () => {
    const { actor, told, say } = live();
    actor.send({ type: 'session.capacity', workers: 4 });
    say({ type: 'socket.open' });
    expect(told).toEqual([{ type: 'socket.beat', workers: 4 }]);
  });

  it('knows what went wrong until the scheduler is heard again', () => {
    const { actor, lines, say, clock } = live();
    const trouble = () => actor.getSnapshot().context.trouble;
    say({ type: 'socket.closed', reason: 'refused', jitter: 1 });
    expect(trouble()).toBe('refused');
    clock.pass(500);
    actor.send({ type: 'xstate.error.actor.socket', error: new Error('bad scheme') } as never);
    expect(trouble()).toBe('bad scheme');
    expect(lines[1]?.open).toBe(false);
    clock.pass(1000);
    say({ type: 'socket.open' });
    say(echo);
    expect(trouble()).toBeNull();
  });

  it.each([
    ['before the line is open', () => {}, []],
    [
      'without a line',
      ({ say }: ReturnType<typeof live>) =>
        say({ type: 'socket.closed', reason: 'refused', jitter: 1 }),
      [],
    ],
    [
      'when every heartbeat has its echo',
      ({ say }: ReturnType<typeof live>) => {
        say({ type: 'socket.open' });
        say(echo);
      },
      [goodbye],
    ],
    [
      'when a silence has just ended, and every heartbeat has its echo',
      ({ say, clock }: ReturnType<typeof live>) => {
        say({ type: 'socket.open' });
        clock.pass(6000);
        for (let n = 0; n < 4; n++) say(echo);
      },
      [goodbye],
    ],
    [
      'while it rejoins',
      ({ say, clock }: ReturnType<typeof live>) => {
        say({ type: 'socket.open' });
        clock.pass(21_000);
      },
      [goodbye, goodbye],
    ],
  ] as const)('can be closed at once %s', (_, before, goodbyes) => {
    const all = live();
    before(all);
    all.actor.send({ type: 'session.close' });
    expect(all.told.filter(({ type }) => type === 'socket.close')).toEqual(goodbyes);
    all.say({ type: 'socket.closed', reason: 'closed', jitter: 0 });
    expect(all.actor.getSnapshot()).toMatchObject({ status: 'done', value: 'closed' });
  });
});
