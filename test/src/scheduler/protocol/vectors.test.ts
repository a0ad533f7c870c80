import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../../src/scheduler/protocol/encodeMessage.ts';
import { GENERATIONS } from '../../../../src/scheduler/protocol/generations.ts';
import { hexOf } from '../../../../src/scheduler/protocol/idText.ts';
import { notation } from '../../../../src/scheduler/protocol/notation.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

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

/** Monitor and worker messages of releases whose structs were shorter; a manager sends none of them. */
const WRITTEN_SHORTER =
  /^(g1-worker-heartbeat|g2-worker-heartbeat-echo|g2-monitor-state-scheduler|g4-2\.[78]\.0-.*(worker-heartbeat$|state-scheduler))/;

/** Undoes `notation`. */
function bytesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytesOf);
  if (!isObject(value)) return value;
  if (typeof value.hex === 'string') return new Uint8Array(Buffer.from(value.hex, 'hex'));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bytesOf(part)]));
}

describe.each(vectors)('$name', ({ name, bytes, message, generation, fields, segments }) => {
  it('decodes to its sidecar when the generation is known', () => {
    const wire = decodeMessage(bytes, generation);
    expect(wire).toMatchObject({ message, generation });
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
  });
  it('means the same when the generation is not known, where its bytes can tell', () => {
    const wire = decodeMessage(bytes);
    // A g1 echo is everyone's echo, and g1 alone calls it otherwise; so is g4's good-bye.
    if (!['workerAdapterHeartbeatEcho', 'workerDisconnectNotification'].includes(message))
      expect(wire.message).toBe(message);
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
    if (/command(?!.*null)/.test(name)) expect(wire.generation).toBe(generation);
  });

  it('ends as a value under every other hint', () => {
    for (const hint of GENERATIONS) expect(decodeMessage(bytes, hint)).toHaveProperty('fields');
  });

  const ours = segments === 1 && !name.startsWith('alt-');
  it.runIf(ours && !WRITTEN_SHORTER.test(name))('is written byte for byte', () => {
    const wire = { generation, message, fields: bytesOf(fields) } as WireMessage;
    expect(hexOf(encodeMessage(wire))).toBe(hexOf(bytes));
  });

  it('is read again after it was written', () => {
    const wire = decodeMessage(bytes, generation);
    expect(decodeMessage(encodeMessage(wire), generation)).toEqual(wire);
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
