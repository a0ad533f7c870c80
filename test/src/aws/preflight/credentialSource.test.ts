import { expect, it } from 'vitest';
import { credentialsOf } from '../../../../src/aws/preflight/credentialSource.ts';

it.each([
  [['CREDENTIALS_ENV_VARS'], {}, undefined, 'AWS_ACCESS_KEY_ID in the environment', false],
  [['CREDENTIALS_PROFILE'], { AWS_PROFILE: 'lab' }, undefined, 'the keys of profile lab', false],
  [['CREDENTIALS_PROFILE'], {}, undefined, 'the keys of profile default', false],
  [
    ['CREDENTIALS_PROFILE', 'CREDENTIALS_PROFILE_SSO', 'CREDENTIALS_SSO'],
    { AWS_PROFILE: 'lab' },
    'token',
    'the SSO session of profile lab',
    true,
  ],
  [['CREDENTIALS_HTTP'], {}, 'token', 'the container that this runs in', true],
  [['CREDENTIALS_NEW'], {}, 'token', "the AWS SDK's provider chain", true],
])('credentials marked %j come from a source in words', (marks, env, token, source, renewed) => {
  const $source = Object.fromEntries(marks.map((mark) => [mark, 'x']));
  expect(credentialsOf({ $source, sessionToken: token }, { explicitKeys: false }, env)).toEqual({
    source,
    temporary: token !== undefined,
    renewed,
  });
});

it('credentials of the settings are not renewed', () => {
  expect(credentialsOf({ sessionToken: 't' }, { explicitKeys: true }, {})).toEqual({
    source: 'the settings',
    temporary: true,
    renewed: false,
  });
});
