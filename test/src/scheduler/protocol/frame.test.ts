import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { ProtocolFailure } from '../../../../src/scheduler/protocol/protocolFailure.ts';
import { vectors } from './vectors.ts';

/** A frame of one segment of these words, low half first. */
function frame(...words: [low: number, high: number][]): Uint8Array {
  const bytes = new Uint8Array(8 + words.length * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, words.length, true);
  words.forEach(([low, high], i) => {
    view.setUint32(8 + i * 8, low >>> 0, true);
    view.setUint32(12 + i * 8, high >>> 0, true);
  });
  return bytes;
}

const struct = (offset: number, dataWords: number, pointers: number): [number, number] => [
  offset << 2,
  dataWords | (pointers << 16),
];
const list = (offset: number, element: number, count: number): [number, number] => [
  (offset << 2) | 1,
  element | (count << 3),
];
const command = [struct(0, 1, 1), [27, 0], struct(0, 0, 1)] as [number, number][];

describe('a frame that promises more than it holds', () => {
  it('reads the hand-made frames it should', () => {
    const wire = decodeMessage(frame(...command, list(0, 7, 1), struct(1, 1, 0), [5, 0]));
    expect(wire.fields).toEqual({
      setDesiredTaskConcurrencyRequests: [{ taskConcurrency: 5, capabilities: [] }],
    });
  });

  it.each([
    ['half a thousand million requests without a word', [list(0, 7, 0), struct(0x1fffffff, 0, 0)]],
    ['requests beyond the words of their list', [list(0, 7, 2), struct(3, 1, 1), [1, 0], [1, 0]]],
    ['a list beyond its segment', [list(0, 7, 9), struct(1, 1, 0), [1, 0]]],
    ['a list of nothing at all', [list(0, 0, 0x1fffffff)]],
    ['a list before its segment', [list(-9, 7, 1)]],
    ['a capability', [[3, 0]]],
    ['a far pointer into no segment', [[2, 7]]],
    ['a far pointer to itself', [[(3 << 3) | 2, 0]]],
    ['a far pointer beyond the end', [[(400 << 3) | 2, 0]]],
    [
      'a double far pointer to itself',
      [
        [(3 << 3) | 6, 0],
        [0, 0],
      ],
    ],
  ] as [string, [number, number][]][])('%s: refused', (_, words) => {
    expect(() => decodeMessage(frame(...command, ...words), 'g3')).toThrow(ProtocolFailure);
  });

  it('refuses many pointers to one big object without reading it for each', () => {
    const requests = 2000;
    const words: [number, number][] = [...command, list(0, 7, requests), struct(requests, 0, 1)];
    const target = words.length + requests;
    for (let i = 0; i < requests; i++) words.push(list(target - words.length - 1, 7, 4000));
    words.push(struct(2000, 1, 1));
    for (let i = 0; i < 4000; i++) words.push([0, 0]);
    const start = performance.now();
    expect(() => decodeMessage(frame(...words), 'g3')).toThrow(/more content/);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no segment', new Uint8Array(8)],
    ['an empty segment', new Uint8Array(16)],
    ['more segments than the frame', Uint8Array.from({ length: 16 }, () => 0xff)],
    [
      'a word after the last segment',
      new Uint8Array([...frame(...command, [0, 0]), ...new Uint8Array(8)]),
    ],
    ['more than any peer sends', new Uint8Array(32 * 1024 * 1024 + 8)],
  ])('%s: refused', (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(ProtocolFailure);
  });

  it('reads a message that lies anywhere in a larger buffer', () => {
    for (const { bytes, generation } of vectors.slice(0, 20)) {
      const larger = new Uint8Array(bytes.length + 5);
      larger.set(bytes, 3);
      const inside = larger.subarray(3, 3 + bytes.length);
      expect(decodeMessage(inside, generation)).toEqual(decodeMessage(bytes, generation));
    }
  });
});
