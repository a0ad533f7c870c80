import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectControl } from '../../src/control/client.ts';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-control-'));
const state = join(scratch, 'state');
/** Planted in the environment and the settings of the daemon: no answer may have them. */
const secret = 'PLANTEDsecretPLANTED';

let scheduler: Scheduler;
let emulator: Emulator;
let daemon: ChildProcess;
const log = join(scratch, 'daemon.log');

const environment = (): Record<string, string> => ({
  ...{ PATH: process.env.PATH ?? '', HOME: scratch, AWS_EC2_METADATA_DISABLED: 'true' },
  ...{ AWS_ENDPOINT_URL: emulator.url, AWS_ACCESS_KEY_ID: emulator.accessKey },
  AWS_SECRET_ACCESS_KEY: secret,
});

function startDaemon(): ChildProcess {
  const given = ['-wmi', 'wm-ecs', '--ecs-subnets', 'subnet-1', '--state-dir', state];
  const sizes = ['--ecs-task-cpu', '2', '--ecs-task-memory', '4', '-mtc', '2'];
  const rest = ['--settle-seconds', '0', '--drain-timeout', '2', '-lp', log];
  const words = [program, 'run', scheduler.address, ...given, ...sizes, ...rest];
  return spawn(process.execPath, words, { cwd: root, stdio: 'ignore', env: environment() });
}

/** Runs a command of an operator. */
async function scalerEcs(...words: string[]) {
  const child = spawn(process.execPath, [program, ...words], { cwd: root, env: environment() });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  const [status] = await once(child, 'close');
  return { status, ...output };
}

const here = (...words: string[]) => scalerEcs(...words, '--state-dir', state);
const json = async (...words: string[]) => JSON.parse((await here(...words, '--json')).stdout);
const managerDir = () => join(state, readdirSync(state)[0] ?? '');
const logged = (event: string) =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter((line) => line.event === event);

beforeAll(async () => {
  const taskPath = join(scratch, 'bin');
  mkdirSync(taskPath);
  const worker = [join(root, 'node_modules/tsx/dist/loader.mjs'), join(root, 'src/demo/worker.ts')];
  writeFileSync(
    join(taskPath, 'scaler_worker_manager'),
    `#!/bin/sh\nexec ${process.execPath} --import ${worker.join(' ')} "$@"\n`,
    { mode: 0o755 },
  );
  // More work than the test lasts.
  scheduler = await startScheduler(100_000, () => {});
  emulator = await startEmulator({ log: silentLog, taskPath, startDelayMs: 200, stopDelayMs: 200 });
  daemon = startDaemon();
  const isUp = () => existsSync(state) && existsSync(join(managerDir(), 'control.sock'));
  await vi.waitFor(() => expect(isUp()).toBe(true), { timeout: 30_000 });
  const client = await connectControl(managerDir());
  await vi.waitFor(
    async () => expect((await client.ask('status', {})).fleet.groups.running).toBe(2),
    { timeout: 40_000 },
  );
  client.close();
}, 90_000);

afterAll(async () => {
  daemon.kill('SIGKILL');
  await emulator.close();
  scheduler.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe('a running daemon', () => {
  it('is shown by status, as text and as JSON', async () => {
    const { status, stdout } = await here('status');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^wm-ecs {2}serving/);
    expect(stdout).toMatch(/^Fleet .*running 2/m);
    expect(await json('status')).toMatchObject({
      manager: 'wm-ecs',
      scheduler: { address: scheduler.address, generation: 'g3', transport: 'ymq' },
      fleet: { desired: 2, groups: { running: 2, total: 2 }, launching: { blockers: [] } },
    });
  });

  it('lists its groups, and tells the life of one by the beginning of its task id', async () => {
    const groups = await json('groups');
    expect(groups).toHaveLength(2);
    const id = groups[0].taskArn.split('/').at(-1).slice(0, 10);
    // The scheduler may show the workers before ECS says that the task runs: the order of the last two is open.
    await vi.waitFor(
      async () => {
        const life = await json('explain', id);
        expect(life).toMatchObject({ groupId: groups[0].groupId, isAlive: true, diagnosis: null });
        const steps = life.steps.map(({ what }: { what: string }) => what.split(':')[0]);
        expect(steps.slice(0, 2)).toEqual(['requested', 'launched']);
        expect(steps.slice(2).toSorted()).toEqual(['registered', 'running']);
      },
      { timeout: 20_000, interval: 500 },
    );
    expect((await here('groups', id)).stdout).toMatch(/^Group .* lives: /);
    expect((await here('groups', '--filter', 'stopping')).stdout).toBe('No group matches.\n');
  });

  it('holds launches with a reason until resume, drains what an operator names, and logs both', async () => {
    expect((await here('hold', '--reason', 'a new image')).status).toBe(0);
    const [group] = await json('groups');
    const drained = await json('drain', group.groupId, 'no-such-group');
    expect(drained).toEqual({
      ...{ draining: [group.groupId], unknown: ['no-such-group'], ambiguous: [] },
    });
    const status = async () => (await json('status')).fleet;
    await expect.poll(async () => (await status()).groups.total, { timeout: 20_000 }).toBe(1);
    const { launching } = await status();
    expect(launching.hold).toMatchObject({ reason: 'a new image' });
    expect(launching.blockers).toMatchObject([{ kind: 'held' }]);
    expect(launching.blockers[0].sentence).toContain('a new image');
    expect((await here('resume')).status).toBe(0);
    await expect.poll(async () => (await status()).groups.running, { timeout: 20_000 }).toBe(2);
    expect(logged('operator.held')).toMatchObject([{ reason: 'a new image' }]);
    expect(logged('operator.drained')).toMatchObject([{ groups: [group.groupId] }]);
    expect(logged('operator.resumed')).toHaveLength(1);
    const life = await json('explain', group.groupId);
    expect(life).toMatchObject({ cause: 'drained', diagnosis: 'An operator ordered its drain.' });
  });

  it('refuses what it does not know with status 1 and one line', async () => {
    for (const words of [
      ['explain', 'zz'],
      ['groups', 'zz'],
      ['drain', 'zz'],
    ]) {
      const { status, stdout, stderr } = await here(...words);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^scaler-ecs: [^\n]*zz[^\n]*\n$/);
    }
  });

  it('tells its events as they happen', async () => {
    const words = ['events', '--follow', '--json', '--name', 'operator.', '--state-dir', state];
    const child = spawn(process.execPath, [program, ...words], { cwd: root });
    onTestFinished(() => void child.kill('SIGKILL'));
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      told += text;
    });
    await expect.poll(() => told, { timeout: 20_000 }).toContain('operator.resumed');
    await here('retry');
    await expect.poll(() => told, { timeout: 20_000 }).toContain('operator.retried');
  });

  it('keeps its tasks from gc, which lists them', async () => {
    const refused = await here('gc', '--yes');
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^scaler-ecs: the daemon of this manager runs .*\n$/),
    ]);
    expect(await json('gc')).toMatchObject({ daemonRuns: true, tasks: [{}, {}], stopped: [] });
  });

  it('tells no secret, whatever it is asked', async () => {
    const client = await connectControl(managerDir());
    const answers = [
      await client.ask('status', {}),
      await client.ask('groups', {}),
      await client.ask('history', {}),
      await client.ask('events', {}),
      await client.ask('explain', { group: 'last' }),
    ];
    client.close();
    const text = JSON.stringify(answers);
    expect(text.length).toBeGreaterThan(2000);
    for (const planted of [secret, emulator.accessKey]) expect(text).not.toContain(planted);
  });
});

describe('without a daemon', () => {
  beforeAll(async () => {
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  });

  it('a command says in one line where it was looked for, and ends with status 3', async () => {
    const { status, stdout, stderr } = await here('status');
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toBe(
      `scaler-ecs: no daemon answers at ${managerDir()}/control.sock: the daemon that made it is dead\n`,
    );
    const nowhere = await scalerEcs('hold', '--state-dir', join(scratch, 'nowhere'));
    expect(nowhere.status).toBe(3);
    expect(nowhere.stderr).toContain(`no state of a manager in ${join(scratch, 'nowhere')}`);
  });

  it('explain reads the journal, and says so', async () => {
    const { status, stdout, stderr } = await here('explain', 'last');
    expect([status, stderr]).toEqual([0, expect.stringContaining('read from the journal')]);
    expect(stdout).toMatch(/^Group .* ended: drained/);
  });

  it('gc lists what is left, and stops it with --yes', async () => {
    const listed = await here('gc', '-wmi', 'wm-ecs');
    expect(listed.stdout).toMatch(/^2 Fargate tasks with startedBy se-/);
    expect(listed.stdout).toMatch(/Nothing was stopped: --yes stops them\.\n$/);
    const stopped = await here('gc', '-wmi', 'wm-ecs', '--yes');
    expect([stopped.status, stopped.stdout]).toEqual([0, expect.stringMatching(/Stopped 2 of 2/)]);
    const left = () =>
      emulator.ledger().tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED').length;
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
  });

  it('gc finds tasks without any state by id and address, and needs to be told whose they are', async () => {
    const none = ['--state-dir', join(scratch, 'nowhere')];
    const unclear = await scalerEcs('gc', '-wmi', 'wm-ecs', ...none);
    expect([unclear.status, unclear.stderr]).toEqual([2, expect.stringContaining('--scheduler')]);
    const found = ['gc', '-wmi', 'wm-ecs', '--scheduler', scheduler.address, '--json', ...none];
    expect(JSON.parse((await scalerEcs(...found)).stdout)).toMatchObject({ tasks: [] });
  });

  it('several managers are listed in one line where it is not clear which is meant', async () => {
    for (const name of ['other-0123456789ab', 'third-0123456789ab'])
      mkdirSync(join(state, name, 'journal'), { recursive: true });
    const { status, stderr } = await here('status');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^scaler-ecs: several managers are known in .*: [^\n]*other[^\n]*wm-ecs[^\n]*\n$/,
    );
    expect((await here('status', '-wmi', 'third')).stderr).toContain('third-0123456789ab');
    expect((await here('status', '-wmi', 'fourth')).stderr).toMatch(
      /the manager "fourth" in .*there are: /,
    );
  });
});
