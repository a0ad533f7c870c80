import { setMaxListeners } from 'node:events';
import { classifyError } from '../errors.ts';
import type { Read } from './facts.ts';

/** Each read may take this long; reads that follow one another are three at most, so that all end within 10 s. */
const readTimeoutMs = 2_500;

/** Runs one look at AWS. Never rejects. */
export async function read<Value>(
  operation: string,
  look: (signal: AbortSignal) => Promise<Value>,
): Promise<Read<Value>> {
  const signal = AbortSignal.timeout(readTimeoutMs);
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
