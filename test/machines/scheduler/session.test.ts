import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../../machines/scheduler/messages.ts';
import { echoLimit, session } from '../../../machines/scheduler/session.ts';
import { models } from '../../../src/paths/models/session.ts';
import { desired, echo, liveSession } from '../../support/liveSession.ts';
import { checkEveryEdge, untaken, unvisited } from '../../support/paths.ts';

it('the session keeps its invariants on every edge', async () => {
  await checkEveryEdge(session, models, null, ({ event, from, state, sent, started }) => {
    const { context } = state;
    const was = JSON.stringify(from.value);
    const now = JSON.stringify(state.value);
    const isOpen = 'socket' in state.children;
    expect(isOpen).toBe(now.includes('online')); // no connection left behind
    const isAnew = isOpen && !('socket' in from.children && was.includes('online'));
    expect(started).toEqual(isAnew ? ['socket'] : []); // nor a second one in the place of one that stands
    const messages = sent.flatMap(({ event: told }) => {
      const { message } = told as { message?: OutgoingMessage & { generation: string } };
      return message ? [message] : [];
    });
    const beats = messages.filter(({ type }) => type === 'heartbeat');
    const isTurn = event.type === 'socket.open' || event.type.includes('heartbeatInterval');
    if (now.includes('ready') || now.includes('beating')) if (isTurn) expect(beats).toHaveLength(1); // every turn is a heartbeat
    if (/goodbye|overdue|connecting/.test(now)) expect(beats).toEqual([]); // none after a goodbye
    for (const { type, generation } of messages) {
      if (type === 'response') expect(['g1', 'g1b', 'g2', 'g23']).toContain(generation);
      if (type === 'disconnectRequest') expect(generation).not.toBe('g4');
      if (context.dialect.certain) expect(generation).toBe(context.dialect.certain);
    }
    if (/acknowledging/.test(now) && !was.includes('acknowledging'))
      expect(context.unacknowledged).not.toEqual([]);
    if (started.length > 0) expect(context.outstanding).toBe(0);
    return null;
  });
}, 60_000);

it('draws no transition that the models cannot take, and no state that they cannot reach', () => {
  expect(untaken(session, ...models)).toEqual([]);
  const [first = [], ...others] = models.map((model) => unvisited(session, model));
  expect(first.filter((state) => others.every((missed) => missed.includes(state)))).toEqual([]);
});

describe('in time', () => {
  it('sends a heartbeat at once when the connection opens, then one per interval', () => {
    const { of, open, clock } = liveSession();
    open();
    expect(of('heartbeat')).toHaveLength(1);
    clock.pass(1999);
    expect(of('heartbeat')).toHaveLength(1);
    clock.pass(1);
    expect(of('heartbeat')).toHaveLength(2);
  });

  it('calls a scheduler unresponsive after max(2 intervals, 6 s), goes on, and takes it back', () => {
    const { value, of, open, hear, clock } = liveSession();
    open();
    clock.pass(5999);
    expect(value()).toEqual({ online: { connected: 'ready' } });
    clock.pass(1);
    expect(value()).toEqual({ online: { connected: { unresponsive: 'beating' } } });
    const beats = of('heartbeat').length;
    clock.pass(4000);
    expect(of('heartbeat')).toHaveLength(beats + 2);
    hear(echo);
    expect(value()).toEqual({ online: { connected: 'listening' } });
    clock.pass(2000);
    expect(value()).toEqual({ online: { connected: 'ready' } });
    expect(echoLimit(1000)).toBe(6000);
    expect(echoLimit(5000)).toBe(10_000);
  });

  it('comes back on a fresh connection when the silence lasts', () => {
    const { closes, lines, open, close, clock } = liveSession();
    open();
    clock.pass(6000 + 14_999);
    expect(closes()).toBe(0);
    clock.pass(1);
    expect(closes()).toBe(1);
    close('closed');
    clock.pass(500);
    expect(lines).toHaveLength(2);
  });

  it.each([
    ['refused', [500, 1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000]],
    ['unreachable', [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]],
  ])(
    'reconnects ever more slowly when it is %s, and quickly again once an echo came',
    (kind, expected) => {
      const { lines, open, hear, close, clock } = liveSession();
      const pauses: number[] = [];
      for (let i = 0; i < 9; i++) {
        close(kind);
        let waited = 0;
        for (const count = lines.length; lines.length === count; waited += 250) clock.pass(250);
        pauses.push(waited);
      }
      expect(pauses).toEqual(expected);
      open();
      hear(echo);
      close();
      clock.pass(500);
      expect(lines).toHaveLength(11);
    },
  );

  it('reconnects after no less than half of each pause', () => {
    const { lines, close, clock } = liveSession();
    close('refused', 0);
    clock.pass(249);
    expect(lines).toHaveLength(1);
    clock.pass(1);
    expect(lines).toHaveLength(2);
  });

  it('leaves only when every heartbeat has its echo, or after two seconds', () => {
    const { actor, closes, value, open, hear, close } = liveSession();
    open();
    actor.send({ type: 'session.close' });
    expect(closes()).toBe(0);
    hear(echo);
    expect(closes()).toBe(1);
    close('closed');
    expect(value()).toBe('closed');

    const other = liveSession();
    other.open();
    other.actor.send({ type: 'session.close' });
    other.clock.pass(1999);
    expect(other.closes()).toBe(0);
    other.clock.pass(1);
    expect(other.closes()).toBe(1);
  });

  it('reads what came during a standstill of the process before it leaves', () => {
    const { actor, closes, value, open, hear, clock } = liveSession();
    open();
    actor.send({ type: 'session.close' });
    // The timer that was due first fires before the echo is read.
    clock.pass(1800);
    expect(value()).toEqual({ online: { disconnecting: 'overdue' } });
    hear(echo);
    expect(closes()).toBe(0);
    expect(actor.getSnapshot().context.outstanding).toBe(0);
    clock.pass(200);
    expect(closes()).toBe(1);
  });

  it('is over when the scheduler closes the connection while echoes are waited for', () => {
    const { actor, open, close, value } = liveSession();
    open();
    actor.send({ type: 'session.close' });
    expect(value()).toEqual({ online: { connected: 'goodbye' } });
    close('closed');
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'closed' });
    expect(actor.getSnapshot().context.trouble).toBe('closed: x');
  });

  it('leaves after five more seconds a connection that does not close', () => {
    const { actor, open, clock } = liveSession();
    open();
    actor.send({ type: 'session.close' });
    clock.pass(1800 + 4999);
    expect(actor.getSnapshot().status).toBe('active');
    clock.pass(1);
    expect(actor.getSnapshot().status).toBe('done');
  });

  it('gives up on a connection that does not close, and takes a fresh one', () => {
    const { lines, open, clock } = liveSession();
    open();
    clock.pass(21_000 + 4999);
    expect(lines[0]?.open).toBe(true);
    clock.pass(1);
    expect(lines[0]?.open).toBe(false);
    clock.pass(500);
    expect(lines).toHaveLength(2);
  });
});

describe('a session with dead workers that it has reported', () => {
  const dead = ['Worker|ECS-t1|1', 'Worker|ECS-t1|2'];
  /** The scheduler has fallen silent, and the connection is about to be given up. */
  const givingUp = () => {
    const live = liveSession();
    live.open(1);
    live.hear(desired);
    live.actor.send({ type: 'monitor.deadWorkers', at: live.now(), added: dead, removed: [] });
    live.clock.pass(21_000);
    expect(live.value()).toEqual({ online: { reconnecting: 'acknowledging' } });
    expect(live.closes()).toBe(0);
    return live;
  };

  it('gives up a silent connection as soon as the last of them is acknowledged', () => {
    const { hear, closes } = givingUp();
    hear({ type: 'disconnected', workerId: dead[0] as string });
    expect(closes()).toBe(0);
    hear({ type: 'disconnected', workerId: dead[1] as string });
    expect(closes()).toBe(1);
  });

  it('gives up a silent connection without acknowledgements after two seconds', () => {
    const { closes, clock } = givingUp();
    clock.pass(1999);
    expect(closes()).toBe(0);
    clock.pass(1);
    expect(closes()).toBe(1);
  });
});

describe('a session', () => {
  const types = (events: { type: string }[]) =>
    events.map(({ type }) => type).filter((type) => !/identified|mismatch|connection/.test(type));
  const heartbeatEcho = 'scheduler.heartbeatEcho';

  it('reports what the scheduler says, and that the connection is gone', () => {
    const { open, hear, close, heard, now } = liveSession();
    open();
    hear(echo);
    hear(desired);
    close();
    expect(types(heard)).toEqual([heartbeatEcho, 'scheduler.desired', 'scheduler.lost']);
    expect(heard).toContainEqual({
      ...{
        type: 'scheduler.desired',
        at: now(),
        requests: [{ taskConcurrency: 1, capabilities: [] }],
      },
    });
    expect(heard).toContainEqual({ type: 'scheduler.lost', at: now() });
  });

  it('reports what ends a silence, and what is said before the connection is closed', () => {
    const { actor, open, hear, heard, closes, clock } = liveSession();
    open();
    clock.pass(6000);
    hear(echo);
    hear(echo);
    expect(types(heard)).toEqual([heartbeatEcho, heartbeatEcho]);
    actor.send({ type: 'session.close' });
    hear(echo);
    hear(desired);
    expect(types(heard).slice(2)).toEqual([heartbeatEcho, 'scheduler.desired']);
    expect(closes()).toBe(0);
    hear(echo);
    expect(types(heard).slice(4)).toEqual([heartbeatEcho]);
    expect(closes()).toBe(1);
  });

  it('takes no echo or acknowledgement of another generation for its own', () => {
    const { actor, value, open, hear, closes, clock, notes } = liveSession();
    open(2);
    clock.pass(6000);
    hear(echo, 'g3');
    expect(value()).toEqual({ online: { connected: { unresponsive: 'beating' } } });
    expect(notes).toContainEqual(expect.objectContaining({ note: 'unreadable' }));
    for (let n = 0; n < 4; n++) hear(echo, 'g4');
    clock.pass(2000);
    actor.send({ type: 'session.close' });
    hear(echo, 'g3');
    expect(closes()).toBe(0);
    hear(echo, 'g4');
    expect(closes()).toBe(1);
  });

  it('advertises as many workers as it was told last', () => {
    const { actor, of, open } = liveSession();
    actor.send({ type: 'session.capacity', workers: 4 });
    open();
    expect(of('heartbeat').map(({ heartbeat }) => heartbeat)).toEqual([
      { maxTaskConcurrency: 4, capabilities: [], workerManagerID: 'wm' },
    ]);
  });

  it('knows what went wrong until an echo comes', () => {
    const { actor, context, lines, open, hear, close, clock } = liveSession();
    close('refused');
    expect(context().trouble).toBe('refused: x');
    clock.pass(500);
    actor.send({ type: 'xstate.error.actor.socket', error: new Error('bad scheme') } as never);
    expect(context().trouble).toBe('bad scheme');
    expect(lines[1]?.open).toBe(false);
    clock.pass(1000);
    open();
    hear(echo);
    expect(context().trouble).toBeNull();
  });

  it('reports each status of its connection once', () => {
    const { open, hear, close, clock, reported } = liveSession();
    const statuses = () =>
      reported('scheduler.connection').map((each) => (each as never as { status: string }).status);
    open();
    hear(echo);
    hear(echo);
    close();
    clock.pass(500);
    close('refused');
    expect(statuses()).toEqual(['unacknowledged', 'ready', 'closed']);
  });

  it.each([
    ['before the connection is open', () => {}, 0],
    ['without a connection', ({ close }: ReturnType<typeof liveSession>) => close('refused'), 0],
    [
      'when every heartbeat has its echo',
      ({ open, hear }: ReturnType<typeof liveSession>) => {
        open();
        hear(echo);
      },
      1,
    ],
    [
      'when a silence has just ended, and every heartbeat has its echo',
      ({ open, hear, clock }: ReturnType<typeof liveSession>) => {
        open();
        clock.pass(6000);
        for (let n = 0; n < 4; n++) hear(echo);
      },
      1,
    ],
    [
      'while it reconnects',
      ({ open, clock }: ReturnType<typeof liveSession>) => {
        open();
        clock.pass(21_000);
      },
      2,
    ],
  ] as const)('can be closed at once %s', (_, before, closes) => {
    const all = liveSession();
    before(all);
    all.actor.send({ type: 'session.close' });
    expect(all.closes()).toBe(closes);
    all.close('closed', 0);
    expect(all.actor.getSnapshot()).toMatchObject({ status: 'done', value: 'closed' });
  });
});
