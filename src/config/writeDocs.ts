import { readFileSync, writeFileSync } from 'node:fs';
import { withReadmeBlock } from '../shared/readmeBlock.ts';
import { eventsTable, troubleshootingTable } from '../telemetry/eventsTable.ts';
import { markdownTable } from './docs.ts';

// Writes the tables of settings, events and troubleshooting into the README: `npm run docs`.
const readme = new URL('../../README.md', import.meta.url);
const text = readFileSync(readme, 'utf8');
const withSettings = withReadmeBlock(text, 'config', markdownTable());
const withEvents = withReadmeBlock(withSettings, 'events', eventsTable());
const updated = withReadmeBlock(withEvents, 'troubleshooting', troubleshootingTable());
if (updated !== text) writeFileSync(readme, updated);
