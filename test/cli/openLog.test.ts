import { expect, it } from 'vitest';
import { openLog, type Surroundings } from '../../cli/openLog.ts';
import type { Config } from '../../src/config/config.ts';

type Format = Config['logging']['format'];

const write = (format: Format, paths: string[], around: Surroundings = {}) => {
  const written: Record<string, string> = {};
  const destinations = (chosen: string[]) => ({
    write(text: string) {
      for (const path of chosen) written[path] = (written[path] ?? '') + text;
    },
  });
  const surroundings = { env: {}, isTerminal: (path: string) => path === '/dev/stdout', ...around };
  openLog({ level: 'INFO', format, paths }, destinations, surroundings).report(
    ...(['scheduler.returned', { seconds: 4 }] as const),
  );
  return Object.fromEntries(Object.entries(written).map(([path, text]) => [path, kindOf(text)]));
};

function kindOf(text: string): string {
  if (text.startsWith('{')) return 'manager' in JSON.parse(text) ? 'json of a manager' : 'json';
  return `${text.includes('\u001b') ? 'coloured ' : ''}text${text.includes('[wm]') ? ' of a manager' : ''}`;
}

const both = ['/dev/stdout', '/var/log/a.log'];

it.each([
  ['auto', { '/dev/stdout': 'coloured text', '/var/log/a.log': 'json' }],
  ['json', { '/dev/stdout': 'json', '/var/log/a.log': 'json' }],
  ['text', { '/dev/stdout': 'coloured text', '/var/log/a.log': 'text' }],
] as const)('%s writes to a terminal and to a file: %j', (format, expected) => {
  expect(write(format, both)).toEqual(expected);
});

it('writes JSON without a terminal', () => {
  expect(write('auto', both, { isTerminal: () => false })).toEqual({
    ...{ '/dev/stdout': 'json', '/var/log/a.log': 'json' },
  });
});

it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('writes no colours with %j', (env) => {
  expect(write('auto', ['/dev/stdout'], { env })).toEqual({ '/dev/stdout': 'text' });
});

it('names the manager where several run', () => {
  expect(write('auto', both, { manager: 'wm' })).toEqual({
    ...{ '/dev/stdout': 'coloured text of a manager', '/var/log/a.log': 'json of a manager' },
  });
});

it('writes nothing without a destination', () => {
  expect(write('auto', [])).toEqual({});
});
