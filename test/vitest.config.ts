import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;
const others = ['test/integration/**', 'test/browser/**', 'test/simulation/**'];

/** They replace a module of Node, which a file that was run before in the same process has loaded. */
const replacesModules = ['machines', 'src', 'cli'].flatMap((room) =>
  readdirSync(join(root, 'test', room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${room}/${name}`)
    .filter((path) => readFileSync(join(root, path), 'utf8').includes('vi.mock(')),
);

/** The unit suite: Node alone, no process but its own, no network beyond loopback. The slow suites have their own scripts. */
export default defineConfig({
  test: {
    root,
    testTimeout: 180_000,
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
