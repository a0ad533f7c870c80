import { describe, expect, it } from 'vitest';
import { loadConfig, loadSettings } from '../../../src/config/load.ts';
import { needed, neededToml, runFile } from './loaded.ts';

const emulator = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };

/** The warnings of `run ADDRESS`; throws what loading throws. */
function warningsOf(address: string, flags: string[] = [], env: Record<string, string> = {}) {
  const warnings: string[] = [];
  loadConfig({
    argv: ['run', address, ...needed.slice(1), ...flags],
    env: { HOME: '/home/u', ...env },
    warn: (line) => warnings.push(line),
  });
  return warnings;
}

describe('an address that the workers are told', () => {
  it.each([
    ['tcp://0.0.0.0:1', [], 'scheduler_address (positional', 'set worker_scheduler_address to'],
    ['ipc:///tmp/s', [], 'scheduler_address (positional', 'works only within one host'],
    ['tcp://10.0.0.1:1', ['-wsa', 'tcp://0.0.0.0:2'], '--worker-scheduler', 'tcp://0.0.0.0:2'],
    ['tcp://10.0.0.1:1', ['-wsa', 'ipc:///tmp/s'], '--worker-scheduler', 'ipc:///tmp/s'],
    [
      'tcp://10.0.0.1:1',
      ['-osa', 'tcp://:::3'],
      '--object-storage',
      'set object_storage_address to',
    ],
  ])('is refused if no other host can connect to it: %s %j', (address, flags, name, words) => {
    expect(() => warningsOf(address, flags)).toThrow(name);
    expect(() => warningsOf(address, flags)).toThrow(words);
    expect(warningsOf(address, flags, emulator)).toEqual([]);
  });

  it.each(['tcp://0.0.0.0:1', 'ipc:///tmp/s'])('is taken for doctor: %s', (address) => {
    const input = { argv: ['run', address, ...needed.slice(1)], env: {}, takeUnreachable: true };
    expect(loadSettings(input)).toMatchObject([{ warnings: [] }]);
  });

  it('is warned of in the result too', () => {
    const lines: string[] = [];
    const argv = ['run', 'tcp://127.0.0.1:1', ...needed.slice(1)];
    const [loaded] = loadSettings({ argv, env: {}, warn: (line) => lines.push(line) });
    expect(loaded?.warnings).toEqual(lines);
    expect(lines).toHaveLength(1);
  });

  it.each([
    ['tcp://127.0.0.1:1', [], 'scheduler_address (positional', 'set worker_scheduler_address to'],
    ['tcp://10.0.0.1:1', ['-wsa', 'tcp://[::1]:2'], '--worker-scheduler', 'tcp://::1:2'],
    ['tcp://10.0.0.1:1', ['-osa', 'tcp://127.0.0.1:3'], '--object-storage', 'the task itself'],
  ])('is warned of if it is loopback: %s %j', (address, flags, name, words) => {
    const [line, ...others] = warningsOf(address, flags);
    expect(others).toEqual([]);
    expect(line).toContain(name);
    expect(line).toContain(words);
    expect(warningsOf(address, flags, emulator)).toEqual([]);
  });

  it('is not the scheduler address if the workers are told another', () => {
    expect(warningsOf('tcp://127.0.0.1:1', ['-wsa', 'tcp://203.0.113.7:1'])).toEqual([]);
    expect(warningsOf('ipc:///tmp/s', ['-wsa', 'tcp://203.0.113.7:1'])).toEqual([]);
  });
});

/** The configuration of Scaler's documentation. */
const page = `[object_storage_server]
bind_address = "tcp://127.0.0.1:8517"
[scheduler]
bind_address = "tcp://0.0.0.0:8516"
object_storage_address = "tcp://127.0.0.1:8517"
[[worker_manager]]
type = "aws_raw_ecs"
scheduler_address = "tcp://127.0.0.1:8516"
worker_scheduler_address = "tcp://203.0.113.7:8516"
object_storage_address = "tcp://203.0.113.7:8517"
worker_manager_id = "wm-ecs"
ecs_subnets = "subnet-0abc1234def56789a"
`;

describe('the other programs of a configuration file', () => {
  const addressWarningsOf = (toml: string, env: Record<string, string> = {}) =>
    runFile(toml, env).warnings.filter((line) => !line.includes('ignored, start them'));

  it('are warned of when the object storage listens on this host only', () => {
    expect(addressWarningsOf(page)).toEqual([
      '[object_storage_server] in c.toml binds tcp://127.0.0.1:8517, which only this host reaches, while object_storage_address tells the workers tcp://203.0.113.7:8517; bind tcp://0.0.0.0:8517, or forward that port',
    ]);
    expect(addressWarningsOf(page, emulator)).toEqual([]);
    const mended = page.replace('"tcp://127.0.0.1:8517"', '"tcp://0.0.0.0:8517"');
    expect(addressWarningsOf(mended)).toEqual([]);
  });

  it('are not warned of when another port is told: it may be forwarded', () => {
    expect(addressWarningsOf(page.replace('203.0.113.7:8517', '203.0.113.7:80'))).toEqual([]);
  });

  it('are warned of when the scheduler listens on this host only', () => {
    const toml = page.replace('"tcp://0.0.0.0:8516"', '"tcp://127.0.0.1:8516"');
    expect(addressWarningsOf(toml)[0]).toMatch(
      /^\[scheduler\] in c\.toml binds tcp:\/\/127\.0\.0\.1:8516.*worker_scheduler_address tells/,
    );
  });

  it('are warned of when the scheduler tells the workers an object storage on loopback', () => {
    const toml = page.replace('object_storage_address = "tcp://203.0.113.7:8517"\n', '');
    const [line] = addressWarningsOf(toml);
    expect(line).toContain('are told tcp://127.0.0.1:8517 by [scheduler] in c.toml');
    const advertised = toml.replace(
      '[[worker_manager]]',
      'advertised-object-storage-address = "tcp://203.0.113.7:80"\n[[worker_manager]]',
    );
    expect(addressWarningsOf(advertised)).toEqual([]);
  });

  it('are left to themselves when their addresses cannot be read', () => {
    const odd = '[scheduler]\nbind_address = 3\n[object_storage_server]\nbind_address = "x"\n';
    expect(addressWarningsOf(neededToml + odd)).toEqual([]);
  });
});
