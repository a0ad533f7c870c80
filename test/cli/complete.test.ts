import { expect, it } from 'vitest';
import type { CommandModule } from 'yargs';
import { suggestions } from '../../cli/complete.ts';
import { gcCommand } from '../../cli/gc.ts';
import { groupsCommand } from '../../cli/groups.ts';

const commands = {
  groups: { load: async () => groupsCommand as CommandModule },
  gc: { load: async () => gcCommand as CommandModule },
};
const after = (...words: string[]) => suggestions(words, commands);

it('the first word is a command', async () => {
  expect(await after('')).toEqual(['groups', 'gc']);
});

it('a word with a dash is a flag of the command', async () => {
  expect(await after('groups', '--s')).toEqual(['--state-dir', '--sort']);
  expect(await after('gc', '--y')).toEqual(['--yes']);
});

it('the word after a flag with choices is one of them', async () => {
  expect(await after('groups', '--sort', '')).toEqual(['age', 'state', 'tasks', 'id']);
});

it('any other word is left to the shell', async () => {
  expect(await after('groups', 'x')).toEqual([]);
  expect(await after('nothing', '--x')).toEqual([]);
  expect(await after('constructor', '--x')).toEqual([]);
});
