import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-zeromq-'));
/** Makes every import of the package zeromq fail, as on a system for which it has no library. */
const broken = join(scratch, 'broken.mjs');
beforeAll(() => {
  const hook = `export const resolve = (name, context, next) => {
    if (name === 'zeromq') throw new Error('No native build was found for platform=odd\\nat load');
    return next(name, context);
  };`;
  writeFileSync(
    broken,
    `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));`,
  );
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** `scaler-ecs run` where ZeroMQ cannot be loaded. */
function run(address: string, ...flags: string[]) {
  const given = ['-wmi', 'x', '--ecs-subnets', 'subnet-1', '-wsa', 'tcp://10.0.0.1:1'];
  const child = spawn(
    process.execPath,
    [
      // Newer releases of Node warn of the hook.
      ...['--no-deprecation', '--import', broken, program, 'run', address],
      ...[...given, '--state-dir', join(scratch, 'state'), ...flags],
    ],
    {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: scratch, AWS_EC2_METADATA_DISABLED: 'true' },
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  return { child, output };
}

/** A peer that greets as ZeroMQ does. */
async function zeromqPeer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.end(Buffer.from('ff00000000000000017f', 'hex'));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('scaler-ecs run where ZeroMQ cannot be loaded', () => {
  it('is refused in one line if ZeroMQ is asked for', async () => {
    const { child, output } = run('tcp://127.0.0.1:1', '--network-backend', 'zmq');
    const [status] = await once(child, 'close');
    expect({ status, stdout: output.stdout }).toEqual({ status: 2, stdout: '' });
    expect(output.stderr).toMatch(
      /^scaler-ecs: --network-backend .*: ZeroMQ cannot be loaded: No native build .*\n$/,
    );
  });

  it('starts, and says once why a scheduler that speaks ZeroMQ cannot be reached', async () => {
    const { child, output } = run(await zeromqPeer(), '--logging-level', 'DEBUG');
    const events = () =>
      output.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    await expect
      .poll(() => events().filter(({ event }) => event === 'session.stateChanged').length, {
        timeout: 20_000,
      })
      .toBeGreaterThan(4);
    child.kill('SIGKILL');
    const failures = events().filter(({ event }) => event === 'zeromq.notLoaded');
    expect(failures).toMatchObject([
      {
        level: 'error',
        reason: expect.stringMatching(/^ZeroMQ cannot be loaded: No native build/),
      },
    ]);
    expect(output.stderr).toBe('');
  });
});
