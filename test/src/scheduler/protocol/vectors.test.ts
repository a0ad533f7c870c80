import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../../src/scheduler/protocol/encodeMessage.ts';
import { GENERATIONS } from '../../../../src/scheduler/protocol/generations.ts';
import { hexOf } from '../../../../src/scheduler/protocol/idText.ts';
import { notation } from '../../../../src/scheduler/protocol/notation.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

/** Whether a decoded value is its default; sidecar files leave such fields out. */
function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value === null || typeof value !== 'object')
    return value === 0 || value === '' || value === '0' || value === false;
  if ('hex' in value) return value.hex === '';
  if ('value' in value && 'name' in value) return value.value === 0;
  return Object.values(value).every(isDefault);
}

/** Removes from `value` the fields that are not in `listed`, after checking that they have their defaults. */
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

/** Messages of releases with shorter structs, which are encoded differently here. A manager sends none of them. */
const WRITTEN_SHORTER =
  /^(g1-worker-heartbeat|g2-worker-heartbeat-echo|g2-monitor-state-scheduler|g4-2\.[78]\.0-.*(worker-heartbeat$|state-scheduler))/;

/** The inverse of `notation`. */
function bytesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytesOf);
  if (!isObject(value)) return value;
  if (typeof value.hex === 'string') return new Uint8Array(Buffer.from(value.hex, 'hex'));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bytesOf(part)]));
}

describe.each(vectors)('$name', ({ name, bytes, message, generation, fields, segments }) => {
  it('decodes to the fields of its sidecar file with its generation as hint', () => {
    const wire = decodeMessage(bytes, generation);
    expect(wire).toMatchObject({ message, generation });
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
  });
  it('decodes to the same fields without a hint', () => {
    const wire = decodeMessage(bytes);
    // The bytes of these messages fit other generations, which have other names for them.
    if (!['workerAdapterHeartbeatEcho', 'workerDisconnectNotification'].includes(message))
      expect(wire.message).toBe(message);
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
    if (/command(?!.*null)/.test(name)) expect(wire.generation).toBe(generation);
  });

  it('decodes with every other hint', () => {
    for (const hint of GENERATIONS) expect(decodeMessage(bytes, hint)).toHaveProperty('fields');
  });

  const ours = segments === 1 && !name.startsWith('alt-');
  it.runIf(ours && !WRITTEN_SHORTER.test(name))('is encoded byte for byte', () => {
    const wire = { generation, message, fields: bytesOf(fields) } as WireMessage;
    expect(hexOf(encodeMessage(wire))).toBe(hexOf(bytes));
  });

  it('decodes to the same message after it was encoded again', () => {
    const wire = decodeMessage(bytes, generation);
    expect(decodeMessage(encodeMessage(wire), generation)).toEqual(wire);
  });
});

it('there are more than 200 vectors', () => expect(vectors.length).toBeGreaterThan(200));

it.each(vectors)('$name has the hash of its sidecar file', ({ bytes, sha256 }) => {
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});

it('there are vectors of echo, command and monitor stream for every release of g4', () => {
  for (const release of ['2.7.0', '2.8.0', '2.9.0'])
    for (const name of ['echo', 'command', 'monitor-state-scheduler-busy', 'monitor-state-worker'])
      for (const transport of ['ymq', 'zmq']) {
        const start = `g4-${release}-${transport}-${name}`;
        expect(
          vectors.some((vector) => vector.name.startsWith(start)),
          start,
        ).toBe(true);
      }
});
