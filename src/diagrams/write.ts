import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { withReadmeBlock } from '../shared/readmeBlock.ts';
import { gallery } from './gallery.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const drawings = await gallery();
const wanted = new Map([...drawings].map(([name, text]) => [`diagrams/${name}`, text]));
const pictures = `![The actors, and which starts which](diagrams/actors.svg)\n\n![States of a group](diagrams/workerGroup.svg)\n`;
wanted.set('README.md', withReadmeBlock(read('README.md'), 'workerGroup', pictures));

const found = new Map(
  ['README.md', ...readdirSync(new URL('diagrams/', root)).map((name) => `diagrams/${name}`)].map(
    (path) => [path, read(path)],
  ),
);
const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter(
  (path) => wanted.get(path) !== found.get(path),
);

if (process.argv.includes('--check')) {
  for (const path of stale) process.stderr.write(`${path} is not what the machines say\n`);
  if (stale.length > 0) process.stderr.write('npm run diagrams draws them again\n');
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const path of stale) {
    const text = wanted.get(path);
    if (text === undefined) rmSync(new URL(path, root));
    else writeFileSync(new URL(path, root), text);
  }
  process.stdout.write(`${stale.length} of ${wanted.size} files rewritten\n`);
}
