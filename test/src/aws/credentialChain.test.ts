import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runChain } from '../../../src/aws/credentialChain.ts';

const config = `[profile helper]
credential_process = sh -c 'echo "the vault is sealed" >&2; exit 1' --password hunter2
[profile broken]
credential_process = echo hello
[profile hanging]
credential_process = sleep 5
[profile working]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAHELPER","SecretAccessKey":"x"}'
[profile sso]
sso_session = s
sso_account_id = 123456789012
sso_role_name = r
[sso-session s]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
[profile login]
login_session = arn:aws:iam::123456789012:user/u
[profile role]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = nothing
[profile keys]
region = eu-west-1
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-credentials-'));
  writeFileSync(join(folder, 'config'), config);
  writeKeys('AKIAKEYS');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const writeKeys = (key: string) =>
  writeFileSync(
    join(folder, 'credentials'),
    `[keys]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`,
  );

const failed = async (profile?: string) => {
  vi.stubEnv('AWS_PROFILE', profile);
  const run = runChain();
  await expect(run.credentials).rejects.toThrow();
  return run.trouble();
};

describe('runChain', () => {
  it.each([
    [
      'helper',
      'credential_process of profile "helper"',
      'the credential process failed: the vault is sealed',
    ],
    [
      'broken',
      'credential_process of profile "broken"',
      'Profile broken credential_process returned invalid JSON.',
    ],
    ['sso', 'the SSO session of profile "sso"', /run 'aws sso login'/],
    ['login', 'the aws login session of profile "login"', /^Failed to load token/],
    [
      'role',
      'the role of profile "role"',
      /^Could not resolve credentials using profile: .nothing. in/,
    ],
    ['absent', 'profile "absent"', /^Could not resolve credentials using profile: .absent. in/],
  ])('names the source and its words when profile %s fails', async (profile, source, words) => {
    const trouble = await failed(profile);
    expect(trouble).toEqual({ source, words: expect.stringMatching(words) });
    expect(JSON.stringify(trouble)).not.toContain('hunter2');
  });

  it('has nothing to tell when no source is set up', async () => {
    expect(await failed()).toBeNull();
  });

  it.each([
    ['working', 'credential_process of profile "working"', 'AKIAHELPER'],
    ['keys', 'profile "keys"', 'AKIAKEYS'],
  ])('names the source of the credentials of profile %s', async (profile, source, key) => {
    vi.stubEnv('AWS_PROFILE', profile);
    const run = runChain();
    expect((await run.credentials).accessKeyId).toBe(key);
    expect(run.source()).toBe(source);
    expect(run.isAmbiguous()).toBe(false);
  });

  it('names the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const run = runChain();
    expect((await run.credentials).accessKeyId).toBe('AKIAENVIRONMENT');
    expect(run.source()).toBe('the environment (AWS_ACCESS_KEY_ID)');
  });

  it('names the helper while it is being asked', async () => {
    vi.stubEnv('AWS_PROFILE', 'hanging');
    const run = runChain();
    run.credentials.catch(() => {});
    await expect.poll(run.source).toBe('credential_process of profile "hanging"');
  });

  it('reads the files again each time', async () => {
    vi.stubEnv('AWS_PROFILE', 'keys');
    await runChain().credentials;
    writeKeys('AKIAROTATED');
    expect((await runChain().credentials).accessKeyId).toBe('AKIAROTATED');
  });

  it('notes that both a profile and an access key are named', async () => {
    vi.stubEnv('AWS_PROFILE', 'keys');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const run = runChain();
    expect((await run.credentials).accessKeyId).toBe('AKIAKEYS');
    expect(run.isAmbiguous()).toBe(true);
  });
});
