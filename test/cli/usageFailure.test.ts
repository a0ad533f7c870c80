import { expect, it } from 'vitest';
import { type Called, usageFailure } from '../../cli/usageFailure.ts';

const status: Called = {
  args: ['status', 'extra'],
  command: 'status',
  usage: 'status',
  flags: ['json', 'watch', 'worker-manager-id'],
};

it.each<[string, Partial<Called>, string]>([
  ['Unknown argument: extra', {}, 'unexpected argument "extra"; see scaler-ecs status --help'],
  [
    'Unknown argument: jsn',
    { args: ['status', '--jsn'] },
    'unknown flag --jsn; did you mean --json?',
  ],
  [
    'Unknown arguments: worker-manager, workerManager',
    { args: ['status', '--worker-manager', 'x'] },
    '--worker-manager: flags cannot be abbreviated; write --worker-manager-id',
  ],
  [
    'Unknown argument: verson',
    { args: ['--verson'], command: '', usage: '', flags: ['help', 'version'] },
    'unknown flag --verson; did you mean --version?',
  ],
  [
    'Not enough non-option arguments: got 0, need at least 1',
    { command: 'explain', usage: 'explain <id>' },
    'explain needs an id; see scaler-ecs explain --help',
  ],
  [
    'Not enough non-option arguments: got 0, need at least 1',
    { command: 'wire decode', usage: 'decode <files..>' },
    'wire decode needs a file; see scaler-ecs wire decode --help',
  ],
  [
    'Invalid values:\n  Argument: sort, Given: "size", Choices: "age", "state", "tasks", "id"',
    { args: ['groups', '--sort', 'size'], command: 'groups', usage: 'groups [id]' },
    '--sort must be one of age, state, tasks, id, got "size"',
  ],
  [
    'Invalid values:\n  Argument: shell, Given: "fish", Choices: "bash", "zsh"',
    { command: 'completion', usage: 'completion [shell]' },
    'shell must be one of bash, zsh, got "fish"',
  ],
  ['Not enough arguments following: watch', {}, '--watch: needs a value'],
  ['Anything else\nin two lines', {}, 'Anything else'],
])('makes one line of %j', (message, called, text) => {
  expect(usageFailure(message, { ...status, ...called }).message).toBe(text);
});
