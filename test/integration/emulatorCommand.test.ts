import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'emulator-cli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const start = (...words: string[]) => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'emulator', ...words], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    said.stdout += data;
  });
  child.stderr.on('data', (data) => {
    said.stderr += data;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said, ended };
};

describe('scaler-ecs emulator', () => {
  it.each(['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    'prints its address as one JSON line, and ends with status 0 on %s',
    async (signal) => {
      const faults = join(dir, 'faults.json');
      writeFileSync(faults, '[{"operation":"*","do":"throttle"}]');
      const { child, said, ended } = start('--hollow', '--faults', faults);
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const { url } = JSON.parse(said.stdout) as { url: string };
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      const rules = await (await fetch(`${url}/_emulator/faults`)).json();
      expect(rules).toMatchObject({ rules: [{ operation: '*', do: 'throttle', struck: 0 }] });
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(said.stdout.trim().split('\n')).toHaveLength(1);
    },
  );

  it.each([
    [['--port', 'x'], 2, /--port must be a non-negative number/],
    [['--latency-ms', '-1'], 2, /--latency-ms must be a non-negative number/],
    [['--faults', join(dir, 'none')], 2, /--faults .*none: ENOENT/],
    [['--isolation', 'jail'], 2, /isolation/],
    [['--prot', '1'], 2, /prot/],
    [['--port', '70000'], 2, /--port must be an integer up to 65535/],
    [['--log-dir', '/dev/null/x'], 1, /cannot create the log folder/],
    [['--host', '0.0.0.0'], 1, /loopback only/],
  ])('refuses %j in one line', async (words, status, message) => {
    const { said, ended } = start(...words);
    expect(await ended).toBe(status);
    expect(said.stdout).toBe('');
    expect(said.stderr).toMatch(message);
    expect(said.stderr.trim().split('\n')).toHaveLength(1);
  });
});
