import { parseArgs } from 'node:util';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { ProtocolFailure } from '../../src/scheduler/protocol/failure.ts';
import { GENERATIONS } from '../../src/scheduler/protocol/generations.ts';
import { decodeMonitor } from '../../src/scheduler/protocol/monitor.ts';
import { notation } from '../../src/scheduler/protocol/notation.ts';
import { toSchedulerMessage } from '../../src/scheduler/protocol/translate.ts';
import { vectors } from '../src/scheduler/protocol/vectors.ts';
import { sweep } from './sweep.ts';

/**
 * Decodes each vector cut short at every length and with every bit wrong, then mutated frames of all vectors.
 * `tsx test/fuzz/wire.ts --count 100000 --seed 1`; the same seed gives the same frames. Ends with status 1 when
 * a frame brings anything but a value or a ProtocolFailure, when a frame that was cut short passes for a message,
 * or when a frame takes longer than it may.
 */

const MOST_MS = 100;
/** Of vectors that are longer than this, so many lengths and so many bits are tried. */
const MOST_PLACES = 4096;

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const count = Number(options.count);
let state = Number(options.seed) >>> 0;

/** An integer from 0 to `below` - 1 (mulberry32). */
function pick(below: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

const one = <T>(from: readonly T[]): T => from[pick(from.length)] as T;
const word = (frame: Uint8Array) => pick(Math.max(1, frame.length >> 3)) * 8;
const half = (frame: Uint8Array, at: number) =>
  new DataView(frame.buffer, frame.byteOffset + Math.min(at, frame.length - 4), 4);

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const EXTREMES = [
  0, 1, 2, 7, 0x7f, 0xff, 0xffff, 0x10000, 0x1fffffff, 0x7fffffff, 0x80000000, 0xffffffff,
];

const mutations: ((frame: Uint8Array) => Uint8Array)[] = [
  function flip(frame) {
    const at = pick(frame.length);
    frame[at] = (frame[at] as number) ^ (1 << pick(8));
    return frame;
  },
  function truncate(frame) {
    return frame.slice(0, Math.max(4, pick(frame.length)));
  },
  function truncateWhole(frame) {
    return fit(frame.slice(0, Math.max(16, word(frame))));
  },
  function splice(frame) {
    const other = one(vectors).bytes;
    return fit(join(frame.subarray(0, word(frame)), other.subarray(word(other))));
  },
  function insertWords(frame) {
    const at = word(frame);
    const from = word(frame);
    return fit(
      join(
        frame.subarray(0, at),
        frame.subarray(from, from + 8 * (1 + pick(8))),
        frame.subarray(at),
      ),
    );
  },
  function removeWord(frame) {
    const at = word(frame);
    return fit(join(frame.subarray(0, at), frame.subarray(at + 8)));
  },
  function copyWord(frame) {
    frame.copyWithin(word(frame), word(frame), word(frame) + 8);
    return frame;
  },
  function growCount(frame) {
    const view = half(frame, word(frame) + 4);
    const low = view.getUint32(0, true) & 7;
    view.setUint32(0, ((one(EXTREMES) << 3) | low) >>> 0, true);
    return frame;
  },
  function growOffset(frame) {
    const view = half(frame, word(frame));
    const low = view.getUint32(0, true) & 3;
    view.setUint32(0, (((pick(64) - 32) << 2) | low) >>> 0, true);
    return frame;
  },
  function extreme(frame) {
    half(frame, pick(frame.length >> 2) * 4).setUint32(0, one(EXTREMES), true);
    return frame;
  },
  function farPointer(frame) {
    const at = word(frame);
    half(frame, at).setUint32(0, ((pick(64) << 3) | (pick(2) << 2) | 2) >>> 0, true);
    half(frame, at + 4).setUint32(0, pick(4), true);
    return frame;
  },
  function otherVariant(frame) {
    half(frame, 16).setUint16(0, pick(40), true);
    return frame;
  },
];

/** Makes the segment table of a one-segment frame agree with its length, so that more than the table is met. */
function fit(frame: Uint8Array): Uint8Array {
  if (frame.length >= 16) {
    half(frame, 0).setUint32(0, 0, true);
    half(frame, 4).setUint32(0, (frame.length >> 3) - 1, true);
  }
  return frame;
}

type Hint = Parameters<typeof decodeMessage>[1];

function decode(frame: Uint8Array, hint: Hint): void {
  const wire = decodeMessage(frame, hint);
  notation(wire.fields);
  toSchedulerMessage(wire);
  decodeMonitor(frame, hint);
}

/** Milliseconds, and what came of it. */
function timed(frame: Uint8Array, hint: Hint): { took: number; error: unknown } {
  const start = performance.now();
  let error: unknown;
  try {
    decode(frame, hint);
  } catch (caught) {
    error = caught;
  }
  return { took: performance.now() - start, error };
}

let values = 0;
let failures = 0;
let crashes = 0;
let swept = 0;
for (const { name, bytes, generation } of vectors)
  try {
    const { frames, acceptedCuts } = sweep(bytes, generation, MOST_PLACES);
    swept += frames;
    if (acceptedCuts.length === 0) continue;
    crashes++;
    console.error(`${name}: cut to ${acceptedCuts.join(', ')} bytes it passes for a message`);
  } catch (error) {
    crashes++;
    console.error(name, error);
  }
let slowest = 0;
for (let done = 0; done < count; done++) {
  let frame: Uint8Array = new Uint8Array(one(vectors).bytes);
  for (let steps = 1 + pick(3); steps > 0; steps--)
    if (frame.length >= 24) frame = one(mutations)(frame);
  const hint = one([undefined, ...GENERATIONS]);
  let { took, error } = timed(frame, hint);
  if (error === undefined) values++;
  else if (error instanceof ProtocolFailure) failures++;
  else {
    crashes++;
    console.error(`frame ${done} (hint ${hint}) ${Buffer.from(frame).toString('hex')}`, error);
  }
  // A pause of the machine is not the frame's: what is slow must be slow again.
  for (let again = 0; took > MOST_MS && again < 3; again++)
    took = Math.min(took, timed(frame, hint).took);
  if (took > MOST_MS)
    console.error(`frame ${done}: ${took.toFixed(0)} ms, ${Buffer.from(frame).toString('hex')}`);
  slowest = Math.max(slowest, took);
  if (done > 0 && done % 250_000 === 0) console.error(`${done} frames`);
}
const slowestMs = Number(slowest.toFixed(1));
console.log(JSON.stringify({ swept, frames: count, values, failures, crashes, slowestMs }));
process.exitCode = crashes > 0 || slowest > MOST_MS ? 1 : 0;
