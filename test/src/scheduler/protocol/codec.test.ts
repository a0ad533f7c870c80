import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandResponse, Generation } from '../../../../machines/scheduler/messages.ts';
import {
  decodeMessage,
  encodeCommandResponse,
  encodeDisconnectRequest,
  encodeHeartbeat,
} from '../../../../src/scheduler/protocol/codec.ts';
import { GENERATIONS } from '../../../../src/scheduler/protocol/generations.ts';
import { hexOf, idText } from '../../../../src/scheduler/protocol/idText.ts';
import { notation } from '../../../../src/scheduler/protocol/notation.ts';
import { ProtocolFailure } from '../../../../src/scheduler/protocol/protocolFailure.ts';
import { toSchedulerMessage } from '../../../../src/scheduler/protocol/translate.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const capability = fc.record({
  name: text,
  value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
});
const heartbeat = fc.record({
  maxTaskConcurrency: fc.nat(0xffffffff),
  capabilities: fc.array(capability, { maxLength: 200 }),
  workerManagerID: text,
});

describe('encodeHeartbeat', () => {
  it.each(GENERATIONS)('encodes values that decodeMessage returns again (%s)', (generation) => {
    fc.assert(
      fc.property(heartbeat, (values) => {
        const wire = decodeMessage(encodeHeartbeat(generation, values), generation);
        const { maxTaskConcurrency, capabilities, workerManagerID } = values;
        const groups = generation === 'g1' || generation === 'g1b';
        const id = new TextEncoder().encode(workerManagerID);
        expect(wire.generation).toBe(generation);
        expect(wire.fields).toEqual({
          capabilities,
          ...(groups
            ? { maxWorkerGroups: maxTaskConcurrency, workersPerGroup: 0 }
            : { maxTaskConcurrency }),
          ...(generation === 'g1' ? {} : { workerManagerID: id }),
        });
      }),
    );
  });

  it('encodes the same bytes for g1b to g3, and only another variant number for g4', () => {
    const values = { maxTaskConcurrency: 8, capabilities: [], workerManagerID: 'wm' };
    const [first, ...others] = (['g1b', 'g2', 'g23', 'g3'] as Generation[]).map((generation) =>
      hexOf(encodeHeartbeat(generation, values)),
    );
    for (const other of others) expect(other).toBe(first);
    expect(hexOf(encodeHeartbeat('g4', values))).toBe(first?.replace('1900', '1700'));
  });

  it.each([-1, 4294967296, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'fails for %d workers',
    (maxTaskConcurrency) => {
      const values = { maxTaskConcurrency, capabilities: [], workerManagerID: 'wm' };
      for (const generation of GENERATIONS)
        expect(() => encodeHeartbeat(generation, values)).toThrow(ProtocolFailure);
    },
  );

  it.each(['9223372036854775808', '-9223372036854775809', '', '1.5', '0x10', '1e3'])(
    'fails for the capability value %j',
    (value) => {
      const capabilities = [{ name: 'gpu', value }];
      const values = { maxTaskConcurrency: 1, capabilities, workerManagerID: 'wm' };
      expect(() => encodeHeartbeat('g3', values)).toThrow(ProtocolFailure);
    },
  );

  it('fails for a group size except for g1 and g1b', () => {
    const values = {
      maxTaskConcurrency: 8,
      workersPerGroup: 4,
      capabilities: [],
      workerManagerID: 'w',
    };
    for (const generation of ['g2', 'g23', 'g3', 'g4'] as Generation[])
      expect(() => encodeHeartbeat(generation, values)).toThrow(ProtocolFailure);
    expect(decodeMessage(encodeHeartbeat('g1', values)).fields).toMatchObject({
      workersPerGroup: 4,
    });
  });

  it.each(vectors.filter(({ name }) => /^g.*-heartbeat-/.test(name)))(
    'encodes $name byte for byte',
    ({ generation, bytes, name }) => {
      if (name.includes('worker-heartbeat')) return;
      const wire = decodeMessage(bytes, generation);
      const fields = wire.fields as Record<string, never>;
      const values = {
        maxTaskConcurrency: fields.maxTaskConcurrency ?? fields.maxWorkerGroups ?? 0,
        ...(fields.workersPerGroup === undefined
          ? {}
          : { workersPerGroup: fields.workersPerGroup }),
        capabilities: fields.capabilities ?? [],
        workerManagerID: idText(fields.workerManagerID ?? new Uint8Array(0)),
      };
      expect(hexOf(encodeHeartbeat(generation, values))).toBe(hexOf(bytes));
    },
  );
});

describe('encodeDisconnectRequest', () => {
  it.each(vectors.filter(({ message }) => message === 'disconnectRequest'))(
    'encodes $name byte for byte',
    ({ generation, bytes }) => {
      const wire = decodeMessage(bytes, generation);
      const worker = idText((wire.fields as { worker: Uint8Array }).worker);
      expect(hexOf(encodeDisconnectRequest(generation, worker))).toBe(hexOf(bytes));
    },
  );

  it('fails for g4, which has another message under this number', () => {
    expect(() => encodeDisconnectRequest('g4', 'Worker|ECS|a|b')).toThrow(ProtocolFailure);
  });
});

describe('encodeCommandResponse', () => {
  const answer = { capabilities: [], groupId: 'ecs-1', workerIds: ['w'] };
  const start = { ...answer, command: 'start', outcome: 'success' } as const;

  it.each(['g3', 'g4'] as const)(
    'fails for %s, whose schedulers exit at a response',
    (generation) => {
      expect(() => encodeCommandResponse(generation, start)).toThrow(ProtocolFailure);
    },
  );

  it.each([
    ['g1', start, 'startWorkerGroup', 'success'],
    ['g1', { ...start, outcome: 'tooMany' }, 'startWorkerGroup', 'workerGroupTooMuch'],
    [
      'g1',
      { ...answer, command: 'shutdown', outcome: 'success' },
      'shutdownWorkerGroup',
      'success',
    ],
    [
      'g1b',
      { ...answer, command: 'shutdown', outcome: 'notFound' },
      'shutdownWorkerGroup',
      'workerGroupIDNotFound',
    ],
    ['g2', start, 'startWorkers', 'success'],
    ['g23', { ...start, outcome: 'tooMany' }, 'startWorkers', 'tooManyWorkers'],
    ['g23', { ...answer, command: 'shutdown', outcome: 'success' }, 'shutdownWorkers', 'success'],
    [
      'g2',
      { ...answer, command: 'shutdown', outcome: 'notFound' },
      'shutdownWorkers',
      'workerNotFound',
    ],
  ] as const)('encodes for %s the response %o', (generation, response, command, status) => {
    expect(decodeMessage(encodeCommandResponse(generation, response), generation)).toMatchObject({
      generation,
      fields: { command: { name: command }, status: { name: status } },
    });
  });

  const possible = /response-start-success|response-shutdown-(success|.*NotFound)|GroupTooMuch/;
  const impossible = /response-shutdown-workerGroupTooMuch/;
  it.each(vectors.filter(({ name }) => possible.test(name) && !impossible.test(name)))(
    'encodes $name byte for byte',
    ({ generation, bytes }) => {
      const wire = decodeMessage(bytes, generation);
      if (!wire.message.endsWith('CommandResponse')) throw new Error(wire.message);
      const { fields } = wire as Extract<WireMessage, { message: 'workerAdapterCommandResponse' }>;
      const outcomes = { success: 'success', workerGroupTooMuch: 'tooMany' } as Record<
        string,
        string
      >;
      const written = encodeCommandResponse(generation, {
        command: fields.command.value === 0 ? 'start' : 'shutdown',
        outcome: outcomes[fields.status.name as string] ?? 'notFound',
        groupId: idText(fields.workerGroupID ?? new Uint8Array(0)),
        workerIds: fields.workerIDs.map(idText),
        capabilities: fields.capabilities,
      } as CommandResponse);
      expect(hexOf(written)).toBe(hexOf(bytes));
    },
  );
});

it('decodeMessage returns a message or throws a ProtocolFailure for any bytes', () => {
  const frames = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.nat(40)).map((words) => {
      // Small numbers in every 16 bits give mostly valid pointers with mostly invalid targets.
      const bytes = new Uint8Array(16 + words.length * 8);
      const view = new DataView(bytes.buffer);
      view.setUint32(4, bytes.length / 8 - 1, true);
      words.forEach((word, i) => {
        view.setUint16(8 + i * 2, word, true);
      });
      return bytes;
    }),
  );
  fc.assert(
    fc.property(frames, fc.constantFrom(undefined, ...GENERATIONS), (bytes, hint) => {
      try {
        toSchedulerMessage(decodeMessage(bytes, hint));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolFailure);
      }
    }),
    { numRuns: 2000 },
  );
});

/** A field that a sidecar does not list has its default. */
function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value === null || typeof value !== 'object')
    return value === 0 || value === '' || value === '0' || value === false;
  if ('hex' in value) return value.hex === '';
  if ('value' in value && 'name' in value) return value.value === 0;
  return Object.values(value).every(isDefault);
}

/** Drops from `value` what is not listed in `listed`, having made sure that it is a default. */
function asListed(value: unknown, listed: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(listed))
    return value.map((item, i) => asListed(item, listed[i]));
  if (!isObject(value) || !isObject(listed)) return value;
  const entries = Object.entries(value).filter(([name, part]) => {
    if (name in listed || name === 'utf8') return true;
    expect(isDefault(part), `${name} = ${JSON.stringify(part)} is not listed`).toBe(true);
    return false;
  });
  return Object.fromEntries(entries.map(([name, part]) => [name, asListed(part, listed[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

describe.each(vectors)('$name', ({ name, bytes, message, generation, fields }) => {
  it('decodes to its sidecar when the generation is known', () => {
    const wire = decodeMessage(bytes, generation);
    expect(wire).toMatchObject({ message, generation });
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
  });
  it('means the same when the generation is not known, where its bytes can tell', () => {
    const wire = decodeMessage(bytes);
    // A g1 echo is the echo of every generation, and g1 alone calls it otherwise; so is g4's good-bye.
    if (!['workerAdapterHeartbeatEcho', 'workerDisconnectNotification'].includes(message))
      expect(wire.message).toBe(message);
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
    if (/command(?!.*null)/.test(name)) expect(wire.generation).toBe(generation);
  });

  it('ends as a value under every other hint', () => {
    for (const hint of GENERATIONS) expect(decodeMessage(bytes, hint)).toHaveProperty('fields');
  });
});

it('finds all vectors', () => expect(vectors.length).toBeGreaterThan(200));

it.each(vectors)('$name is the message that its sidecar tells of', ({ bytes, sha256 }) => {
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});

it('has the heartbeat, its answers and the monitor stream of every release with the new numbers', () => {
  for (const release of ['2.7.0', '2.8.0', '2.9.0'])
    for (const name of ['echo', 'command', 'monitor-state-scheduler-busy', 'monitor-state-worker'])
      for (const transport of ['ymq', 'zmq']) {
        const start = `g4-${release}-${transport}-${name}`;
        expect(
          vectors.some((one) => one.name.startsWith(start)),
          start,
        ).toBe(true);
      }
});
