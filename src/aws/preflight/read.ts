import { setMaxListeners } from 'node:events';
import { classifyError } from '../errors.ts';
import type { Read } from './awsFacts.ts';

/** How long one read may take. Three reads follow one another at most, so that all end within 10 s. */
const readTimeoutMs = 2_500;
/** For a read that follows or precedes one other read at most. */
export const longReadTimeoutMs = 4_500;

/** Runs one look at AWS. Never rejects. */
export async function read<Value>(
  operation: string,
  look: (signal: AbortSignal) => Promise<Value>,
  timeoutMs = readTimeoutMs,
): Promise<Read<Value>> {
  const signal = AbortSignal.timeout(timeoutMs);
  // Several requests of one look share the signal.
  setMaxListeners(0, signal);
  const expired = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    return { ok: true, value: await Promise.race([look(signal), expired]) };
  } catch (thrown) {
    if (signal.aborted) return { ok: false, kind: 'timeout', code: 'timeout', message: operation };
    const { kind, code, message } = classifyError(operation, thrown);
    return { ok: false, kind, code, message };
  }
}
