import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-doctor-'));
const magic = Buffer.from('594d5102', 'hex');
/** Greets like a scheduler of Scaler 2.7 or newer, and keeps what it receives. */
const received: Buffer[] = [];
const greeter = createServer((socket) => {
  socket.on('data', (bytes) => received.push(bytes)).on('error', () => {});
  socket.write(magic);
});

let emulator: Emulator;
let scheduler = '';
beforeAll(async () => {
  emulator = await startEmulator({ log: silentLog, hollow: true });
  await new Promise<void>((resolve) => greeter.listen(0, '127.0.0.1', resolve));
  scheduler = `tcp://127.0.0.1:${(greeter.address() as AddressInfo).port}`;
});
afterAll(async () => {
  greeter.close();
  rmSync(scratch, { recursive: true, force: true });
  await emulator.close();
});

function scalerEcs(...words: string[]) {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      AWS_ENDPOINT_URL: emulator.url,
      AWS_ACCESS_KEY_ID: emulator.accessKey,
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (data) => {
      said[name] += data;
    });
  return new Promise<typeof said & { status: number | null }>((resolve) =>
    child.once('close', (status) => resolve({ ...said, status })),
  );
}

const flags = () => [
  ...[scheduler, '-wmi', 'wm', '--ecs-subnets', 'subnet-1', '--monitor-address', scheduler],
  ...['-mtc', '4', '--object-storage-address', 'tcp://127.0.0.1:1'],
];

describe('scaler-ecs doctor', () => {
  it('ends with status 0 and without colours when there are no errors, and sends the scheduler nothing', async () => {
    const { status, stdout, stderr } = await scalerEcs('doctor', ...flags());
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^0 errors, 1 warning, \d+ not checked, \d+ ok: ready to start$/m);
    expect(stdout).not.toContain('\x1b');
    expect(received).toEqual([]);
    expect(emulator.ledger().calls).not.toHaveProperty('RunTask');
  });

  it('ends with status 1 for errors, as JSON for every manager of a file', async () => {
    const file = join(scratch, 'c.toml');
    const entry = (id: string, address: string) =>
      `[[worker_manager]]\ntype = "aws_raw_ecs"\nscheduler_address = "${address}"\nworker_manager_id = "${id}"\necs_subnets = "subnet-1"\n`;
    const head = '[scheduler]\nbind_address = "tcp://0.0.0.0:1"\n';
    writeFileSync(file, head + entry('one', scheduler) + entry('two', 'tcp://127.0.0.1:1'));
    const { status, stdout, stderr } = await scalerEcs('doctor', file, '--json');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^scaler-ecs: warning: .*ignored, start them.*\n$/);
    expect(JSON.parse(stdout)).toMatchObject([
      { manager: 'one', region: 'us-east-1', verdict: 'ready' },
      { manager: 'two', verdict: 'faulty' },
    ]);
  });

  it.each([
    ['--ecs-task-memory', '7', 'Fargate has 8 to 30 GB'],
    ['--ecs-subnet', 's', 'flags cannot be abbreviated'],
  ])('ends with status 2 for %s %s', async (flag, value, words) => {
    const { status, stdout } = await scalerEcs('doctor', ...flags(), flag, value);
    expect(status).toBe(2);
    expect(stdout).toContain(words);
  });
});

describe('scaler-ecs plan', () => {
  it('shows resources, cost and request, with passwords masked, and creates nothing', async () => {
    const secret = '--extra-index-url https://u:PLANTED@host/\nnumpy';
    const { status, stdout } = await scalerEcs(
      ...['plan', ...flags(), `--ecs-python-requirements=${secret}`],
    );
    expect(status).toBe(0);
    expect(stdout).toContain('the cluster scaler-cluster will be created by run');
    expect(stdout).toContain('$0.300 an hour for one group');
    expect(stdout).toContain('$1.201 an hour at the cap of 4 Fargate tasks');
    expect(stdout).toContain('https://***@host/');
    expect(stdout).not.toContain('PLANTED');
    expect(emulator.ledger().calls).not.toHaveProperty('CreateCluster');
  });

  it('prints JSON whose request RunTask takes', async () => {
    const { stdout } = await scalerEcs('plan', ...flags(), '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      {
        cost: { atCap: expect.closeTo(1.2013, 3), maxTasks: 4 },
        request: { count: 4, cluster: 'scaler-cluster', launchType: 'FARGATE' },
      },
    ]);
  });
});

describe('scaler-ecs policy', () => {
  it('prints one document that names the account, with --part', async () => {
    const { status, stdout } = await scalerEcs('policy', ...flags(), '--part', 'steady-state');
    expect(status).toBe(0);
    const { Version, Statement } = JSON.parse(stdout);
    expect(Version).toBe('2012-10-17');
    expect(JSON.stringify(Statement)).toContain('arn:aws:ecs:us-east-1:123456789012:cluster/');
  });

  it('asks AWS nothing when it is given the account', async () => {
    const before = emulator.ledger().calls;
    const { stdout } = await scalerEcs('policy', ...flags(), '--account', '210987654321');
    expect(Object.keys(JSON.parse(stdout))).toEqual(['firstRun', 'steadyState', 'doctor']);
    expect(stdout).toContain('arn:aws:iam::210987654321:role/');
    expect(emulator.ledger().calls).toEqual(before);
  });

  it.each([
    ['--part', 'all', '--part must be one of first-run, steady-state, doctor'],
    ['--account', '12', '--account must be an account id of 12 digits'],
  ])('refuses %s %s', async (flag, value, words) => {
    const { status, stderr } = await scalerEcs('policy', ...flags(), flag, value);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `scaler-ecs: ${words}\n` });
  });
});

it.each(['doctor', 'plan', 'policy'])(
  '%s --help has an example and the exit status',
  async (name) => {
    const { status, stdout } = await scalerEcs(name, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`scaler-ecs ${name} config.toml`);
    expect(stdout).toMatch(/Exit\s+status: 0/);
  },
);
