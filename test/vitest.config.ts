import { defineConfig } from 'vitest/config';

/** The unit suite: Node alone, no network beyond loopback, no Python. The slow suites have their own scripts. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/conformance/**', 'test/interop/**', 'test/scale/**'],
    testTimeout: 15_000,
  },
});
