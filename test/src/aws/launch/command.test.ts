import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestRelease } from '../../../../machines/shared/releaseList.ts';
import {
  schedulerOf,
  TemplateFailure,
  type WorkerSettings,
  workerCommand,
} from '../../../../src/aws/launch/command.ts';

const minimal: WorkerSettings = {
  workerSchedulerAddress: 'tcp://10.0.0.5:8516',
  workersPerTask: 4,
  managerId: 'wm-ecs',
  capabilities: [],
  perWorkerTaskQueueSize: 1000,
  heartbeatIntervalSeconds: 2,
  taskTimeoutSeconds: 0,
  deathTimeoutSeconds: 300,
  garbageCollectIntervalSeconds: 30,
  trimMemoryThresholdBytes: 1073741824,
  hardProcessorSuspend: false,
  ioThreads: 1,
  eventLoop: 'builtin',
};

const full: WorkerSettings = {
  ...minimal,
  workerSchedulerAddress: 'tcp://203.0.113.7:8516',
  objectStorageAddress: 'tcp://203.0.113.7:8517',
  workersPerTask: 2,
  capabilities: [
    { name: 'linux', value: '-1' },
    { name: 'gpu', value: '2' },
  ],
  ioThreads: 3,
  hardProcessorSuspend: true,
  preload: 'pkg.mod:func("a b", k=1)',
};

/** What Scaler 2.6.0's own manager builds from the same two settings. */
const original = {
  minimal:
    'scaler_worker_manager baremetal_native tcp://10.0.0.5:8516 --mode fixed --worker-type ECS --max-task-concurrency 4 --per-worker-task-queue-size 1000 --heartbeat-interval-seconds 2 --task-timeout-seconds 0 --garbage-collect-interval-seconds 30 --death-timeout-seconds 300 --trim-memory-threshold-bytes 1073741824 --event-loop builtin --io-threads 1 --worker-manager-id wm-ecs',
  full: `scaler_worker_manager baremetal_native tcp://203.0.113.7:8516 --mode fixed --worker-type ECS --max-task-concurrency 2 --per-worker-task-queue-size 1000 --heartbeat-interval-seconds 2 --task-timeout-seconds 0 --garbage-collect-interval-seconds 30 --death-timeout-seconds 300 --trim-memory-threshold-bytes 1073741824 --event-loop builtin --io-threads 3 --hard-processor-suspend --object-storage-address tcp://203.0.113.7:8517 --per-worker-capabilities linux,gpu=2 --worker-manager-id wm-ecs --preload 'pkg.mod:func("a b", k=1)'`,
};

const metadata = 'http://169.254.170.2/v4/0123456789abcdef0123456789abcdef-3791506424';
const taskId = '0123456789abcdef0123456789abcdef';

const shells = ['sh', 'dash', 'bash', 'bash --posix', 'busybox sh'].filter((shell) => {
  const [program = '', ...options] = shell.split(' ');
  return spawnSync(program, [...options, '-c', ':']).status === 0;
});

let bin: string;
let work: string;

beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'bin-'));
  work = mkdtempSync(join(tmpdir(), 'work-'));
  const program = join(bin, 'scaler_worker_manager');
  writeFileSync(
    program,
    `#!/bin/sh
if [ -n "$STAY" ]; then trap 'echo ended; exit 7' TERM; echo ready; while :; do sleep 0.02; done; fi
printf '%s\\0' "$@"
`,
  );
  chmodSync(program, 0o755);
});

afterAll(() => {
  for (const folder of [bin, work]) rmSync(folder, { recursive: true });
});

const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  ...more,
});

/** Runs the command in a shell and returns the arguments that the worker's program receives. */
const run = (
  command: string,
  [shell = '', ...options]: string[] = ['sh'],
  more: NodeJS.ProcessEnv = { ECS_CONTAINER_METADATA_URI_V4: metadata },
): string[] => {
  const ran = spawnSync(shell, [...options, '-c', command], {
    env: environment(more),
    cwd: work,
    encoding: 'utf8',
    // With a socket as stdin, bash assumes a remote login and reads its start-up files.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  return ran.stdout.split('\0').slice(0, -1);
};

const after = (words: string[], flag: string) => words[words.indexOf(flag) + 1];

describe.each(shells)('the transport of workers whose release is uncertain, in %s', (name) => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'python-'));
    const python = join(dir, 'python3');
    // Asked for a version it prints one, else it runs the program: that prints its transport.
    writeFileSync(
      python,
      `#!/bin/sh
if [ "$1" = -c ]; then [ -n "$INSTALLED" ] && echo "$INSTALLED"; exit; fi
printf %s "$SCALER_NETWORK_BACKEND"
`,
    );
    writeFileSync(join(dir, 'scaler_worker_manager'), `#!${python}\n`);
    writeFileSync(join(dir, 'foreign'), '#!/bin/sh\nprintf %s "$SCALER_NETWORK_BACKEND"\n');
    for (const file of ['python3', 'scaler_worker_manager', 'foreign'])
      chmodSync(join(dir, file), 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const transportWith = (installed: string, path = dir) => {
    const [shell = '', ...options] = name.split(' ');
    const command = workerCommand({ ...minimal, scalerRelease: '2.3.3', isReleaseUncertain: true });
    const { stdout, stderr, status } = spawnSync(shell, [...options, '-euc', command], {
      env: {
        PATH: `${path}${delimiter}${process.env.PATH}`,
        INSTALLED: installed,
        SCALER_NETWORK_BACKEND: 'zmq',
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return stdout;
  };

  it.each([
    ['2.1.2', 'tcp_zmq'],
    ['2.2.0', 'tcp_zmq'],
    ['2.3.0', 'zmq'],
    ['2.3.3', 'zmq'],
    ['2.10.0', 'zmq'],
    ['', 'zmq'],
  ])('is spelled for %s as %s', (installed, spelling) => {
    expect(transportWith(installed)).toBe(spelling);
  });

  it('stays as it is when the program does not name its Python', () => {
    const other = mkdtempSync(join(tmpdir(), 'python-'));
    copyFileSync(join(dir, 'foreign'), join(other, 'scaler_worker_manager'));
    chmodSync(join(other, 'scaler_worker_manager'), 0o755);
    expect(transportWith('2.2.0', other)).toBe('zmq');
    rmSync(other, { recursive: true });
  });
});

describe.each(shells)('in %s', (name) => {
  const shell = name.split(' ');
  const words = (settings: WorkerSettings) => run(workerCommand(settings), shell);

  it.each([
    ['minimal', minimal],
    ['full', full],
  ] as const)(
    'passes the arguments of the original manager to the worker: %s',
    (form, settings) => {
      const expected = run(original[form], shell).map((word) =>
        word === 'ECS' ? `ECS-${taskId}` : word,
      );
      expect(words(settings)).toEqual(expected);
    },
  );

  it.each([
    'a b;touch X',
    'g$(id)',
    '`id`',
    "it's",
    `"'"'"'`,
    '"$HOME"',
    'two\nlines\n',
    '\\',
    'Büro 日本 🐍',
    '*',
    '~',
    '!!',
    '#x',
    '',
  ])('passes the text %j unchanged and runs no command in it', (value) => {
    const found = words({ ...full, managerId: value, preload: value, eventLoop: value });
    expect(after(found, '--worker-manager-id')).toBe(value);
    expect(after(found, '--preload')).toBe(value);
    expect(after(found, '--event-loop')).toBe(value);
    expect(readdirSync(work)).toEqual([]);
  });

  it('passes a capability and an address that look like shell commands unchanged', () => {
    const found = words({
      ...minimal,
      workerSchedulerAddress: 'ws://10.0.0.5:8516/$(id);touch X',
      capabilities: [
        { name: 'g$(id)', value: '1' },
        { name: 'a b', value: '-1' },
      ],
    });
    expect(found[1]).toBe('ws://10.0.0.5:8516/$(id);touch X');
    expect(after(found, '--per-worker-capabilities')).toBe('g$(id)=1,a b');
    expect(readdirSync(work)).toEqual([]);
  });

  it('joins a value that begins with a dash to its flag by =', () =>
    expect(words({ ...minimal, managerId: '-x y' })).toContain('--worker-manager-id=-x y'));

  it.each([
    [metadata, taskId],
    [`${metadata}/`, taskId],
    ['http://169.254.170.2/v4/abcDEF019', 'abcDEF019'],
    ['http://169.254.170.2/v4/a|b-1', 'unknown'],
    ['http://169.254.170.2/v4/$(touch X)-1', 'unknown'],
    ['http://169.254.170.2/v4/a b', 'unknown'],
    ['-', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ])('with the metadata address %s passes the worker type ECS-%s', (uri, expected) => {
    const more = uri === undefined ? {} : { ECS_CONTAINER_METADATA_URI_V4: uri };
    for (const strict of [[], ['-e', '-u']])
      expect(after(run(workerCommand(minimal), [...shell, ...strict], more), '--worker-type')).toBe(
        `ECS-${expected}`,
      );
    expect(readdirSync(work)).toEqual([]);
  });

  it('delivers SIGTERM to the worker', async () => {
    const [program = '', ...options] = shell;
    const child = spawn(program, [...options, '-c', workerCommand(minimal)], {
      env: environment({ STAY: 'yes' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output === 'ready\n') child.kill('SIGTERM');
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ output, status }).toEqual({ output: 'ready\nended\n', status: 7 });
  });
});

it('workerCommand fails for values that a command line cannot carry', () => {
  for (const name of ['', 'a,b', 'a=b', ' a', 'a\n'])
    expect(() => workerCommand({ ...minimal, capabilities: [{ name, value: '1' }] })).toThrow(
      TemplateFailure,
    );
  expect(() => workerCommand({ ...minimal, managerId: 'a\0b' })).toThrow(TemplateFailure);
});

describe('workerCommand by release', () => {
  const { io, managerId, oldProgram, newProgram } = {
    newProgram: 'scaler_worker_manager baremetal_native',
    oldProgram: 'scaler_cluster',
    io: '--io-threads 3',
    managerId: '--worker-manager-id wm-ecs',
  };

  it.each([
    ['1.15.0', oldProgram, '--num-of-workers 2', '--worker-io-threads 3', false],
    ['1.24.0', oldProgram, '--max-task-concurrency 2', '--worker-io-threads 3', true],
    ['1.26.0', oldProgram, '--max-task-concurrency 2', '--worker-io-threads 3', true],
    ['1.26.1', newProgram, '--max-task-concurrency 2', io, true],
    // The manager of this release passes --worker-io-threads, which its workers reject.
    ['1.27.2', newProgram, '--max-task-concurrency 2', io, true],
    ['2.3.5', newProgram, '--max-task-concurrency 2', io, true],
    ['2.9.0', newProgram, '--max-task-concurrency 2', io, true],
  ] as const)(
    'starts workers of %s with %s',
    (scalerRelease, program, count, threads, hasManagerIds) => {
      const command = workerCommand({ ...full, scalerRelease });
      expect(command).toContain(`exec ${program} ${full.workerSchedulerAddress} `);
      for (const part of [count, threads]) expect(` ${command} `).toContain(` ${part} `);
      expect(command.includes('--mode fixed')).toBe(program === newProgram);
      for (const part of [managerId, '--worker-type', 'ECS_CONTAINER_METADATA_URI_V4'])
        expect(command.includes(part)).toBe(hasManagerIds);
      expect(schedulerOf(command)).toBe(full.workerSchedulerAddress);
    },
  );
});

describe.each(['2.9.1', '2.10.0', '3', '10.0.0rc1'])(
  'a worker of %s, which is newer than all that are known',
  (scalerRelease) => {
    let dir: string;
    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'newer-'));
      // Asked for help it prints that, else its arguments.
      writeFileSync(
        join(dir, 'scaler_worker_manager'),
        '#!/bin/sh\nif [ "$2" = --help ]; then printf %s "$HELP"; exit "$STATUS"; fi\nprintf "%s\\0" "$@"\n',
      );
      chmodSync(join(dir, 'scaler_worker_manager'), 0o755);
    });
    afterAll(() => rmSync(dir, { recursive: true }));

    const argumentsOf = (name: string, release: string, help: string, status = 0) => {
      const [shell = '', ...options] = name.split(' ');
      const command = workerCommand({ ...full, scalerRelease: release });
      const ran = spawnSync(shell, [...options, '-euc', command], {
        env: { PATH: `${dir}${delimiter}${process.env.PATH}`, HELP: help, STATUS: `${status}` },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect({ stderr: ran.stderr, status: ran.status }).toEqual({ stderr: '', status: 0 });
      return ran.stdout.split('\0').slice(0, -1);
    };

    it.each(shells)('is started like one of the newest, in %s', (name) => {
      const newest = argumentsOf(name, newestRelease, '');
      expect(newest).toContain('--mode');
      expect(argumentsOf(name, scalerRelease, 'usage: [--mode MODE] [-h]')).toEqual(newest);
    });

    it.each(shells)('is started without --mode where its program has none, in %s', (name) => {
      const without = argumentsOf(name, newestRelease, '').filter(
        (word, n, all) => word !== '--mode' && all[n - 1] !== '--mode',
      );
      expect(argumentsOf(name, scalerRelease, 'usage: [--worker-type TYPE] [-h]')).toEqual(without);
    });

    it.each(shells)('is started with --mode where its program prints no help, in %s', (name) =>
      expect(argumentsOf(name, scalerRelease, '', 1)).toContain('--mode'),
    );
  },
);

describe('schedulerOf', () => {
  it.each(['tcp://10.0.0.5:8516', "ws://10.0.0.5:1/it's;$(x)", 'ipc:///tmp/a b'])(
    'reads %s from a command of this program',
    (workerSchedulerAddress) =>
      expect(schedulerOf(workerCommand({ ...minimal, workerSchedulerAddress }))).toBe(
        workerSchedulerAddress,
      ),
  );

  it('reads the commands of the original managers', () => {
    expect(schedulerOf(original.full)).toBe('tcp://203.0.113.7:8516');
    expect(schedulerOf('scaler_cluster tcp://10.0.0.5:8516 --num-of-workers 4')).toBe(
      'tcp://10.0.0.5:8516',
    );
  });

  it('returns null for other commands', () => {
    for (const command of ['', 'sleep 5', 'scaler_worker_manager', 'xscaler_cluster tcp://a:1'])
      expect(schedulerOf(command)).toBeNull();
  });
});
