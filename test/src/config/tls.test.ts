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
  const argv = ['run', address, '-wmi', 'wm', '--ecs-subnets', 's', ...flags];
  const env = { HOME: folder, PKI: folder };
  const [config] = loadConfig({ argv, env, warn: (line) => warnings.push(line) });
  return { tls: config?.tls, warnings };
}

const tls = 'tls://10.0.0.1:8516';

describe('--tls-ca', () => {
  it('is absent and certificates are checked unless something else is said', () => {
    expect(run(tls)).toEqual({ tls: { insecure: false }, warnings: [] });
  });

  it.each([
    ['one certificate', cert, cert],
    ['several', cert + other, cert + other],
    ['words and a key around them, which stay behind', `# ours\n${key}${cert}\n`, cert],
    ['Windows line ends', cert.replaceAll('\n', '\r\n'), cert.replaceAll('\n', '\r\n')],
  ])('takes a file of %s', (_, content, authorities) => {
    const { tls: trust, warnings } = run(tls, '--tls-ca', file(content));
    expect(trust?.ca?.trim()).toBe(authorities.trim());
    expect(warnings).toEqual([]);
  });

  it.each(['~/home.pem', '$PKI/home.pem'])('expands %s', (path) => {
    writeFileSync(join(folder, 'home.pem'), cert);
    expect(run(tls, '--tls-ca', path).tls?.ca).toBe(cert);
  });

  it.each([
    ['that is not there', join(folder, 'none.pem'), 'cannot read .*none.pem": ENOENT$'],
    ['that is a folder', folder, 'cannot read .*: EISDIR$'],
    ['without a name', '', 'cannot be an empty string$'],
    ['that is empty', file(''), 'no certificate in '],
    ['with a key alone', file(key), 'no certificate in '],
    ['cut short', file(cert.slice(0, 200)), 'no certificate in '],
    [
      'with one damaged',
      file(cert + cert.replace(/^M/m, '!')),
      'certificate 2 of 2 in .* is damaged$',
    ],
    [
      'with a key called a certificate',
      file(key.replaceAll('PRIVATE KEY', 'CERTIFICATE')),
      'certificate 1 of 1 .* damaged$',
    ],
  ])('refuses a file %s in one line', (_, path, words) => {
    const load = () => run(tls, '--tls-ca', path);
    expect(load).toThrow(ConfigFailure);
    expect(load).toThrow(new RegExp(`^--tls-ca \\(tls_ca, SCALER_TLS_CA\\): [^\\n]*${words}`));
  });

  it('is not needed where nothing is encrypted, and that is said', () => {
    const { warnings } = run('tcp://10.0.0.1:8516', '--tls-ca', file(cert));
    expect(warnings).toEqual([expect.stringMatching(/^--tls-ca .*means nothing, no address is/)]);
  });
});

describe('--tls-insecure', () => {
  it.each([tls, 'wss://10.0.0.1:8516'])('is warned of loudly for %s', (address) => {
    const { tls: trust, warnings } = run(address, '--tls-insecure');
    expect(trust).toEqual({ insecure: true });
    expect(warnings).toEqual([expect.stringContaining('CERTIFICATES ARE NOT CHECKED')]);
  });

  it('is warned of for the monitor stream alone', () => {
    const { warnings } = run('tcp://10.0.0.1:1', '--monitor-address', tls, '--tls-insecure');
    expect(warnings).toEqual([expect.stringContaining('CERTIFICATES ARE NOT CHECKED')]);
  });

  it('makes a file of certificates pointless', () => {
    const { warnings } = run(tls, '--tls-insecure', '--tls-ca', file(cert));
    expect(warnings[1]).toMatch(/^--tls-ca .*means nothing beside tls_insecure/);
  });

  it('changes nothing for an address in the clear, and that is said', () => {
    const { warnings } = run('tcp://10.0.0.1:8516', '--tls-insecure');
    expect(warnings).toEqual([
      expect.stringMatching(/^--tls-insecure .*means nothing, no address/),
    ]);
  });
});
