import { describe, expect, it } from 'vitest';
import { partArguments } from '../../cli/ownFlags.ts';

const own = { json: 'switch', part: 'value' } as const;

describe('the arguments of a command', () => {
  it.each([
    [['c.toml'], {}, ['c.toml']],
    [['c.toml', '--json'], { json: true }, ['c.toml']],
    [['tcp://h:1', '-wmi', 'x'], {}, ['run', 'tcp://h:1', '-wmi', 'x']],
    [['--part', 'doctor', 'c.toml'], { part: 'doctor' }, ['c.toml']],
    [['--part=doctor', '--config', 'c.toml'], { part: 'doctor' }, ['run', '--config', 'c.toml']],
    [['--jsonx'], {}, ['run', '--jsonx']],
  ])('%j are parted', (words, given, argv) => {
    expect(partArguments(words, own)).toEqual({ given, argv });
  });

  it.each([[['--part']], [['--part=']], [['--json=yes']]])('%j are refused', (words) => {
    expect(() => partArguments(words, own)).toThrow(/^--(part|json)/);
  });
});
