import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { clientEnvironment } from './clients.ts';

/** An emulator of AWS. */
export interface Server {
  name: 'emulator' | 'moto';
  url: string;
  /** Resets the account; resolves to the id of a subnet for tasks. */
  reset(): Promise<string>;
  setFaults(rules: unknown): void;
  close(): Promise<void>;
}

/** This project's emulator; `reset` starts a new one. */
export function emulatorServer(): Server {
  const start = () =>
    startEmulator({
      startDelayMs: 50,
      stopDelayMs: 50,
      log: silentLog,
      accessKey: clientEnvironment.AWS_ACCESS_KEY_ID,
    });
  let running: Awaited<ReturnType<typeof start>> | null = null;
  return {
    name: 'emulator',
    get url() {
      return running?.url ?? '';
    },
    async reset() {
      await running?.close();
      running = await start();
      return 'subnet-1';
    },
    setFaults: (rules) => running?.setFaults(rules),
    close: async () => running?.close(),
  };
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

const post = (url: string, body?: object) =>
  fetch(url, {
    method: 'POST',
    ...(body
      ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      : {}),
  });

/** moto as a process. It does not support fault rules. */
export async function motoServer(bin: string): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    join(bin, 'python'),
    [join(bin, 'moto_server'), '-H', '127.0.0.1', '-p', `${port}`],
    {
      env: { ...clientEnvironment, PATH: process.env.PATH, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
      stdio: 'ignore',
    },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await waitUntilAnswering(`${url}/moto-api/`, child);
  return {
    name: 'moto',
    url,
    async reset() {
      await post(`${url}/moto-api/reset`);
      // By default each DescribeTasks call advances a task by one status.
      await post(`${url}/moto-api/state-manager/set-transition`, {
        model_name: 'ecs::task',
        transition: { progression: 'manual', times: 1_000_000_000 },
      });
      return defaultSubnet(url);
    },
    setFaults() {
      throw new Error('moto has no faults');
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}

async function waitUntilAnswering(url: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) break;
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('moto_server does not answer');
}

/** The first subnet of moto's default VPC; moto refuses tasks in unknown subnets. */
async function defaultSubnet(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization:
        'AWS4-HMAC-SHA256 Credential=k/20200101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: 'Action=DescribeSubnets&Version=2016-11-15',
  });
  const [, subnet] = /<subnetId>(subnet-\w+)</.exec(await response.text()) ?? [];
  if (!subnet) throw new Error('moto has no default subnet');
  return subnet;
}
