import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateClusterCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { clientsFor, definition, network } from '../src/emulator/testEmulator.ts';
import { program } from './program.ts';

const dir = mkdtempSync(join(tmpdir(), 'emulator-cli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const start = (...words: string[]) => startWith({}, ...words);

const startWith = (env: Record<string, string>, ...words: string[]) => {
  const child = spawn(process.execPath, [program, 'emulator', ...words], {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, ...env },
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
    async (name) => {
      const faults = join(dir, 'faults.json');
      writeFileSync(faults, '[{"operation":"*","do":"throttle"}]');
      const { child, said, ended } = start('--hollow', '--faults', faults);
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const { url, accessKey } = JSON.parse(said.stdout) as { url: string; accessKey: string };
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      const headers = { authorization: `Bearer ${accessKey}` };
      const rules = await (await fetch(`${url}/_emulator/faults`, { headers })).json();
      expect(rules).toMatchObject({ rules: [{ operation: '*', do: 'throttle', struck: 0 }] });
      child.kill(name);
      expect(await ended).toBe(0);
      expect(said.stdout.trim().split('\n')).toHaveLength(1);
      expect(accessKey).toMatch(/^AKIA[A-Z2-7]{16}$/);
      expect(said.stderr).toContain(
        `To use this emulator: export AWS_ENDPOINT_URL=${url} AWS_ACCESS_KEY_ID=${accessKey} AWS_SECRET_ACCESS_KEY=emulator AWS_REGION=us-east-1\n`,
      );
      expect(said.stderr.split(accessKey)).toHaveLength(2);
    },
  );

  it('gives tasks the programs of an activated virtual environment, after those of --task-path', async () => {
    const environment = join(dir, 'venv');
    for (const [folder, name] of [
      [join(environment, 'bin'), 'only_there'],
      [join(environment, 'bin'), 'in_both'],
      [join(dir, 'first'), 'in_both'],
    ] as const) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} of ${folder}\n`, { mode: 0o755 });
    }
    const { child, said, ended } = startWith(
      { VIRTUAL_ENV: environment },
      ...['--access-key', 'the-given-key', '--log-dir', dir, '--start-delay-ms', '10'],
      ...['--task-path', join(dir, 'first')],
    );
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const { url } = JSON.parse(said.stdout) as { url: string };
    const { ecs, iam } = clientsFor(url, 'us-east-1', 'the-given-key');
    await ecs.send(new CreateClusterCommand({}));
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        ...definition,
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [
          {
            ...definition.containerDefinitions[0],
            environment: [{ name: 'COMMAND', value: 'only_there; in_both' }],
          },
        ],
      }),
    );
    const { tasks } = await ecs.send(
      new RunTaskCommand({
        taskDefinition: 'scaler',
        networkConfiguration: network,
        launchType: 'FARGATE',
      }),
    );
    const id = tasks?.[0]?.taskArn?.split('/').at(-1);
    await vi.waitFor(
      () =>
        expect(readFileSync(join(dir, `${id}.log`), 'utf8')).toBe(
          `only_there of ${environment}/bin\nin_both of ${dir}/first\n`,
        ),
      { timeout: 10_000 },
    );
    ecs.destroy();
    iam.destroy();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said.stdout + said.stderr).not.toContain('the-given-key');
    expect(said.stderr).toMatch(/AWS_ACCESS_KEY_ID to the key .* export AWS_ENDPOINT_URL=/);
    expect(said.stderr).not.toMatch(/export .*AWS_ACCESS_KEY_ID/);
  });

  it.each([
    [['--port', 'x'], 2, /--port must be a non-negative number/],
    [['--latency-ms', '-1'], 2, /--latency-ms must be a non-negative number/],
    [['--faults', join(dir, 'none')], 2, /--faults .*none: no such file/],
    [['--isolation', 'jail'], 2, /isolation/],
    [['--prot', '1'], 2, /prot/],
    [['--port', '70000'], 2, /--port must be an integer up to 65535/],
    [['--access-key', 'a b'], 2, /--access-key must be/],
    [['--log-dir', '/dev/null/x'], 2, /--log-dir: cannot make /],
    [['--log-dir', '/proc/x'], 2, /--log-dir: cannot make /],
    [['--log-dir', '/etc/passwd'], 2, /--log-dir: \/etc\/passwd is no directory/],
    [['--host', '0.0.0.0'], 2, /--host: .*loopback only/],
  ])('refuses %j in one line', async (words, status, message) => {
    const { said, ended } = start(...words);
    expect(await ended).toBe(status);
    expect(said.stdout).toBe('');
    expect(said.stderr).toMatch(message);
    expect(said.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { said, ended } = start('--port', `${port}`);
    expect(await ended).toBe(2);
    expect(said.stderr).toBe(`scaler-ecs: --port: port ${port} is in use; choose another one\n`);
    server.close();
  });
});
