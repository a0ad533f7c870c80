import { defineConfig } from 'vitest/config';

/** The tests that must notice a mutant of one machine; named by who started this. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]') as string[],
    testTimeout: 15_000,
    // Then every mutant lives, and is counted.
    passWithNoTests: true,
    bail: 1,
    reporters: 'dot',
  },
});
