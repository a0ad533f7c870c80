// Makes files of their own of what `scaler-ecs run` loads: Node.js reads a few large files much faster than many small
// ones. dist/cli/start.cjs uses them where they are; everything else runs from the modules in dist.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = 'dist/cli/bundle';
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: ['dist/cli/runOnly.js'],
  bundle: true,
  // What is loaded when it is used stays so.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Of the modules of a package, rather than its one CommonJS file, only what is used comes along.
  mainFields: ['module', 'main'],
  outdir,
  // A native library, and what only some settings need.
  external: ['zeromq', '@statelyai/inspect', 'prom-client'],
  minifyWhitespace: true,
  minifySyntax: true,
  // For libraries that are CommonJS.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});
