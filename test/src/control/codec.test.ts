import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operations, protocolVersion } from '../../../src/control/api.ts';
import { decodeAnswer, decodeRequest, encodeMessage } from '../../../src/control/codec.ts';

const request = (op: string, args: unknown = {}, more: object = {}) =>
  decodeRequest(encode({ v: protocolVersion, id: 7, op, args, ...more }));

describe('a request', () => {
  it.each([
    ['status', {}, {}],
    ['resume', { extra: 1 }, {}],
    ['groups', { cursor: 'cohort.3' }, { cursor: 'cohort.3' }],
    ['groups', { cursor: null }, { cursor: undefined }],
    ['explain', { group: 'last' }, { group: 'last' }],
    ['history', { limit: 20 }, { limit: 20 }],
    ['drain', { groups: ['a', 'b'] }, { groups: ['a', 'b'] }],
    ['hold', { reason: 'a quota' }, { reason: 'a quota' }],
    ['subscribe', { topic: 'status' }, { topic: 'status', level: undefined, names: undefined }],
    [
      'subscribe',
      { topic: 'events', level: 'debug', names: ['group.'] },
      { topic: 'events', level: 'debug', names: ['group.'] },
    ],
  ])('%s with %j is read with exactly its own arguments', (op, args, read) => {
    expect(request(op, args)).toEqual({ id: 7, op, args: read });
  });

  it.each([
    ['explain', {}],
    ['explain', { group: '' }],
    ['explain', { group: 'x'.repeat(201) }],
    ['explain', { group: 5 }],
    ['history', { limit: 0 }],
    ['events', { limit: 201 }],
    ['drain', { groups: [] }],
    ['drain', { groups: Array.from({ length: 11 }, String) }],
    ['drain', { groups: 'all' }],
    ['hold', {}],
    ['subscribe', { topic: 'all' }],
    ['subscribe', { topic: 'events', level: 'loud' }],
    ['unsubscribe', {}],
    ['status', []],
    ['stop', {}],
    ['constructor', {}],
  ])('%s with %j is refused with its number', (op, args) => {
    expect(request(op, args)).toMatchObject({ id: 7, refused: { code: 'invalid' } });
  });

  it('of another version is refused, and the version that is spoken is named', () => {
    expect(request('status', {}, { v: 2 })).toEqual({
      id: 7,
      refused: { code: 'version', message: 'this daemon speaks version 1' },
    });
  });

  it('is refused without a throw whatever bytes it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = decodeRequest(bytes);
        expect('refused' in read || operations.includes(read.op)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused when it nests deeper or is wider than any request', () => {
    const deep = new Uint8Array(16_000).fill(0x91);
    expect(decodeRequest(deep)).toMatchObject({ refused: { code: 'invalid' } });
    const wide = encode(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i])));
    expect(decodeRequest(wide)).toMatchObject({ refused: { code: 'invalid' } });
    // An array that says it has four thousand million entries.
    expect(decodeRequest(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))).toHaveProperty('refused');
  });
});

describe('an answer', () => {
  it('is read as it was written', () => {
    const answer = { v: protocolVersion, id: 1, ok: true as const, result: { held: true } };
    expect(decodeAnswer(encodeMessage(answer))).toEqual(answer);
  });

  it('in another protocol is an error', () => {
    expect(() => decodeAnswer(encode({ v: 2, id: 1, ok: true }))).toThrow('another protocol');
    expect(() => decodeAnswer(encode(null))).toThrow('another protocol');
  });
});
