import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gallery } from '../src/diagrams/gallery.ts';

const folder = new URL('../diagrams/', import.meta.url);
const files = gallery();

it('draws what the machines say (npm run diagrams writes the drawings again)', () => {
  const found = readdirSync(folder).map((name) => [
    name,
    readFileSync(new URL(name, folder), 'utf8'),
  ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(files));
});

it('uses words that people know', () => {
  for (const text of files.values())
    expect(text).not.toMatch(/\[object|undefined|xstate\.|=>|an action|a condition|set context/);
});

it('shows every drawing on the page', () => {
  const page = files.get('README.md');
  for (const [name, text] of files) if (name.endsWith('.mmd')) expect(page).toContain(text);
});
