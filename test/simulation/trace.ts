import { createHash } from 'node:crypto';

/** All that happens, a line each: hashed, and kept where `lines` are given. */
export function createTrace(elapsedMs: () => number, lines: string[] | null) {
  const hash = createHash('sha256');
  return {
    note(words: () => string): void {
      const line = `${(elapsedMs() / 1000).toFixed(3)} ${words()}`;
      hash.update(line).update('\n');
      lines?.push(line);
    },
    /** Of all lines; nothing is noted after that. */
    hash: (): string => hash.digest('hex'),
  };
}
