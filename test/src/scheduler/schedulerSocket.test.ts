import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventObject } from 'xstate';
import { decodeMessage } from '../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../src/scheduler/protocol/encodeMessage.ts';
import type { WireMessage } from '../../../src/scheduler/protocol/wireMessage.ts';
import { numbering } from '../../../src/scheduler/schedulerSocket.ts';
import type { YmqVersion } from '../../../src/scheduler/transport/connection.ts';
import { bytes, desired, echo, group, line, workers } from './line.ts';

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
      'scheduler.desired',
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
