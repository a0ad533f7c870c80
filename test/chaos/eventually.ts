import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessHandle } from '../interop/processes.ts';

/** Looks again and again until it is so; throws when it takes too long, or when a process ends that it needs. */
export async function eventually(
  what: string,
  limitMs: number,
  look: () => boolean | Promise<boolean>,
  needed?: ProcessHandle,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await look())) {
    if (needed?.exit) throw new Error(`${needed.name} ended while waiting: ${what}`);
    if (performance.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await sleep(50);
  }
}
