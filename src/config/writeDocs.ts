import { readFileSync, writeFileSync } from 'node:fs';
import { withReadmeBlock } from '../shared/readmeBlock.ts';
import { eventsTable } from '../telemetry/eventsTable.ts';
import { markdownTable } from './docs.ts';

// Writes the table of settings into the README: `npm run docs`.
const readme = new URL('../../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
const withSettings = withReadmeBlock(text, 'config', markdownTable());
const updated = withReadmeBlock(withSettings, 'events', eventsTable());
if (updated !== text) writeFileSync(readme, updated);
