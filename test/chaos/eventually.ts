import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessHandle } from '../interop/processes.ts';

/** Polls until `probe` returns true. Throws after `limitMs`, or when the required process exits. */
export async function eventually(
  what: string,
  limitMs: number,
  probe: () => boolean | Promise<boolean>,
  requiredProcess?: ProcessHandle,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await probe())) {
    if (requiredProcess?.exit)
      throw new Error(`${requiredProcess.name} ended while waiting: ${what}`);
    if (performance.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await sleep(50);
  }
}
