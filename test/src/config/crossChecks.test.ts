import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { needed } from './loaded.ts';

describe('the warning about a region that is not read', () => {
  const files: Record<string, string> = {
    '/home/u/.aws/config': '[default]\nregion = eu-west-2\n[profile work]\nregion=eu-west-3\n',
    '/elsewhere/config': '[default]\nregion = us-east-1\n',
  };
  const warningsOf = (env: Record<string, string>, ...flags: string[]) => {
    const warnings: string[] = [];
    loadConfig({
      argv: ['run', ...needed, ...flags],
      env: { HOME: '/home/u', ...env },
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw new Error('ENOENT');
        return text;
      },
      warn: (line) => warnings.push(line),
    });
    return warnings;
  };

  it.each([
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-4' }, 'AWS_REGION names eu-west-1'],
    [{ AWS_DEFAULT_REGION: 'eu-west-4' }, 'AWS_DEFAULT_REGION names eu-west-4'],
    [{}, 'the AWS profile "default" names eu-west-2'],
    [{ AWS_PROFILE: 'work' }, 'the AWS profile "work" names eu-west-3'],
  ])('names the source that other programs would use: %j', (env, words) => {
    const warnings = warningsOf(env);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('us-east-1 by default');
    expect(warnings[0]).toContain(words);
    expect(warningsOf(env, '--aws-region', 'us-east-1')).toEqual([]);
  });

  it.each<Record<string, string>>([
    { AWS_REGION: 'us-east-1' },
    { AWS_PROFILE: 'absent' },
    { AWS_CONFIG_FILE: '/elsewhere/config' },
    { AWS_CONFIG_FILE: '/nowhere' },
  ])('says nothing with %j', (env) => {
    expect(warningsOf(env)).toEqual([]);
  });
});
