import { defineConfig } from 'vitest/config';

/** The inspector's page in real headless Chromium, by clicks. Skipped where there is no Chromium; CI has one. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A browser for each file is enough for two cores.
    maxWorkers: 2,
  },
});
