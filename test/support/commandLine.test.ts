import { afterEach, expect, it, vi } from 'vitest';
import { readOptions } from './commandLine.ts';

afterEach(() => void vi.restoreAllMocks());

const options = { options: { seeds: { type: 'string', default: '500' } } } as const;

/** What is printed, with the exit status. */
function ended(argv: string[]): unknown[] {
  const printed: unknown[] = [];
  vi.spyOn(process, 'exit').mockImplementation((status) => {
    throw status;
  });
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(line));
  try {
    readOptions('usage: play', options, argv);
  } catch (status) {
    return [status, ...printed];
  }
  return printed;
}

it('reads options, and leaves those that are not given at what is usual', () => {
  expect(readOptions('', options, []).values.seeds).toBe('500');
  expect(readOptions('', options, ['--seeds', '7']).values.seeds).toBe('7');
});

it('prints the usage for --help', () => {
  expect(ended(['--help', '--wrong'])).toEqual([0, 'usage: play']);
});

it.each([
  ['an unknown option', ['--wrong'], "Unknown option '--wrong'; usage: play"],
  [
    'a value that is missing',
    ['--seeds'],
    "Option '--seeds <value>' argument missing; usage: play",
  ],
  ['an argument too many', ['x'], /^Unexpected argument 'x'.*; usage: play$/],
])('refuses %s in one line, with status 2', (_, argv, line) => {
  expect(ended(argv)).toEqual([2, typeof line === 'string' ? line : expect.stringMatching(line)]);
});
