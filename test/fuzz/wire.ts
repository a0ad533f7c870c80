import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { GENERATIONS } from '../../src/scheduler/protocol/generations.ts';
import { decodeMonitor } from '../../src/scheduler/protocol/monitor.ts';
import { notation } from '../../src/scheduler/protocol/notation.ts';
import { ProtocolFailure } from '../../src/scheduler/protocol/protocolFailure.ts';
import { toSchedulerMessage } from '../../src/scheduler/protocol/translate.ts';
import { vectors } from '../src/scheduler/protocol/vectors.ts';
import { readOptions } from '../support/commandLine.ts';
import { sweep } from './sweep.ts';

/**
 * Decodes each vector truncated at every length and with every single bit inverted, then mutated frames of all vectors:
 * `tsx test/fuzz/wire.ts --count 100000 --seed 1`. The same seed gives the same frames. Exit status 1 if decoding a frame
 * throws anything but a ProtocolFailure, if a truncated frame decodes to a message, or if a frame takes longer than 100 ms.
 */

const MAX_FRAME_MS = 100;
/** Maximum number of lengths and of bits to try per vector; longer vectors are sampled. */
const MAX_PLACES = 4096;

const { values: options } = readOptions('usage: npm run fuzz:wire -- [--count N] [--seed N]', {
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const count = Number(options.count);
let state = Number(options.seed) >>> 0;

/** An integer from 0 to `below` - 1 (mulberry32). */
function randomBelow(below: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

const randomElement = <T>(from: readonly T[]): T => from[randomBelow(from.length)] as T;
const randomWordOffset = (frame: Uint8Array) => randomBelow(Math.max(1, frame.length >> 3)) * 8;
const uint32View = (frame: Uint8Array, at: number) =>
  new DataView(frame.buffer, frame.byteOffset + Math.min(at, frame.length - 4), 4);

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const EXTREMES = [
  0, 1, 2, 7, 0x7f, 0xff, 0xffff, 0x10000, 0x1fffffff, 0x7fffffff, 0x80000000, 0xffffffff,
];

const mutations: ((frame: Uint8Array) => Uint8Array)[] = [
  function flip(frame) {
    const at = randomBelow(frame.length);
    frame[at] = (frame[at] as number) ^ (1 << randomBelow(8));
    return frame;
  },
  function truncate(frame) {
    return frame.slice(0, Math.max(4, randomBelow(frame.length)));
  },
  function truncateWhole(frame) {
    return fixSegmentTable(frame.slice(0, Math.max(16, randomWordOffset(frame))));
  },
  function splice(frame) {
    const other = randomElement(vectors).bytes;
    return fixSegmentTable(
      join(frame.subarray(0, randomWordOffset(frame)), other.subarray(randomWordOffset(other))),
    );
  },
  function insertWords(frame) {
    const at = randomWordOffset(frame);
    const from = randomWordOffset(frame);
    return fixSegmentTable(
      join(
        frame.subarray(0, at),
        frame.subarray(from, from + 8 * (1 + randomBelow(8))),
        frame.subarray(at),
      ),
    );
  },
  function removeWord(frame) {
    const at = randomWordOffset(frame);
    return fixSegmentTable(join(frame.subarray(0, at), frame.subarray(at + 8)));
  },
  function copyWord(frame) {
    frame.copyWithin(randomWordOffset(frame), randomWordOffset(frame), randomWordOffset(frame) + 8);
    return frame;
  },
  function growCount(frame) {
    const view = uint32View(frame, randomWordOffset(frame) + 4);
    const low = view.getUint32(0, true) & 7;
    view.setUint32(0, ((randomElement(EXTREMES) << 3) | low) >>> 0, true);
    return frame;
  },
  function growOffset(frame) {
    const view = uint32View(frame, randomWordOffset(frame));
    const low = view.getUint32(0, true) & 3;
    view.setUint32(0, (((randomBelow(64) - 32) << 2) | low) >>> 0, true);
    return frame;
  },
  function extreme(frame) {
    uint32View(frame, randomBelow(frame.length >> 2) * 4).setUint32(
      0,
      randomElement(EXTREMES),
      true,
    );
    return frame;
  },
  function farPointer(frame) {
    const at = randomWordOffset(frame);
    uint32View(frame, at).setUint32(
      0,
      ((randomBelow(64) << 3) | (randomBelow(2) << 2) | 2) >>> 0,
      true,
    );
    uint32View(frame, at + 4).setUint32(0, randomBelow(4), true);
    return frame;
  },
  function otherVariant(frame) {
    uint32View(frame, 16).setUint16(0, randomBelow(40), true);
    return frame;
  },
];

/** Makes the segment table match the length of a one-segment frame, so that the decoder gets beyond the table. */
function fixSegmentTable(frame: Uint8Array): Uint8Array {
  if (frame.length >= 16) {
    uint32View(frame, 0).setUint32(0, 0, true);
    uint32View(frame, 4).setUint32(0, (frame.length >> 3) - 1, true);
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

/** Decodes a frame; returns the duration in ms and the thrown error. */
function timedDecode(frame: Uint8Array, hint: Hint): { took: number; error: unknown } {
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
    const { frames, acceptedCuts } = sweep(bytes, generation, MAX_PLACES);
    swept += frames;
    if (acceptedCuts.length === 0) continue;
    crashes++;
    console.error(`${name}: cut to ${acceptedCuts.join(', ')} bytes it decodes to a message`);
  } catch (error) {
    crashes++;
    console.error(name, error);
  }
let slowest = 0;
for (let done = 0; done < count; done++) {
  let frame: Uint8Array = new Uint8Array(randomElement(vectors).bytes);
  for (let steps = 1 + randomBelow(3); steps > 0; steps--)
    if (frame.length >= 24) frame = randomElement(mutations)(frame);
  const hint = randomElement([undefined, ...GENERATIONS]);
  let { took, error } = timedDecode(frame, hint);
  if (error === undefined) values++;
  else if (error instanceof ProtocolFailure) failures++;
  else {
    crashes++;
    console.error(`frame ${done} (hint ${hint}) ${Buffer.from(frame).toString('hex')}`, error);
  }
  // A slow frame is decoded again: only a frame that is slow each time counts, not a pause of the machine.
  for (let again = 0; took > MAX_FRAME_MS && again < 3; again++)
    took = Math.min(took, timedDecode(frame, hint).took);
  if (took > MAX_FRAME_MS)
    console.error(`frame ${done}: ${took.toFixed(0)} ms, ${Buffer.from(frame).toString('hex')}`);
  slowest = Math.max(slowest, took);
  if (done > 0 && done % 250_000 === 0) console.error(`${done} frames`);
}
const slowestMs = Number(slowest.toFixed(1));
console.log(JSON.stringify({ swept, frames: count, values, failures, crashes, slowestMs }));
process.exitCode = crashes > 0 || slowest > MAX_FRAME_MS ? 1 : 0;
