import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gallery } from '../src/diagrams/gallery.ts';

const folder = new URL('../diagrams/', import.meta.url);
const files = gallery();

it('the committed diagrams are what npm run diagrams writes', () => {
  const found = readdirSync(folder).map((name) => [
    name,
    readFileSync(new URL(name, folder), 'utf8'),
  ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(files));
});

it('the diagrams hold no internal names of XState and no unnamed action or guard', () => {
  for (const text of files.values())
    expect(text).not.toMatch(/\[object|undefined|xstate\.|=>|an action|a condition|set context/);
});

it('the page of diagrams shows every diagram', () => {
  const page = files.get('README.md');
  for (const [name, text] of files) if (name.endsWith('.mmd')) expect(page).toContain(text);
});
