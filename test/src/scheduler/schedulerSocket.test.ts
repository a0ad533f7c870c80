import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../src/scheduler/protocol/encodeMessage.ts';
import type { WireMessage } from '../../../src/scheduler/protocol/wireMessage.ts';
import type { YmqVersion } from '../../../src/scheduler/transport/connection.ts';
import { setTime } from '../../../src/shared/clock.ts';
import { bareSocket, bytes, desired, echo, group, line, workers } from './line.ts';

afterEach(() => setTime(null));

describe('the socket', () => {
  it('tells that it is open, and with which magic', () => {
    setTime(() => 7);
    for (const magic of [0, 1, 2, null] as const) {
      const { open, told, stop } = bareSocket();
      open(magic);
      expect(told).toEqual([{ type: 'socket.open', at: 7, magic }]);
      stop();
    }
  });

  it('tells how it ended, with a jitter', () => {
    setTime(() => 7);
    const { end, told, stop } = bareSocket();
    end({ kind: 'aborted', reason: 'reset' });
    expect(told).toEqual([
      {
        type: 'socket.closed',
        at: 7,
        kind: 'aborted',
        reason: 'reset',
        jitter: expect.any(Number),
      },
    ]);
    stop();
  });

  it('decodes messages as the bytes suggest, and as the session expects from then on', () => {
    setTime(() => 7);
    const { hear, command, told, stop } = bareSocket();
    const heard = () =>
      told.splice(0).map((event) => {
        const { generation, message } = event as never as { generation: string; message: object };
        return [generation, message];
      });
    hear(echo('g3'));
    hear(desired('g3', 5));
    const requests = [{ taskConcurrency: 5, capabilities: [] }];
    expect(heard()).toEqual([
      ['g3', { type: 'heartbeatEcho' }],
      ['g3', { type: 'desired', requests }],
    ]);
    command({ type: 'socket.expect', generation: 'g1' } as never);
    hear(echo('g3'));
    expect(heard()).toEqual([['g1', { type: 'heartbeatEcho' }]]);
    command({ type: 'socket.expect', generation: null } as never);
    hear(echo('g3'));
    expect(heard()).toEqual([['g3', { type: 'heartbeatEcho' }]]);
    stop();
  });

  it('tells of each frame that cannot be read, and nothing of what means nothing to a manager', () => {
    setTime(() => 7);
    const { hear, told, stop } = bareSocket();
    hear(new Uint8Array(3));
    hear(encodeMessage({ generation: 'g3', message: 'workerHeartbeatEcho', fields: {} } as never));
    hear(new Uint8Array(3));
    const unreadable = { type: 'socket.unreadable', at: 7, reason: expect.any(String) };
    expect(told).toEqual([unreadable, unreadable]);
    stop();
  });

  it('sends what it is told, and tells what it could not send', () => {
    setTime(() => 7);
    const { command, state, told, variants, stop } = bareSocket();
    const heartbeat = { maxTaskConcurrency: 1, capabilities: [], workerManagerID: 'wm' };
    const response = {
      ...{ command: 'start', outcome: 'success', groupId: '', workerIds: [], capabilities: [] },
    };
    const messages = [
      { generation: 'g3', type: 'heartbeat', heartbeat },
      { generation: 'g4', type: 'heartbeat', heartbeat },
      { generation: 'g2', type: 'response', response },
      { generation: 'g3', type: 'disconnectRequest', workerId: 'w' },
    ];
    for (const message of messages) command({ type: 'socket.send', message } as never);
    expect(variants()).toEqual([25, 23, 28, 11]);
    expect(told).toEqual([]);
    state.full = true;
    command({ type: 'socket.send', message: messages[3] } as never);
    expect(told).toEqual([{ type: 'socket.sendFailed', at: 7, what: messages[3] }]);
    stop();
  });

  it('closes in order when it is told to, and at once when it is stopped', () => {
    const { command, state, stop } = bareSocket();
    command({ type: 'socket.close' });
    expect(state).toMatchObject({ closed: 1, destroyed: 0 });
    stop();
    expect(state).toMatchObject({ closed: 1, destroyed: 1 });
  });
});

describe('a heartbeat', () => {
  it.each([
    [1, 25],
    [2, 23],
  ] as const)('after YMQ magic %d is a %d from the first', (magic, variant) => {
    const { beat, variants, stop } = line(magic);
    for (let i = 0; i < 3; i++) beat();
    expect(variants()).toEqual([variant, variant, variant, variant]);
    stop();
  });

  it('over ZeroMQ keeps the number that was echoed', () => {
    const { beat, hear, variants, stop } = line(null);
    for (let i = 0; i < 2; i++) beat();
    hear(echo('g4'));
    for (let i = 0; i < 4; i++) beat();
    expect(variants()).toEqual([25, 25, 23, 23, 23, 23, 23]);
    stop();
  });

  it('over ZeroMQ stays with the older number where that is echoed, also late', () => {
    const { beat, hear, variants, stop } = line(null);
    for (let i = 0; i < 2; i++) beat();
    hear(echo('g3'));
    beat();
    expect(variants()).toEqual([25, 25, 23, 25]);
    stop();
  });

  it('before YMQ had a magic is a 25', () => {
    const { beat, hear, variants, stop } = line(0);
    hear(workers('g2', 1, []));
    beat();
    expect(variants()).toEqual([25, 28, 25]);
    stop();
  });

  it('leaves what G1 alone understands zero until it is known to be G1, then counts groups', () => {
    const { beat, hear, sent, stop } = line(null);
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

it('answers G23 at once with nothing done', () => {
  const { hear, sent, stop } = line(1, ['t1']);
  hear(workers('g23', 0, []));
  hear(workers('g23', 1, ['Worker|ECS-t1|x|1', 'Worker|ECS-t1|x|2']));
  expect(sent.slice(1).map((payload) => decodeMessage(payload, 'g23'))).toMatchObject([
    { message: 'workerManagerCommandResponse', fields: { workerIDs: [] } },
    { message: 'workerManagerCommandResponse', fields: { workerIDs: [] } },
  ]);
  stop();
});

it('answers no scheduler that has shown that it takes no answers', () => {
  for (const [magic, payload] of [
    [1, desired('g3', 1)],
    [null, desired('g4', 1)],
    [2, echo('g4')],
  ] as const) {
    const { hear, variants, stop } = line(magic);
    hear(payload);
    hear(workers('g2', 1, []));
    hear(group(1, 'ecs-t1'));
    expect(variants().slice(1)).toEqual([]);
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
        let heartbeats = 1;
        for (const one of all) {
          if (one === 'beat') {
            // No more than a scheduler that does not answer is given.
            if (heartbeats++ < 8) beat();
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

it('takes the shutdown of a g4 scheduler for what it is to an older one: nothing to answer', () => {
  const end = encodeMessage({
    generation: 'g4',
    message: 'workerManagerShutdown',
    fields: {},
  } as WireMessage);
  for (const magic of [1, 2] as const) {
    const { hear, variants, stop } = line(magic);
    hear(end);
    if (magic === 1) hear(desired('g3', 4));
    hear(end);
    expect(variants()).toHaveLength(1);
    stop();
  }
});

it('reads the acknowledgement of a report', () => {
  const { hear, told, stop } = bareSocket();
  hear(
    encodeMessage({
      generation: 'g3',
      message: 'disconnectResponse',
      fields: { worker: bytes('w1') },
    } as WireMessage),
  );
  expect(told).toMatchObject([{ message: { type: 'disconnected', workerId: 'w1' } }]);
  stop();
});
