import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigFailure } from '../../../src/config/configFailure.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { selfSigned } from '../scheduler/transport/certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-trust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { cert, key } = selfSigned();
const other = selfSigned().cert;
let files = 0;
const file = (content: string): string => {
  const path = join(folder, `${++files}.pem`);
  writeFileSync(path, content);
  return path;
};

function run(address: string, ...flags: string[]) {
  const warnings: string[] = [];
  const argv = ['run', address, '-wmi', 'wm', '--ecs-subnets', 'subnet-1', ...flags];
  const env = { HOME: folder, PKI: folder };
  const [config] = loadConfig({ argv, env, warn: (line) => warnings.push(line) });
  return { tls: config?.tls, warnings };
}

const tls = 'tls://10.0.0.1:8516';

describe('--tls-ca', () => {
  it('is not set by default, and certificates are checked', () => {
    expect(run(tls)).toEqual({ tls: { insecure: false }, warnings: [] });
  });

  it.each([
    ['one certificate', cert, cert],
    ['several certificates', cert + other, cert + other],
    [
      'one certificate with comments and a key, which are left out',
      `# ours\n${key}${cert}\n`,
      cert,
    ],
    ['Windows line ends', cert.replaceAll('\n', '\r\n'), cert.replaceAll('\n', '\r\n')],
  ])('accepts a file with %s', (_, content, authorities) => {
    const { tls: trust, warnings } = run(tls, '--tls-ca', file(content));
    expect(trust?.ca?.trim()).toBe(authorities.trim());
    expect(warnings).toEqual([]);
  });

  it.each(['~/home.pem', '$PKI/home.pem'])('expands %s', (path) => {
    writeFileSync(join(folder, 'home.pem'), cert);
    expect(run(tls, '--tls-ca', path).tls?.ca).toBe(cert);
  });

  it.each([
    ['that does not exist', join(folder, 'none.pem'), 'cannot read .*none.pem": no such file$'],
    ['that is a folder', folder, 'cannot read .*: is a directory$'],
    ['without a name', '', 'cannot be an empty string$'],
    ['that is empty', file(''), 'no certificate in '],
    ['with only a key', file(key), 'no certificate in '],
    ['that is cut off', file(cert.slice(0, 200)), 'no certificate in '],
    [
      'with one damaged certificate',
      file(cert + cert.replace(/^M/m, '!')),
      'certificate 2 of 2 in .* is damaged$',
    ],
    [
      'with a key labelled as a certificate',
      file(key.replaceAll('PRIVATE KEY', 'CERTIFICATE')),
      'certificate 1 of 1 .* damaged$',
    ],
  ])('fails in one line for a file %s', (_, path, words) => {
    const load = () => run(tls, '--tls-ca', path);
    expect(load).toThrow(ConfigFailure);
    expect(load).toThrow(new RegExp(`^--tls-ca \\(tls_ca, SCALER_TLS_CA\\): [^\\n]*${words}`));
  });

  it('warns that it has no effect if no address is encrypted', () => {
    const { warnings } = run('tcp://10.0.0.1:8516', '--tls-ca', file(cert));
    expect(warnings).toEqual([expect.stringMatching(/^--tls-ca .*has no effect, no address is/)]);
  });
});

describe('--tls-insecure', () => {
  it.each([tls, 'wss://10.0.0.1:8516'])(
    'warns that certificates are not checked for %s',
    (address) => {
      const { tls: trust, warnings } = run(address, '--tls-insecure');
      expect(trust).toEqual({ insecure: true });
      expect(warnings).toEqual([expect.stringContaining('CERTIFICATES ARE NOT CHECKED')]);
    },
  );

  it('warns if only the monitor address is encrypted', () => {
    const { warnings } = run('tcp://10.0.0.1:1', '--monitor-address', tls, '--tls-insecure');
    expect(warnings).toEqual([expect.stringContaining('CERTIFICATES ARE NOT CHECKED')]);
  });

  it('warns that tls_ca has no effect together with it', () => {
    const { warnings } = run(tls, '--tls-insecure', '--tls-ca', file(cert));
    expect(warnings[1]).toMatch(/^--tls-ca .*has no effect together with tls_insecure/);
  });

  it('warns that it has no effect if no address is encrypted', () => {
    const { warnings } = run('tcp://10.0.0.1:8516', '--tls-insecure');
    expect(warnings).toEqual([
      expect.stringMatching(/^--tls-insecure .*has no effect, no address/),
    ]);
  });
});

describe('AWS_CA_BUNDLE', () => {
  const load = (env: Record<string, string>) =>
    loadConfig({
      argv: ['run', 'tcp://10.0.0.1:8516', '-wmi', 'wm', '--ecs-subnets', 's'],
      env: { HOME: folder, AWS_CONFIG_FILE: join(folder, 'aws-config'), ...env },
      warn: () => {},
    })[0]?.aws.connections.ca;

  it('names the authorities to trust at AWS, before the ca_bundle of the profile', () => {
    expect(load({})).toBeNull();
    writeFileSync(join(folder, 'aws-config'), `[profile p]\nca_bundle = ${file(other)}\n`);
    expect(load({ AWS_PROFILE: 'p' })).toBe(other);
    expect(load({ AWS_PROFILE: 'p', AWS_CA_BUNDLE: file(cert) })).toBe(cert);
    expect(load({ AWS_PROFILE: 'q' })).toBeNull();
  });

  it('is refused by its name when it cannot be read', () => {
    const bundle = join(folder, 'none.pem');
    expect(() => load({ AWS_CA_BUNDLE: bundle })).toThrow(
      /^AWS_CA_BUNDLE: cannot read .*no such file$/,
    );
  });
});
