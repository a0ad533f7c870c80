import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, setup } from 'xstate';
import type { MonitorSocketEvent } from '../../../machines/scheduler/events.ts';
import { whenTold } from '../../../machines/scheduler/gathering.ts';
import { monitorSocket } from '../../../src/scheduler/monitorSocket.ts';
import { encodeMessage } from '../../../src/scheduler/protocol/encodeMessage.ts';
import type { WireMessage } from '../../../src/scheduler/protocol/wireMessage.ts';
import type { Connect, ConnectionHandlers } from '../../../src/scheduler/transport/connection.ts';
import { parseAddress } from '../../../src/shared/address.ts';
import { setTime } from '../../../src/shared/clock.ts';
import { bytes } from './line.ts';

beforeEach(() => {
  vi.useFakeTimers();
  setTime(() => 7);
});
afterEach(() => {
  vi.useRealTimers();
  setTime(null);
});

const list = new Uint8Array(
  readFileSync(
    new URL('../../vectors/g3-monitor-state-scheduler-two-workers.bin', import.meta.url),
  ),
);
const word = (value: number) => ({ name: null, value }) as never;
const one = (id: string) =>
  encodeMessage({
    generation: 'g3',
    message: 'stateWorker',
    fields: { workerId: bytes(id), state: word(0), capabilities: [] },
  } as WireMessage);
const task = (state: number) =>
  encodeMessage({
    generation: 'g3',
    message: 'stateTask',
    fields: {
      ...{ taskId: bytes('t'), functionName: bytes('f'), worker: bytes('w'), metadata: bytes('') },
      ...{ state: word(state), capabilities: [] },
    },
  } as WireMessage);

const opened = (address: string | null = 'tcp://127.0.0.1:1') => {
  const told: MonitorSocketEvent[] = [];
  const identities: string[] = [];
  const sent: unknown[] = [];
  let handlers = null as ConnectionHandlers | null;
  let destroyed = 0;
  const connect: Connect = ({ identity }, given) => {
    identities.push(identity);
    handlers = given;
    return {
      send: (payload) => sent.push(payload) > 0,
      close() {},
      destroy: () => void destroyed++,
      dropped: 0,
    };
  };
  const logic = monitorSocket({
    connect,
    address: address === null ? null : parseAddress(address),
    whenTold,
  });
  const actor = createActor(
    setup({ actors: { logic } }).createMachine({
      invoke: { src: 'logic' },
      on: { '*': { actions: ({ event }) => told.push(event as never) } },
    }),
  ).start();
  const say = (payload: Uint8Array) => handlers?.onMessage(payload);
  /** What each event held that was told since this was asked last. */
  const batches = () =>
    told
      .splice(0)
      .map((event) =>
        event.type === 'monitor.messages'
          ? event.messages.map((message) =>
              message.type === 'monitor.task' ? `${message.type} ${message.state}` : message.type,
            )
          : event.type,
      );
  return {
    told,
    identities,
    sent,
    handlers: () => handlers,
    destroyed: () => destroyed,
    actor,
    say,
    batches,
  };
};

describe('the monitor socket', () => {
  it('tells that it is open and how it ended, and sends nothing', () => {
    const { told, sent, handlers } = opened();
    handlers()?.onOpen({ identity: null, magic: 1 });
    handlers()?.onClosed({ kind: 'aborted', reason: 'reset' });
    expect(told).toEqual([
      { type: 'socket.open', at: 7 },
      { type: 'socket.closed', at: 7, reason: 'aborted: reset', jitter: expect.any(Number) },
    ]);
    expect(sent).toEqual([]);
  });

  it('has an identity of its own each time', () => {
    const [a] = opened().identities;
    const [b] = opened().identities;
    expect(a).toMatch(/^scaler-ecs-monitor\|[0-9a-f]{32}$/);
    expect(a).not.toBe(b);
  });

  it('connects to nothing where the scheduler has no monitor address', () => {
    const { identities, told } = opened(null);
    vi.advanceTimersByTime(3_600_000);
    expect([identities, told]).toEqual([[], []]);
  });

  it('tells the first list in the next turn, and gathers what follows for a tenth of a second', () => {
    const { say, batches } = opened();
    say(list);
    expect(batches()).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(batches()).toEqual([['monitor.workers']]);
    say(one('a'));
    vi.advanceTimersByTime(50);
    say(one('b'));
    say(list);
    vi.advanceTimersByTime(49);
    expect(batches()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(batches()).toEqual([['monitor.worker', 'monitor.worker', 'monitor.workers']]);
    vi.advanceTimersByTime(1000);
    expect(batches()).toEqual([]);
  });

  it('tells what came before the first list together with it', () => {
    const { say, batches } = opened();
    say(one('a'));
    say(list);
    vi.advanceTimersByTime(0);
    expect(batches()).toEqual([['monitor.worker', 'monitor.workers']]);
    vi.advanceTimersByTime(1000);
    expect(batches()).toEqual([]);
  });

  it('lets a cancellation wait no longer than for what arrived with it', () => {
    const { say, batches } = opened();
    say(task(1));
    say(task(2));
    say(task(7));
    expect(batches()).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(batches()).toEqual([
      ['monitor.task running', 'monitor.task canceling', 'monitor.task canceled'],
    ]);
    vi.advanceTimersByTime(1000);
    expect(batches()).toEqual([]);
  });

  it('tells of frames that cannot be read, and nothing of other messages', () => {
    const { say, batches } = opened();
    say(new Uint8Array(3));
    say(new Uint8Array(readFileSync(new URL('../../vectors/g3-echo.bin', import.meta.url))));
    vi.advanceTimersByTime(1000);
    expect(batches()).toEqual(['socket.unreadable']);
  });

  it('tells nothing after its end', () => {
    const { say, batches, handlers, actor, destroyed } = opened();
    say(one('a'));
    handlers()?.onClosed({ kind: 'closed', reason: 'x' });
    vi.advanceTimersByTime(1000);
    expect(batches()).toEqual(['socket.closed']);
    say(one('b'));
    actor.stop();
    expect(destroyed()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
