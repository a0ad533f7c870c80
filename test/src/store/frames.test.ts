import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, longestPayload, readFrames } from '../../../src/store/frames.ts';
import { story } from './samples.ts';

const frames = story.map(encodeFrame);
const whole = new Uint8Array(Buffer.concat(frames));
const ends = frames.map((_, i) => frames.slice(0, i + 1).reduce((sum, f) => sum + f.length, 0));
const lastStart = ends.at(-2) ?? 0;

describe('readFrames', () => {
  it('reads back the frames that were written', () => {
    expect(readFrames(whole)).toEqual({ records: story, goodBytes: whole.length, tail: 'clean' });
    expect(readFrames(new Uint8Array())).toEqual({ records: [], goodBytes: 0, tail: 'clean' });
  });

  it('reads the frames before a cut and calls a tail that ends inside a frame torn', () => {
    for (let cut = 0; cut < whole.length; cut += 1) {
      const kept = ends.filter((end) => end <= cut).length;
      const goodBytes = ends[kept - 1] ?? 0;
      const tail = goodBytes === cut ? 'clean' : 'torn';
      expect(readFrames(whole.subarray(0, cut))).toEqual({
        records: story.slice(0, kept),
        goodBytes,
        tail,
      });
    }
  });

  it('reads only intact frames whatever bit was flipped, and never calls the file clean', () => {
    // Two or three bits of each byte.
    for (let flipped = 0; flipped < 8 * whole.length; flipped += 3) {
      const i = Math.floor(flipped / 8);
      const bent = whole.slice();
      bent[i] = (bent[i] as number) ^ (1 << (flipped % 8));
      const { records, goodBytes, tail } = readFrames(bent);
      const intact = ends.filter((end) => end <= i).length;
      expect(records).toEqual(story.slice(0, intact));
      expect(goodBytes).toBe(ends[intact - 1] ?? 0);
      // Only a length of the last frame that points beyond the end can look like an unfinished write.
      const length = new DataView(bent.buffer).getUint32(lastStart, true);
      const isTorn = length > whole.length - lastStart - 8 && length <= longestPayload;
      expect(tail).toBe(i >= lastStart && isTorn ? 'torn' : 'corrupt');
    }
  });

  it('calls trailing zeros torn and zeros in the middle corrupt', () => {
    const zeros = new Uint8Array(4_096);
    const { records, goodBytes, tail } = readFrames(Buffer.concat([whole, zeros]));
    expect({ records, goodBytes, tail }).toEqual({
      records: story,
      goodBytes: whole.length,
      tail: 'torn',
    });
    expect(readFrames(Buffer.concat([whole, zeros, whole])).tail).toBe('corrupt');
  });

  it('throws for no bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { goodBytes, tail } = readFrames(bytes);
        expect(tail === 'clean').toBe(goodBytes === bytes.length);
      }),
    );
  });

  it('calls a payload corrupt that is longer than any that is written, or holds longer lists, although its checksum is right', () => {
    // A text, as MessagePack writes it.
    const payload = new Uint8Array(5 + longestPayload).fill(0x78);
    payload[0] = 0xdb;
    new DataView(payload.buffer).setUint32(1, longestPayload);
    const frame = new Uint8Array(8 + payload.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, payload.length, true);
    frame.set(payload, 8);
    view.setUint32(4, crc32(payload, crc32(frame.subarray(0, 4))), true);
    const list = (length: number) => encodeFrame(Array.from({ length }, () => 0));
    for (const bad of [frame, list(1025)]) {
      const { records, tail } = readFrames(Buffer.concat([whole, bad]));
      expect([records, tail]).toEqual([story, 'corrupt']);
    }
    expect(readFrames(list(1024)).tail).toBe('clean');
  });

  it('calls a payload that is not MessagePack corrupt although its checksum is right', () => {
    // 0xc1 is the one byte that MessagePack never uses.
    const frame = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0xc1]);
    const sum = crc32(frame.subarray(8), crc32(frame.subarray(0, 4)));
    new DataView(frame.buffer).setUint32(4, sum, true);
    expect(readFrames(Buffer.concat([whole, frame]))).toEqual({
      records: story,
      goodBytes: whole.length,
      tail: 'corrupt',
    });
  });
});

describe('encodeFrame', () => {
  it('refuses a record that is too long', () => {
    // Three bytes say that a text follows, and how long it is.
    const longest = encodeFrame('x'.repeat(longestPayload - 3));
    expect(longest).toHaveLength(8 + longestPayload);
    expect(readFrames(longest).tail).toBe('clean');
    expect(readFrames(longest.subarray(0, -1)).tail).toBe('torn');
    expect(() => encodeFrame('x'.repeat(longestPayload - 2))).toThrow(RangeError);
  });
});
