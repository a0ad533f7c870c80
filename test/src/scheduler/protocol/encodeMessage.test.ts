import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../../src/scheduler/protocol/encodeMessage.ts';
import { hexOf } from '../../../../src/scheduler/protocol/idText.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

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
