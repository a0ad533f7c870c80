import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { ProtocolFailure } from '../../src/scheduler/protocol/failure.ts';
import type { Generation } from '../../src/scheduler/protocol/generations.ts';
import { decodeMonitor } from '../../src/scheduler/protocol/monitor.ts';
import { toSchedulerMessage } from '../../src/scheduler/protocol/translate.ts';

/** True for a message, false for a ProtocolFailure; anything else that a decoder throws is thrown on. */
function decodes(bytes: Uint8Array, hint: Generation | undefined): boolean {
  try {
    toSchedulerMessage(decodeMessage(bytes, hint));
    decodeMonitor(bytes, hint);
    return true;
  } catch (error) {
    if (error instanceof ProtocolFailure && !error.message.includes('\n')) return false;
    throw error;
  }
}

/** At most so many numbers below `end`, evenly spread. The step is odd: it reaches every bit of a word. */
function* spread(end: number, most: number): Generator<number> {
  const step = end <= most ? 1 : Math.ceil(end / most) | 1;
  for (let at = 0; at < end; at += step) yield at;
}

export interface SweepResult {
  frames: number;
  /** Lengths at which the frame was cut short and still taken for a message: none should be. */
  acceptedCuts: number[];
}

/** Decodes a frame cut short at up to `most` lengths, and with one wrong bit in up to `most` places. */
export function sweep(bytes: Uint8Array, generation: Generation, most: number): SweepResult {
  const result: SweepResult = { frames: 0, acceptedCuts: [] };
  for (const length of spread(bytes.length, most)) {
    result.frames++;
    if (decodes(bytes.subarray(0, length), undefined)) result.acceptedCuts.push(length);
  }
  const copy = new Uint8Array(bytes);
  for (const bit of spread(bytes.length * 8, most)) {
    const byte = bit >> 3;
    copy[byte] = (bytes[byte] as number) ^ (1 << (bit & 7));
    for (const hint of [undefined, generation, 'g4'] as const) {
      result.frames++;
      decodes(copy, hint);
    }
    copy[byte] = bytes[byte] as number;
  }
  return result;
}
