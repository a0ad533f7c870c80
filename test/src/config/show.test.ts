import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load.ts';
import { showSettings } from '../../../src/config/show.ts';
import { needed } from './loaded.ts';

const secrets = ['--aws-access-key-id', 'PLANTED1', '--aws-secret-access-key', 'PLANTED2'];
const flags = [
  ...['--aws-session-token', 'PLANTED3', '-mtc', '7', '-pwc', 'gpu=2,linux', '-lp', 'a', 'b'],
  ...['--ecs-python-requirements', 'x @ git+https://u:PLANTED4@host/x\ny'],
];

describe('showSettings', () => {
  it('shows no secret', () => {
    const loaded = loadSettings({ argv: ['run', ...needed, ...secrets, ...flags], env: {} });
    const text = showSettings(loaded);
    expect(text).not.toContain('PLANTED');
    expect(text).toContain('max_task_concurrency = 7 # flag');
  });

  it('returns a file that gives the same settings again', () => {
    const before = loadSettings({
      argv: ['run', ...needed, '-mtc', '7', '-pwc', 'gpu=2'],
      env: {},
    });
    const warnings: string[] = [];
    const after = loadSettings({
      argv: ['shown.toml'],
      env: {},
      readFile: () => showSettings(before),
      warn: (line) => warnings.push(line),
    });
    expect(after.map(({ config }) => config)).toEqual(before.map(({ config }) => config));
    expect(warnings).toEqual([]);
  });
});
