import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeHello } from '../../src/scheduler/transport/ymqFraming.ts';
import { selfSigned } from '../src/scheduler/transport/certificate.ts';
import { RawServer, vacantAddress } from '../src/scheduler/transport/ymqPeer.ts';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const certificate = selfSigned();
let folder: string;
const ends: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-tls-'));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(): Promise<RawServer> {
  const server = await RawServer.start({ server: tls.createServer(certificate) });
  ends.push(() => server.stop());
  return server;
}

/** Starts the daemon with a scheduler and a monitor stream that use TLS. */
async function start(...flags: string[]) {
  const [scheduler, monitor] = [await serve(), await serve()];
  const aws = await vacantAddress();
  const words = ['run', scheduler.address('tls').text, '--worker-manager-id', 'wm'];
  words.push('--monitor-address', monitor.address('tls').text, '--ecs-subnets', 's');
  words.push('--state-dir', join(folder, 'state'), ...flags);
  const child: ChildProcess = spawn(process.execPath, [program, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  ends.push(() => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  let changed = () => {};
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text) => {
      said[name] += text;
      changed();
    });
  const logged = async (words: RegExp) => {
    while (!words.test(said.stdout))
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
  };
  return { scheduler, monitor, said, logged };
}

/** Accepts one connection, sends the YMQ hello and waits for that of the daemon. */
async function greet(server: RawServer): Promise<string> {
  const peer = await server.next();
  peer.socket.write(encodeHello(2, Buffer.from('scheduler')));
  await peer.until(({ received }) => received.length > 12);
  return peer.received.toString('latin1');
}

describe('scaler-ecs run at a scheduler behind TLS', { timeout: 30_000 }, () => {
  it('connects to the scheduler and its monitor stream when their certificate is trusted', async () => {
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, certificate.cert);
    const { scheduler, monitor, said } = await start('--tls-ca', ca);
    const greetings = await Promise.all([greet(scheduler), greet(monitor)]);
    expect(greetings[0]).toContain('scaler-ecs|');
    expect(greetings[1]).toContain('scaler-ecs-monitor|');
    expect(said.stderr).toBe('');
  });

  it('logs why it does not connect when the certificate is not trusted', async () => {
    const { said, logged } = await start('--logging-level', 'DEBUG');
    await logged(/self-signed certificate; trust it with tls_ca.*scheduler\.unreachable/);
    await logged(/self-signed certificate; trust it with tls_ca.*monitor\.stateChanged/);
    expect(said.stderr).toBe('');
  });

  it('connects without verification when told to, and logs a warning', async () => {
    const { scheduler, monitor, said, logged } = await start('--tls-insecure');
    await Promise.all([greet(scheduler), greet(monitor)]);
    expect(said.stderr).toContain('CERTIFICATES ARE NOT CHECKED');
    await logged(/"level":"warn".*tls\.certificatesNotChecked/);
  });
});
