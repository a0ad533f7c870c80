import type { Generation } from '../../machines/scheduler/messages.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { decodeMonitor } from '../../src/scheduler/protocol/monitor.ts';
import { ProtocolFailure } from '../../src/scheduler/protocol/protocolFailure.ts';
import { toSchedulerMessage } from '../../src/scheduler/protocol/translate.ts';

/** Whether the bytes decode to a message: false for a ProtocolFailure with a one-line message. Rethrows every other error. */
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

/** At most `limit` evenly spaced numbers from 0 to below `end`. The step is 1 or odd, so that it reaches every bit position of a word. */
function* spread(end: number, limit: number): Generator<number> {
  const step = end <= limit ? 1 : Math.ceil(end / limit) | 1;
  for (let at = 0; at < end; at += step) yield at;
}

export interface SweepResult {
  /** Number of decoded frames. */
  frames: number;
  /** Lengths at which the truncated frame decoded to a message; expected to be empty. */
  acceptedCuts: number[];
}

/** Decodes a frame truncated at up to `limit` lengths, and with a single inverted bit at up to `limit` positions. Throws what a decoder throws beside ProtocolFailure. */
export function sweep(bytes: Uint8Array, generation: Generation, limit: number): SweepResult {
  const result: SweepResult = { frames: 0, acceptedCuts: [] };
  for (const length of spread(bytes.length, limit)) {
    result.frames++;
    if (decodes(bytes.subarray(0, length), undefined)) result.acceptedCuts.push(length);
  }
  const copy = new Uint8Array(bytes);
  for (const bit of spread(bytes.length * 8, limit)) {
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
