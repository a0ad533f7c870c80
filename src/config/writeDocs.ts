import { readFileSync, writeFileSync } from 'node:fs';
import { withReadmeBlock } from '../shared/readmeBlock.ts';
import { eventsTable } from '../telemetry/eventsTable.ts';
import { markdownTable } from './docs.ts';

const readme = new URL('../../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
const withSettings = withReadmeBlock(text, 'config', markdownTable());
const fresh = withReadmeBlock(withSettings, 'events', eventsTable());
if (fresh !== text) writeFileSync(readme, fresh);
