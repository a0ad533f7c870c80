import { defineConfig } from 'vitest/config';

/** The unit suite: Node alone, no process but its own, no network beyond loopback. The slow suites have their own scripts. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/integration/**', 'test/browser/**'],
    testTimeout: 60_000,
    // Vitest would leave one core idle.
    maxWorkers: '100%',
  },
});
