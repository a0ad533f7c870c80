/**
 * Messages between the demo's scheduler and its workers, in place of Scaler's task messages, which need Python. JSON,
 * padded with blanks to a multiple of 8 bytes, as every message of Scaler is.
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

/** Whether a payload is JSON. Scaler's Cap'n Proto messages start with their number of segments minus one, which is never 123 ('{'). */
export const isWorkerMessage = (payload: Uint8Array): boolean => payload[0] === openingBrace;
