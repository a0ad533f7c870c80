import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-end-'));
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ log: silentLog, hollow: true, accessKey: 'AKIAEXAMPLE' });
});
afterAll(async () => {
  await emulator.close();
  rmSync(scratch, { recursive: true, force: true });
});

let runs = 0;

interface Daemon {
  process: ChildProcess;
  log: string;
  state: string;
  /** Events of its log file. */
  events(): { event: string; [field: string]: unknown }[];
  /** Of the daemon itself, whatever it was started by. */
  pid(): number;
  ended: Promise<unknown[]>;
}

/** A daemon without a scheduler as a process of its own, behind shell code in which "$@" is its command line. */
function start(
  endpoint: string,
  shell = 'exec "$@"',
  more: string[] = [],
  state = join(scratch, `state-${++runs}`),
): Daemon {
  const log = join(scratch, `run-${++runs}.log`);
  const given = ['-wmi', 'x', '--ecs-subnets', 'subnet-1', '--state-dir', state];
  const words = [
    ...[program, 'run', 'tcp://127.0.0.1:1', ...given],
    ...['--settle-seconds', '0', '-ll', 'DEBUG', '-lp', log, ...more],
  ];
  const child = spawn('bash', ['-c', shell, 'bash', process.execPath, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  const lockFile = () => {
    const manager = spawnSync('sh', ['-c', `cat ${state}/*/lock`], { encoding: 'utf8' });
    return Number.parseInt(manager.stdout, 10);
  };
  onTestFinished(() => {
    child.kill('SIGKILL');
    if (lockFile() > 0) spawnSync('kill', ['-KILL', String(lockFile())]);
  });
  return {
    process: child,
    log,
    state,
    events: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [],
    pid: lockFile,
    ended: once(child, 'exit'),
  };
}

/** Waits until the daemon is in this state. */
async function reaches(daemon: Daemon, state: string): Promise<void> {
  const isThere = () => said(daemon, 'daemon.stateChanged').some((line) => line.state === state);
  await expect.poll(isThere, { timeout: 20_000 }).toBe(true);
}

const said = (daemon: Daemon, event: string) =>
  daemon.events().filter((line) => line.event === event);

describe('a daemon that is to stop', () => {
  it('ends within two seconds with status 1, and says so, when AWS cannot be reached and nothing was launched', async () => {
    const daemon = start('http://127.0.0.1:1');
    await reaches(daemon, 'preparing');
    const at = performance.now();
    process.kill(daemon.pid(), 'SIGINT');
    expect(await daemon.ended).toEqual([1, null]);
    expect(performance.now() - at).toBeLessThan(2500);
    expect(said(daemon, 'daemon.couldNotLook')).toHaveLength(1);
  });

  it('ends with status 1 and says so when it could not look and its journal is lost', async () => {
    const first = start('http://127.0.0.1:1');
    await reaches(first, 'preparing');
    process.kill(first.pid(), 'SIGINT');
    await first.ended;
    for (const name of readdirSync(first.state)) rmSync(join(first.state, name, 'journal'));
    const daemon = start('http://127.0.0.1:1', 'exec "$@"', ['--stop-timeout', '3'], first.state);
    await reaches(daemon, 'preparing');
    process.kill(daemon.pid(), 'SIGTERM');
    expect(await daemon.ended).toEqual([1, null]);
    expect(said(daemon, 'daemon.couldNotLook')).toHaveLength(1);
  });

  it('looks at ECS before it ends, also within the time that a first list would wait', async () => {
    const daemon = start(emulator.url, 'exec "$@"', ['--settle-seconds', '60']);
    await reaches(daemon, 'serving');
    process.kill(daemon.pid(), 'SIGTERM');
    expect(await daemon.ended).toEqual([0, null]);
    expect(said(daemon, 'daemon.ended')).toMatchObject([{ left: 0, looked: true }]);
    expect(said(daemon, 'daemon.couldNotLook')).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGQUIT'] as const)('ends with status 0 after %s', async (signal) => {
    const daemon = start(emulator.url);
    await reaches(daemon, 'serving');
    process.kill(daemon.pid(), signal);
    expect(await daemon.ended).toEqual([0, null]);
    expect(said(daemon, 'signal.received')).toMatchObject([{ signal }]);
  });

  // `timeout 1 cat` fills the pipe, and the socket of the test's own spawn.
  it.each([
    ['pipe', '(timeout 1 cat /dev/zero; exec "$@") | (sleep 20; cat >/dev/null); exit $PIPESTATUS'],
    ['socket', 'timeout 1 cat /dev/zero; exec "$@"'],
  ])(
    'ends with its status although the reader of its standard output, a %s, reads nothing',
    async (kind, shell) => {
      const daemon = start(emulator.url, shell, ['/dev/stdout']);
      daemon.process.stdout?.pause();
      await reaches(daemon, 'serving');
      const pid = daemon.pid();
      const isAlive = () => existsSync(`/proc/${pid}`);
      process.kill(pid, 'SIGTERM');
      await expect.poll(isAlive, { timeout: 8000 }).toBe(false);
      if (kind === 'socket') expect(await daemon.ended).toEqual([0, null]);
    },
  );

  it('ends at once at a signal while the last lines of its log are waited for', async () => {
    const daemon = start(emulator.url, 'timeout 1 cat /dev/zero; exec "$@"', ['/dev/stdout']);
    await reaches(daemon, 'serving');
    const pid = daemon.pid();
    process.kill(pid, 'SIGTERM');
    // From now on the process only waits for its log.
    await expect.poll(() => said(daemon, 'daemon.ended').length, { timeout: 8000 }).toBe(1);
    await sleep(400);
    const at = performance.now();
    process.kill(pid, 'SIGTERM');
    expect(await daemon.ended).toEqual([0, null]);
    expect(performance.now() - at).toBeLessThan(1000);
  });
});

describe('SIGHUP', () => {
  it('opens the log files anew when the daemon has no terminal', async () => {
    const daemon = start(emulator.url);
    await reaches(daemon, 'serving');
    renameSync(daemon.log, `${daemon.log}.1`);
    process.kill(daemon.pid(), 'SIGHUP');
    await expect.poll(() => said(daemon, 'logs.reopened').length).toBe(1);
    expect(statSync(daemon.log).mode & 0o777).toBe(0o600);
    expect(said(daemon, 'signal.received')).toEqual([]);
  });

  it.runIf(!spawnSync('script', ['--version']).error)(
    'stops the daemon when its terminal is gone',
    async () => {
      const line = '"$(printf "%q " "$@")"';
      const daemon = start(emulator.url, `exec script -qec ${line} /dev/null`);
      await reaches(daemon, 'serving');
      const pid = daemon.pid();
      // The terminal ends with the program that holds its other side.
      daemon.process.kill('SIGKILL');
      await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 8000 }).toBe(false);
      expect(said(daemon, 'signal.received')).toMatchObject([{ signal: 'SIGHUP' }]);
      expect(said(daemon, 'daemon.ended')).toMatchObject([{ left: 0 }]);
    },
  );
});

it('SIGUSR1 and SIGUSR2 neither end the daemon nor start a debugger', async () => {
  const daemon = start(emulator.url);
  let stderr = '';
  daemon.process.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  await reaches(daemon, 'serving');
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.kill(daemon.pid(), signal);
  await sleep(500);
  expect(existsSync(`/proc/${daemon.pid()}`)).toBe(true);
  expect(stderr).toBe('');
  expect(said(daemon, 'signal.received')).toEqual([]);
});
