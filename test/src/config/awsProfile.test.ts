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
[work]
region = not-a-profile
[sso-session work]
region = not-a-profile
`;
const files: Record<string, string> = {
  '/home/u/.aws/config': config,
  '/home/u/.aws/credentials': '[a.b]\r\naws_access_key_id = K\r\n[work]\nregion = eu-west-5\n',
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
    [undefined, { region: 'eu-west-1', s3: '', 's3.region': 'nested', output: 'json' }],
    ['two words', { region: 'eu-west-2' }],
    ['a.b', { region: 'eu-west-3', aws_access_key_id: 'K' }],
    ['work', { region: 'eu-west-5' }],
    ['absent', {}],
  ])('reads profile %s from both files', (name, values) => {
    expect(read(name === undefined ? {} : { AWS_PROFILE: name })).toEqual({
      ...{ name: name ?? 'default', ecsEndpoint: null },
      values,
    });
  });

  it.each([
    ['axb', null],
    ['emulated', 'http://127.0.0.1:1'],
    ['both', 'http://127.0.0.1:3'],
  ])('finds the endpoint of ECS of profile %s, that of its services first', (name, endpoint) => {
    expect(read({ AWS_PROFILE: name }).ecsEndpoint).toBe(endpoint);
  });

  it('counts files that cannot be read as empty', () => {
    const env = { AWS_CONFIG_FILE: '/none', AWS_SHARED_CREDENTIALS_FILE: '/none' };
    expect(read(env).values).toEqual({});
  });
});
