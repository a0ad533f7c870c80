import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createActor, createMachine, type EventObject } from 'xstate';
import { parseAddress } from '../../../src/address.ts';
import { now, setTime } from '../../../src/clock.ts';
import type { Graveyard } from '../../../src/daemon/graveyard.ts';
import type { GroupsSight } from '../../../src/daemon/monitorSocket.ts';
import type { Terms } from '../../../src/daemon/releases.ts';
import { numbering, socket } from '../../../src/daemon/socket.ts';
import type { ConnectionHandlers, YmqVersion } from '../../../src/net/connection.ts';
import { decodeMessage } from '../../../src/protocol/codec.ts';
import { encodeMessage } from '../../../src/protocol/encodeMessage.ts';
import type { Generation } from '../../../src/protocol/generations.ts';
import type { WireMessage } from '../../../src/protocol/wireMessage.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const word = { name: null } as never as { name: string | null; value: number };
const bytes = (text: string) => new TextEncoder().encode(text);

const echo = (generation: Generation) =>
  encodeMessage({
    generation,
    message: generation === 'g1' ? 'workerAdapterHeartbeatEcho' : 'workerManagerHeartbeatEcho',
    fields: {},
  } as WireMessage);
const desired = (generation: 'g3' | 'g4', taskConcurrency: number) =>
  encodeMessage({
    generation,
    message: 'workerManagerCommand',
    fields: { setDesiredTaskConcurrencyRequests: [{ taskConcurrency, capabilities: [] }] },
  } as WireMessage);
const group = (value: 0 | 1, id: string) =>
  encodeMessage({
    generation: 'g1',
    message: 'workerAdapterCommand',
    fields: { workerGroupID: bytes(id), command: { ...word, value }, capabilities: [] },
  } as WireMessage);
const workers = (generation: 'g2' | 'g23', value: 0 | 1, ids: string[]) =>
  encodeMessage({
    generation,
    message: 'workerManagerCommand',
    fields: {
      workerIDs: ids.map(bytes),
      command: { ...word, value },
      capabilities: [],
      ...(generation === 'g23' && { setDesiredTaskConcurrencyRequests: [] }),
    },
  } as WireMessage);

/** The socket on a line that a test holds the other end of. */
const line = (
  magic: YmqVersion | null,
  ours: string[] = [],
  groups: () => GroupsSight | null = () => null,
  graves?: Graveyard,
) => {
  const sent: Uint8Array[] = [];
  const told: EventObject[] = [];
  const terms: Terms[] = [];
  const lines: string[] = [];
  let closed = 0;
  let handlers = null as ConnectionHandlers | null;
  const logic = socket(
    {
      connect: (_, given) => {
        handlers = given;
        return {
          dropped: 0,
          send: (payload) => sent.push(payload) > 0,
          close: () => void closed++,
          destroy() {},
        };
      },
      ...(graves && { graves }),
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 2,
      found: (found) => {
        terms.push(found);
        return null;
      },
      line: (state) => lines.push(state),
      sight: () => ({
        at: now(),
        ours: new Set(ours),
        loads: new Map(),
        complete: true,
        groups: groups(),
      }),
    },
    quiet,
  );
  const actor = createActor(
    createMachine({
      invoke: { id: 'socket', src: logic },
      on: { '*': { actions: ({ event }) => told.push(event) } },
    }),
  ).start();
  const child = actor.getSnapshot().children.socket;
  const beat = (workers = 8) => child?.send({ type: 'socket.beat', workers } as never);
  (handlers as ConnectionHandlers).onOpen({ identity: null, magic });
  const hear = (payload: Uint8Array) => (handlers as ConnectionHandlers).onMessage(payload);
  const variants = () =>
    sent.map((payload) => new DataView(payload.buffer, payload.byteOffset).getUint16(16, true));
  const send = (order: EventObject) => child?.send(order as never);
  const closes = () => closed;
  return { beat, hear, send, closes, sent, told, terms, lines, variants, stop: () => actor.stop() };
};

describe('the numbering of heartbeats', () => {
  it('tries the older one first, the newer one after two that nobody echoed, and back', () => {
    const numbers = numbering();
    expect(Array.from({ length: 6 }, () => numbers.next())).toEqual([
      'g3',
      'g3',
      'g4',
      'g4',
      'g3',
      'g3',
    ]);
    numbers.settle('g4');
    expect(numbers.next()).toBe('g4');
  });
});

describe('a heartbeat', () => {
  it.each([
    [1, 25],
    [2, 23],
  ] as const)('after YMQ magic %d is a %d from the first', (magic, variant) => {
    const { beat, variants, stop } = line(magic);
    for (let i = 0; i < 4; i++) beat();
    expect(variants()).toEqual([variant, variant, variant, variant]);
    stop();
  });

  it('over ZeroMQ keeps the number that was echoed', () => {
    const { beat, hear, variants, terms, stop } = line(null);
    for (let i = 0; i < 3; i++) beat();
    hear(echo('g4'));
    for (let i = 0; i < 4; i++) beat();
    expect(variants()).toEqual([25, 25, 23, 23, 23, 23, 23]);
    expect(terms).toEqual([{ transport: 'zmq', generation: 'g4', exact: true, bare: false }]);
    stop();
  });

  it('over ZeroMQ stays with the older number for whoever echoes that, also late', () => {
    const { beat, hear, variants, terms, stop } = line(null);
    for (let i = 0; i < 3; i++) beat();
    hear(echo('g3'));
    beat();
    expect(variants()).toEqual([25, 25, 23, 25]);
    expect(terms).toEqual([{ transport: 'zmq', generation: 'g3', exact: false, bare: false }]);
    stop();
  });

  it('before YMQ had a magic is a 25, and the line is said to be of that kind', () => {
    const { beat, hear, variants, terms, stop } = line(0);
    beat();
    hear(workers('g2', 1, []));
    expect(variants()[0]).toBe(25);
    expect(terms.at(-1)).toEqual({ transport: 'ymq', generation: 'g2', exact: true, bare: true });
    stop();
  });

  it('leaves what G1 alone understands zero until it is known to be G1, then counts groups', () => {
    const { beat, hear, sent, stop } = line(null);
    beat();
    hear(echo('g3'));
    hear(group(0, ''));
    beat();
    expect(decodeMessage(sent[0] as Uint8Array).fields).toMatchObject({ maxTaskConcurrency: 8 });
    expect(new DataView((sent[0] as Uint8Array).buffer).getUint32(36, true)).toBe(0);
    expect(decodeMessage(sent.at(-1) as Uint8Array, 'g1').fields).toMatchObject({
      maxWorkerGroups: 4,
      workersPerGroup: 2,
    });
    stop();
  });
});

describe('what the scheduler says', () => {
  it.each(['g3', 'g4'] as const)('reaches the machines alike (%s)', (generation) => {
    const { hear, told, stop } = line(generation === 'g4' ? 2 : 1);
    hear(echo(generation));
    hear(desired(generation, 5));
    expect(told.map(({ type }) => type).filter((type) => type !== 'scheduler.mismatch')).toEqual([
      'socket.open',
      'scheduler.heartbeatEcho',
      'scheduler.command',
    ]);
    stop();
  });

  it('is answered for G23 at once with nothing done, because its desires count', () => {
    const { hear, sent, told, stop } = line(1, ['t1']);
    hear(workers('g23', 0, []));
    hear(workers('g23', 1, ['Worker|ECS-t1|x|1', 'Worker|ECS-t1|x|2']));
    expect(sent.map((payload) => decodeMessage(payload, 'g23'))).toMatchObject([
      { message: 'workerManagerCommandResponse', fields: { workerIDs: [] } },
      { message: 'workerManagerCommandResponse', fields: { workerIDs: [] } },
    ]);
    expect(told.some(({ type }) => /start|release/.test(type))).toBe(false);
    stop();
  });
});

it('answers nobody who has shown himself to take no answers', () => {
  for (const [magic, payload] of [
    [1, desired('g3', 1)],
    [null, desired('g4', 1)],
    [2, echo('g4')],
  ] as const) {
    const { hear, variants, stop } = line(magic);
    hear(payload);
    hear(workers('g2', 1, []));
    hear(group(1, 'ecs-t1'));
    expect(variants()).toEqual([]);
    stop();
  }
});

describe('nothing that we send harms a scheduler', () => {
  const incoming = fc.oneof(
    fc
      .constantFrom(...(['g1', 'g2', 'g3', 'g4'] as const))
      .map((g) => ({ asks: false, payload: echo(g) })),
    fc
      .constantFrom(...(['g3', 'g4'] as const))
      .map((g) => ({ asks: false, payload: desired(g, 3) })),
    fc.constantFrom(0, 1).map((v) => ({ asks: true, payload: group(v as 0 | 1, 'ecs-t1') })),
    fc.constantFrom(0, 1).map((v) => ({ asks: true, payload: workers('g2', v as 0 | 1, ['x']) })),
    fc.constantFrom(0, 1).map((v) => ({ asks: true, payload: workers('g23', v as 0 | 1, ['x']) })),
    fc.uint8Array({ maxLength: 64 }).map((payload) => ({ asks: false, payload })),
    fc.constant('beat' as const),
  );

  it('whole words, known numbers, and no answer but to what asked for one', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2, null), fc.array(incoming), (magic, all) => {
        const { beat, hear, sent, variants, stop } = line(magic as YmqVersion | null, ['t1']);
        let asked = 0;
        for (const one of all) {
          if (one === 'beat') {
            beat();
            continue;
          }
          asked += one.asks ? 1 : 0;
          hear(one.payload);
          const answers = variants().filter((variant) => variant === 28).length;
          expect(answers).toBeLessThanOrEqual(magic === 2 ? 0 : asked);
        }
        stop();
        for (const payload of sent) {
          expect(payload.length).toBeGreaterThan(0);
          expect(payload.length % 8).toBe(0);
          expect(() => decodeMessage(payload)).not.toThrow();
        }
        const numbers = magic === 2 ? [23] : magic === null ? [23, 25, 28] : [25, 28];
        expect(numbers).toEqual(expect.arrayContaining([...new Set(variants())]));
      }),
    );
  });
});

it('says of the line when it stands, when it is answered and when it is gone', () => {
  const { hear, lines, stop } = line(1);
  hear(echo('g3'));
  hear(echo('g3'));
  stop();
  expect(lines).toEqual(['unanswered', 'answered', 'closed']);
});

describe('workers that died without a word', () => {
  const dead = ['Worker|ECS-t1|a|b', 'Worker|ECS-t1|a|c'];
  const grave = { type: 'socket.dead', taskArn: 'arn:aws:ecs:r:1:task/c/t1' };
  const opened = (magic: YmqVersion | null, due = dead) => {
    const left = new Set<string>();
    const given = line(magic, ['t1'], undefined, {
      hear() {},
      clear() {},
      bury: (taskId) => void (taskId === 't1' && due.forEach((id) => void left.add(id))),
      due: () => [...left],
      done: (workerId) => void left.delete(workerId),
    });
    return given;
  };
  const namesIn = (sent: Uint8Array[]) =>
    sent.flatMap((payload) => {
      const wire = decodeMessage(payload, 'g3');
      return wire.message === 'disconnectRequest'
        ? [new TextDecoder().decode(wire.fields.worker)]
        : [];
    });

  it('are reported one by one, and once', () => {
    const { hear, send, sent, stop } = opened(1);
    hear(desired('g3', 1));
    send(grave);
    expect(namesIn(sent)).toEqual(dead);
    send(grave);
    stop();
  });

  it('are reported as soon as it is certain with whom we talk, and to nobody else', async () => {
    const { hear, send, sent, stop } = opened(1);
    send(grave);
    hear(echo('g3'));
    await sleep(300);
    expect(namesIn(sent)).toEqual([]);
    hear(desired('g3', 1));
    await sleep(300);
    expect(namesIn(sent)).toEqual(dead);
    stop();
  });

  it('are not reported to one that hears of workers from themselves alone', async () => {
    const { hear, send, sent, stop } = opened(2);
    hear(desired('g4', 1));
    send(grave);
    await sleep(300);
    expect(sent).toEqual([]);
    stop();
  });

  it('keep us from leaving until the scheduler has answered, for two seconds at most', () => {
    const { hear, send, closes, stop } = opened(1);
    hear(desired('g3', 1));
    send(grave);
    send({ type: 'socket.close' });
    const answer = (worker: string) =>
      encodeMessage({
        generation: 'g3',
        message: 'disconnectResponse',
        fields: { worker: bytes(worker) },
      } as WireMessage);
    hear(answer(dead[0] as string));
    expect(closes()).toBe(0);
    hear(answer(dead[1] as string));
    expect(closes()).toBe(1);
    stop();
  });
});

describe('the end of the whole cluster', () => {
  const end = encodeMessage({
    generation: 'g4',
    message: 'workerManagerShutdown',
    fields: {},
  } as WireMessage);
  const said = (told: EventObject[]) => told.filter(({ type }) => type === 'scheduler.shutdown');

  it('is passed on once, however often it is said', () => {
    const { hear, told, sent, stop } = line(2);
    hear(end);
    hear(end);
    expect(said(told)).toHaveLength(1);
    expect(sent).toEqual([]);
    stop();
  });

  it('over ZeroMQ, too, once the scheduler has shown what it is', () => {
    const { hear, told, stop } = line(null);
    hear(end);
    expect(said(told)).toEqual([]);
    hear(echo('g4'));
    hear(end);
    expect(said(told)).toHaveLength(1);
    stop();
  });

  it('cannot be asked for by an older scheduler, to which the number means our own answer', () => {
    const { hear, told, sent, stop } = line(1);
    hear(end);
    hear(desired('g3', 4));
    hear(end);
    expect(said(told)).toEqual([]);
    expect(sent).toEqual([]);
    stop();
  });
});

describe('groups that a scheduler which was replaced does not know', () => {
  const sight = (calmSince: number | null) => () => ({ known: new Set<string>(), calmSince });
  const looked = () => sleep(300);
  const released = (told: EventObject[]) =>
    told.filter(({ type }) => type === 'scheduler.release') as { taskIds?: string[] }[];
  it('are let go without a word of it, once it has long had no work; nothing is answered', async () => {
    const { told, sent, stop } = line(null, ['t1'], sight(now() - 31_000));
    await looked();
    expect(released(told)[0]?.taskIds).toEqual(['t1']);
    expect(sent).toEqual([]);
    stop();
  });

  it('stay while it has work, and with any that speaks of no groups', async () => {
    const busy = line(null, ['t1'], sight(null));
    const other = line(null, ['t1']);
    const newer = line(1, ['t1'], sight(now() - 31_000));
    const known = line(null, ['t1'], sight(now() - 31_000));
    known.hear(workers('g2', 1, []));
    await looked();
    for (const { told, stop } of [busy, other, newer, known]) {
      expect(released(told)).toEqual([]);
      stop();
    }
  });

  it('and those of others or dead ones come on top of what it may start, but never of nothing', () => {
    const shown = { known: new Set(['ecs-t1', 'ecs-dead', 'of another']), calmSince: null };
    const { hear, beat, sent, stop } = line(null, ['t1'], () => shown);
    hear(group(1, 'ecs-t1'));
    beat(8);
    beat(0);
    beat(2 ** 32 - 1);
    const offered = sent
      .map((payload) => decodeMessage(payload, 'g1').fields)
      .flatMap((fields) => ('maxWorkerGroups' in fields ? [fields.maxWorkerGroups] : []));
    expect(offered).toEqual([6, 0, 2 ** 32 - 1]);
    stop();
  });

  it('are not thought of any more with one that turns out to know its workers', async () => {
    const { hear, told, sent, stop } = line(null, ['t1'], sight(null));
    await looked();
    hear(workers('g2', 0, []));
    // Its scheduler knows t1 by its workers: that is no answer.
    expect(told.map(({ type }) => type)).toContain('scheduler.start');
    expect(sent).toEqual([]);
    stop();
  });
});

it('leaves a scheduler that may wait for a lost answer, and is back when it has forgotten', async () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const lines: { handlers: ConnectionHandlers; sent: number; closed: boolean }[] = [];
  const socketOf = socket(
    {
      connect: (_, handlers) => {
        const one = { handlers, sent: 0, closed: false };
        lines.push(one);
        return {
          dropped: 0,
          send: () => ++one.sent > 0,
          close() {
            one.closed = true;
          },
          destroy() {},
        };
      },
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 2,
      found: () => null,
      sight: () => ({ at: time, ours: new Set(), loads: new Map(), complete: true, groups: null }),
    },
    quiet,
  );
  const machine = createMachine({ invoke: { id: 'socket', src: socketOf } });
  const begin = () => {
    const actor = createActor(machine).start();
    onTestFinished(() => void actor.stop());
    const child = actor.getSnapshot().children.socket;
    return () => child?.send({ type: 'socket.beat', workers: 8 } as never);
  };
  const open = (which: number) =>
    lines[which]?.handlers.onOpen({ identity: 'scheduler', magic: null });
  const hear = (which: number, payload: Uint8Array) => lines[which]?.handlers.onMessage(payload);

  begin()();
  open(0);
  hear(0, workers('g2', 0, []));
  const beat = begin();
  open(1);
  for (let n = 0; n < 6; n++, time += 2000) {
    beat();
    hear(1, echo('g3'));
  }
  expect(lines[1]).toMatchObject({ sent: 6, closed: false });
  beat();
  expect(lines[1]).toMatchObject({ sent: 6, closed: true });
  // Twelve seconds after the last heartbeat; the rest of them passes for real.
  time += 9_900;
  begin();
  await sleep(50);
  expect(lines).toHaveLength(2);
  await sleep(100);
  expect(lines).toHaveLength(3);
});

it('gives the line to a rival under our identity for a while, and says so', async () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const lines: ConnectionHandlers[] = [];
  const states: string[] = [];
  const warnings: string[] = [];
  const socketOf = socket(
    {
      connect: (_, handlers) => {
        lines.push(handlers);
        return { dropped: 0, send: () => true, close() {}, destroy() {} };
      },
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 2,
      found: () => null,
      sight: () => ({ at: time, ours: new Set(), loads: new Map(), complete: true, groups: null }),
      line: (state) => states.push(state),
    },
    { ...quiet, warn: (_, text) => warnings.push(text) },
  );
  const machine = createMachine({ invoke: { id: 'socket', src: socketOf } });
  const begin = () => {
    const actor = createActor(machine).start();
    onTestFinished(() => void actor.stop());
    lines.at(-1)?.onOpen({ identity: 'scheduler', magic: 1 });
    lines.at(-1)?.onMessage(echo('g3'));
  };
  const taken = () => lines.at(-1)?.onClosed({ kind: 'graceful', reason: 'taken' });
  for (let n = 0; n < 3; n++) {
    begin();
    time += 400;
    taken();
  }
  expect(lines).toHaveLength(3);
  expect(warnings).toEqual(['scheduler.lineTaken']);
  expect(states.at(-1)).toBe('contested');
  const actor = createActor(machine).start();
  onTestFinished(() => void actor.stop());
  await sleep(100);
  expect(lines).toHaveLength(3);
  // The line that stands is not ours alone yet.
  states.length = 0;
  lines.at(-1)?.onOpen({ identity: 'scheduler', magic: 1 });
  lines.at(-1)?.onMessage(echo('g3'));
  expect(states).toEqual(['unanswered', 'contested']);
});

it('obeys at once on its first line only: a later one may lead to a scheduler that was started anew', async () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const lines: ConnectionHandlers[] = [];
  const told: EventObject[] = [];
  const socketOf = socket(
    {
      connect: (_, handlers) => {
        lines.push(handlers);
        return { dropped: 0, send: () => true, close() {}, destroy() {} };
      },
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 1,
      found: () => null,
      sight: () => ({
        at: time,
        ours: new Set(['t1']),
        loads: new Map(),
        complete: true,
        groups: null,
      }),
    },
    quiet,
  );
  const machine = createMachine({
    invoke: { id: 'socket', src: socketOf },
    on: { 'scheduler.release': { actions: ({ event }) => told.push(event) } },
  });
  const named = workers('g2', 1, ['Worker|ECS-t1|a|b']);
  const begin = () => {
    const actor = createActor(machine).start();
    onTestFinished(() => void actor.stop());
    lines.at(-1)?.onOpen({ identity: null, magic: null });
  };
  const released = () => {
    told.length = 0;
    lines.at(-1)?.onMessage(named);
    return told.length;
  };
  begin();
  expect(released()).toBe(1);
  begin();
  expect(released()).toBe(0);
  time += 30_000;
  expect(released()).toBe(1);
});
