import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as open, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type ScriptedScheduler, startScheduler } from '../chaos/scheduler.ts';
import { selfSigned } from '../src/scheduler/transport/certificate.ts';
import { alive } from './inProcess.ts';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const hosts = ['ecs.us-east-1.amazonaws.com', 'iam.amazonaws.com'];
const certificate = selfSigned(hosts);

let folder: string;
let emulator: Emulator;
let scheduler: ScriptedScheduler;
let proxyUrl: string;
/** Targets of the CONNECT requests that the proxy received. */
let targets: string[];
const ends: (() => void)[] = [];

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

/** The emulator under the host names of AWS; only the proxy reaches it. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-connections-'));
  writeFileSync(join(folder, 'ca.pem'), certificate.cert);
  emulator = await startEmulator({ log: silentLog, hollow: true, startDelayMs: 50 });
  scheduler = await startScheduler({ monitored: false });
  targets = [];
  const frontPort = await listen(
    createTlsServer(certificate, (request, response) => {
      const { method, url } = request;
      const headers = { ...request.headers, host: new URL(emulator.url).host };
      const onward = open(new URL(url ?? '/', emulator.url), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
    }),
  );
  const proxy = createServer().on('connect', (request: IncomingMessage, client: Socket) => {
    targets.push(request.url ?? '');
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const front = connect(frontPort, '127.0.0.1').on('error', () => client.destroy());
    client.pipe(front).pipe(client);
  });
  proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  scheduler.close();
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the daemon with this environment. Returns a function that answers its output so far. */
function start(env: Record<string, string>): () => string {
  const words = [
    'run',
    scheduler.address,
    '--worker-manager-id',
    'wm',
    '--ecs-subnets',
    'subnet-1',
    // The host of the test is not reachable from Fargate: without this the daemon warns at its start.
    '--worker-scheduler-address',
    'tcp://10.0.0.5:8516',
  ];
  const child: ChildProcess = spawn(
    process.execPath,
    [
      program,
      ...words,
      ...['--state-dir', join(folder, 'state'), '--settle-seconds', '0', '--sweep-seconds', '2'],
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_ACCESS_KEY_ID: emulator.accessKey,
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_EC2_METADATA_DISABLED: 'true',
        HTTPS_PROXY: proxyUrl,
        ...env,
      },
    },
  );
  ends.push(() => child.kill('SIGKILL'));
  let said = '';
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  return () => said;
}

describe('scaler-ecs run where only a proxy reaches AWS', { timeout: 40_000 }, () => {
  it.each(['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])(
    'launches through HTTPS_PROXY with the certificate authority of %s',
    async (variable) => {
      scheduler.desiredWorkers = 8;
      start({ [variable]: join(folder, 'ca.pem') });
      await vi.waitFor(() => expect(alive(emulator)).toHaveLength(2), { timeout: 30_000 });
      expect([...new Set(targets)].sort()).toEqual(hosts.map((host) => `${host}:443`));
    },
  );

  it('reports a certificate that it does not trust as invalid, with the remedy', async () => {
    const said = start({});
    await vi.waitFor(() => expect(said()).toContain('bootstrap.failed'), { timeout: 30_000 });
    const line = said()
      .split('\n')
      .find((each) => each.includes('bootstrap.failed'));
    expect(JSON.parse(line ?? '')).toMatchObject({
      kind: 'invalid',
      reason: expect.stringContaining('AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS'),
    });
  });

  it('is refused in one line with a proxy or a bundle that cannot be used', async () => {
    const refused: Record<string, string>[] = [
      { HTTPS_PROXY: 'socks5://u:hunter2@proxy:1080' },
      { AWS_CA_BUNDLE: join(folder, 'none.pem') },
    ];
    for (const env of refused) {
      const said = start(env);
      await vi.waitFor(() => expect(said()).toContain('\n'), { timeout: 15_000 });
      expect(said().trim().split('\n')).toHaveLength(1);
      expect(said()).toMatch(/HTTPS_PROXY: socks5|AWS_CA_BUNDLE: cannot read/);
      expect(said()).not.toContain('hunter2');
    }
  });
});
