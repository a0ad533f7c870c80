import { defineConfig } from 'vitest/config';

/** Runs the test files in MUTATION_TESTS, a JSON list set by main.ts. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]') as string[],
    testTimeout: 60_000,
    runner: new URL('walksLast.ts', import.meta.url).pathname,
    // Without tests, every mutant survives and is counted.
    passWithNoTests: true,
    bail: 1,
    pool: 'threads',
    reporters: [{}],
  },
});
