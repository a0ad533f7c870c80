import { describe, expect, it } from 'vitest';
import { readAwsProfile } from '../../../src/config/awsProfile.ts';

const config = `# a comment
[default]
region = eu-west-1
s3 =
  region = nested
output=json ; a comment
[profile "two words"]
region = eu-west-2
[profile a.b]
region = eu-west-3
[profile axb]
region = eu-west-4
[profile emulated]
endpoint_url = http://127.0.0.1:1
[profile both]
services = local
endpoint_url = http://127.0.0.1:1
[services local]
s3 =
  endpoint_url = http://127.0.0.1:2
ecs =
  endpoint_url = http://127.0.0.1:3
region = eu-west-6
[profile gone]
services = none
endpoint_url = http://127.0.0.1:4
[profile indented]
  region = eu-west-7
  endpoint_url = http://127.0.0.1:5
[profile twice]
endpoint_url = http://127.0.0.1:6
ignore_configured_endpoint_urls = true
[work]
region = not-a-profile
[sso-session work]
region = not-a-profile
`;
const files: Record<string, string> = {
  '/home/u/.aws/config': config,
  '/home/u/.aws/credentials':
    '[a.b]\r\naws_access_key_id = K\r\n[work]\nregion = eu-west-5\n[twice]\nendpoint_url = http://127.0.0.1:7\n',
};
const read = (env: Record<string, string>) =>
  readAwsProfile(
    env,
    () => '/home/u',
    (path) => {
      const text = files[path];
      if (text === undefined) throw new Error('ENOENT');
      return text;
    },
  );

describe('readAwsProfile', () => {
  it.each([
    [undefined, { region: 'eu-west-1', 's3.region': 'nested', output: 'json' }],
    ['two words', { region: 'eu-west-2' }],
    ['a.b', { region: 'eu-west-3', aws_access_key_id: 'K' }],
    ['work', { region: 'eu-west-5' }],
    ['absent', {}],
  ])('reads profile %s from both files', (name, values) => {
    expect(read(name === undefined ? {} : { AWS_PROFILE: name })).toEqual({
      name: name ?? 'default',
      ...{ endpoints: { ecs: null, sts: null }, ignoresEndpoints: undefined },
      values,
    });
  });

  it.each([
    ['axb', null, null],
    ['emulated', 'http://127.0.0.1:1', 'http://127.0.0.1:1'],
    ['both', 'http://127.0.0.1:3', 'http://127.0.0.1:1'],
    ['gone', null, null],
    ['indented', 'http://127.0.0.1:5', 'http://127.0.0.1:5'],
    // The file `config` counts first for that.
    ['twice', 'http://127.0.0.1:6', 'http://127.0.0.1:6'],
  ])('finds the endpoints of profile %s, those of its services first', (name, ecs, sts) => {
    expect(read({ AWS_PROFILE: name }).endpoints).toEqual({ ecs, sts });
  });

  it('finds whether endpoints are to be ignored', () => {
    expect(read({ AWS_PROFILE: 'twice' }).ignoresEndpoints).toBe('true');
  });

  it('counts files that cannot be read as empty', () => {
    const env = { AWS_CONFIG_FILE: '/none', AWS_SHARED_CREDENTIALS_FILE: '/none' };
    expect(read(env).values).toEqual({});
  });
});
