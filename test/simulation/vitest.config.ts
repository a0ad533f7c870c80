import { defineConfig } from 'vitest/config';

/** Tests of the simulation, and faults found by it, played again: each plays minutes to hours of virtual time. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/simulation/**/*.test.ts'],
    testTimeout: 180_000,
    // Vitest would leave one core idle.
    maxWorkers: '100%',
    pool: 'forks',
    // Their imports cost more than most of the files.
    isolate: false,
  },
});
