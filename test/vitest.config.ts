import { defineConfig } from 'vitest/config';

/** They replace a module of Node, which a file that was run before in the same process has loaded. */
const replacesModules = ['test/src/store/identity.test.ts'];
const others = ['test/integration/**', 'test/browser/**'];

/** The unit suite: Node alone, no process but its own, no network beyond loopback. The slow suites have their own scripts. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    testTimeout: 60_000,
    // Vitest would leave one core idle.
    maxWorkers: '100%',
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: [...others, ...replacesModules],
          // One process per core for all files: its start and imports cost more than most of the files.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: replacesModules } },
    ],
  },
});
