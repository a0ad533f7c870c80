import { expect, it } from 'vitest';
import { credentialsOf } from '../../../../src/aws/preflight/credentialSource.ts';

it.each([
  ['the environment (AWS_ACCESS_KEY_ID)', 'token', true, false],
  ['the settings (aws_access_key_id)', undefined, false, false],
  ['the SSO session of profile "lab"', 'token', true, true],
  ['the instance metadata service', 'token', true, true],
])(
  'credentials of %s with session token %s: temporary %s, renewed %s',
  (source, token, temporary, renewed) => {
    expect(credentialsOf({ sessionToken: token }, source)).toEqual({ source, temporary, renewed });
  },
);
