import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gallery } from './gallery.ts';

const folder = new URL('../../diagrams/', import.meta.url);
const files = gallery();
const found = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);
const stale = [...new Set([...files.keys(), ...found.keys()])].filter(
  (name) => files.get(name) !== found.get(name),
);

if (process.argv.includes('--check')) {
  for (const name of stale) process.stderr.write(`diagrams/${name} is not what the machines say\n`);
  if (stale.length > 0) process.stderr.write('npm run diagrams draws them again\n');
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const name of stale) {
    const text = files.get(name);
    if (text === undefined) rmSync(new URL(name, folder));
    else writeFileSync(new URL(name, folder), text);
  }
  process.stdout.write(`${stale.length} of ${files.size} files in diagrams/ rewritten\n`);
}
