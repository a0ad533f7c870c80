import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The end-to-end suite: programs as processes of their own, a daemon beside an emulator, real time. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/integration/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The tests mostly wait for other processes.
    maxWorkers: 2 * availableParallelism(),
  },
});
