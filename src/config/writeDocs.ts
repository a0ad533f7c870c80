import { readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from './docs.ts';

const readme = new URL('../../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
const fresh = text.replace(
  /<!-- config -->[\s\S]*?<!-- \/config -->/,
  () => `<!-- config -->\n${markdownTable().trim()}\n<!-- /config -->`,
);
if (fresh !== text) writeFileSync(readme, fresh);
