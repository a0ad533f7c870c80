/**
 * What the demo's scheduler and its workers say to each other, in place of Scaler's task messages, which would
 * need Python. JSON, filled up with blanks to the whole 8-byte words that every message on this wire has.
 */
export type ToWorker = { type: 'task'; task: number; number: number; sleepMs: number };
export type FromWorker =
  | { type: 'join'; managerId: string }
  | { type: 'result'; task: number; square: number };

const wordBytes = 8;
const openingBrace = '{'.charCodeAt(0);

export function encodeWorkerMessage(message: ToWorker | FromWorker): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(message));
  const padded = Buffer.alloc(Math.ceil(bytes.length / wordBytes) * wordBytes, ' ');
  bytes.copy(padded);
  return padded;
}

export const decodeWorkerMessage = (payload: Uint8Array): ToWorker | FromWorker =>
  JSON.parse(Buffer.from(payload).toString());

/** A message of Scaler's begins with its number of segments, never as many as this byte would mean. */
export const isWorkerMessage = (payload: Uint8Array): boolean => payload[0] === openingBrace;
