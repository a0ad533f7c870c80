/** Writes the sizes of the package that is built, and of what it installs, into the README. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withReadmeBlock } from '../../src/shared/readmeBlock.ts';
import { measureSizes, sizesTable } from './sizes.ts';

const readme = new URL('../../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
writeFileSync(readme, withReadmeBlock(text, 'sizes', sizesTable(measureSizes())));
