import { describe, expect, it } from 'vitest';
import { run } from './loaded.ts';

const about = 'other users of this machine can read a secret on the command line; use ';

describe('a secret on the command line', () => {
  it.each<[flags: string[], expected: string[]]>([
    [
      ['--aws-access-key-id', 'AKIAPLANTED', '--aws-secret-access-key', 'PLANTED'],
      [`--aws-secret-access-key: ${about}AWS_SECRET_ACCESS_KEY, or`],
    ],
    [
      [
        ...['--aws-access-key-id', 'AKIAPLANTED', '--aws-secret-access-key', 'PLANTED'],
        ...['--aws-session-token', 'PLANTED'],
      ],
      [
        `--aws-secret-access-key: ${about}AWS_SECRET_ACCESS_KEY, or`,
        `--aws-session-token: ${about}AWS_SESSION_TOKEN, or`,
      ],
    ],
    [
      ['--ecs-python-requirements', 'a;--index-url https://me:PLANTED@pypi.example'],
      [`--ecs-python-requirements: ${about}SCALER_ECS_PYTHON_REQUIREMENTS, or`],
    ],
    [['--ecs-python-requirements', 'a;--index-url https://pypi.example'], []],
    [['--aws-region', 'eu-west-1'], []],
  ])('draws the warnings of its flags, which do not quote it: %j', (flags, expected) => {
    const { warnings } = run({ flags });
    const seen = warnings.filter((line) => line.includes('command line'));
    expect(seen).toEqual(expected.map((words) => expect.stringContaining(words)));
    expect(warnings.join()).not.toContain('PLANTED');
  });

  it('draws no warning when it comes from the environment', () => {
    const env = { SCALER_ECS_PYTHON_REQUIREMENTS: 'a;--index-url https://me:PLANTED@pypi.example' };
    expect(run({ env }).warnings.join()).not.toContain('command line');
  });
});
