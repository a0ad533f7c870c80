import { readFileSync, writeFileSync } from 'node:fs';
import { withReadmeBlock } from '../shared/readmeBlock.ts';
import { markdownTable } from './docs.ts';

const readme = new URL('../../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
const fresh = withReadmeBlock(text, 'config', markdownTable());
if (fresh !== text) writeFileSync(readme, fresh);
