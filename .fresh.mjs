// Builds dist if a source file is younger than it: a demo or a bench that is run again starts at once.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Written last by the build. */
const built = 'dist/cli/bundle/runOnly.js';
const sources = ['machines', 'src', 'cli', 'package.json', '.tsconfig.build.json', '.bundle.mjs'];

function youngest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => youngest(join(path, name))));
}

const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (Math.max(...sources.map(youngest)) > builtAt) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
