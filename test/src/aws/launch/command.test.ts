import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** What the original manager of Scaler 2.6.0 sends for the same two settings. */
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

/** The arguments that the worker's program sees. */
const run = (
  command: string,
  [shell = '', ...options]: string[] = ['sh'],
  more: NodeJS.ProcessEnv = { ECS_CONTAINER_METADATA_URI_V4: metadata },
): string[] => {
  const ran = spawnSync(shell, [...options, '-c', command], {
    env: environment(more),
    cwd: work,
    encoding: 'utf8',
    // On a socket, bash takes itself for a remote login and reads its start-up files.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  return ran.stdout.split('\0').slice(0, -1);
};

const after = (words: string[], flag: string) => words[words.indexOf(flag) + 1];

describe.each(shells)('in %s', (name) => {
  const shell = name.split(' ');
  const words = (settings: WorkerSettings) => run(workerCommand(settings), shell);

  it.each([
    ['minimal', minimal],
    ['full', full],
  ] as const)('hands the worker what the original manager would: %s', (form, settings) => {
    const expected = run(original[form], shell).map((word) =>
      word === 'ECS' ? `ECS-${taskId}` : word,
    );
    expect(words(settings)).toEqual(expected);
  });

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
  ])('hands over exactly this, and runs nothing: %j', (value) => {
    const found = words({ ...full, managerId: value, preload: value, eventLoop: value });
    expect(after(found, '--worker-manager-id')).toBe(value);
    expect(after(found, '--preload')).toBe(value);
    expect(after(found, '--event-loop')).toBe(value);
    expect(readdirSync(work)).toEqual([]);
  });

  it('hands over a capability and an address that look like commands', () => {
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

  it('ties a value that looks like a flag to its own', () =>
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
  ])('names the task whose metadata is at %s', (uri, expected) => {
    const more = uri === undefined ? {} : { ECS_CONTAINER_METADATA_URI_V4: uri };
    for (const strict of [[], ['-e', '-u']])
      expect(after(run(workerCommand(minimal), [...shell, ...strict], more), '--worker-type')).toBe(
        `ECS-${expected}`,
      );
    expect(readdirSync(work)).toEqual([]);
  });

  it('lets SIGTERM reach the worker', async () => {
    const [program = '', ...options] = shell;
    const child = spawn(program, [...options, '-c', workerCommand(minimal)], {
      env: environment({ STAY: 'yes' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said === 'ready\n') child.kill('SIGTERM');
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ said, status }).toEqual({ said: 'ready\nended\n', status: 7 });
  });
});

it('refuses what a command line cannot carry', () => {
  for (const name of ['', 'a,b', 'a=b', ' a', 'a\n'])
    expect(() => workerCommand({ ...minimal, capabilities: [{ name, value: '1' }] })).toThrow(
      TemplateFailure,
    );
  expect(() => workerCommand({ ...minimal, managerId: 'a\0b' })).toThrow(TemplateFailure);
});

describe('by release', () => {
  const { io, named, grouped, plain } = {
    plain: 'scaler_worker_manager baremetal_native',
    grouped: 'scaler_cluster',
    io: '--io-threads 3',
    named: '--worker-manager-id wm-ecs',
  };

  it.each([
    ['1.15.0', grouped, '--num-of-workers 2', '--worker-io-threads 3', false],
    ['1.24.0', grouped, '--max-task-concurrency 2', '--worker-io-threads 3', true],
    ['1.26.0', grouped, '--max-task-concurrency 2', '--worker-io-threads 3', true],
    ['1.26.1', plain, '--max-task-concurrency 2', io, true],
    // Their own manager said --worker-io-threads, which their workers refuse.
    ['1.27.2', plain, '--max-task-concurrency 2', io, true],
    ['2.3.5', plain, '--max-task-concurrency 2', io, true],
    ['2.9.0', plain, '--max-task-concurrency 2', io, true],
  ] as const)('%s is started by %s', (scalerRelease, program, count, threads, knowsManagers) => {
    const command = workerCommand({ ...full, scalerRelease });
    expect(command).toContain(`exec ${program} ${full.workerSchedulerAddress} `);
    for (const part of [count, threads]) expect(` ${command} `).toContain(` ${part} `);
    expect(command.includes('--mode fixed')).toBe(program === plain);
    for (const part of [named, '--worker-type', 'ECS_CONTAINER_METADATA_URI_V4'])
      expect(command.includes(part)).toBe(knowsManagers);
    expect(schedulerOf(command)).toBe(full.workerSchedulerAddress);
  });
});

describe('schedulerOf', () => {
  it.each(['tcp://10.0.0.5:8516', "ws://10.0.0.5:1/it's;$(x)", 'ipc:///tmp/a b'])(
    'reads %s out of a command of ours',
    (workerSchedulerAddress) =>
      expect(schedulerOf(workerCommand({ ...minimal, workerSchedulerAddress }))).toBe(
        workerSchedulerAddress,
      ),
  );

  it('reads the original manager of any release', () => {
    expect(schedulerOf(original.full)).toBe('tcp://203.0.113.7:8516');
    expect(schedulerOf('scaler_cluster tcp://10.0.0.5:8516 --num-of-workers 4')).toBe(
      'tcp://10.0.0.5:8516',
    );
  });

  it('does not guess', () => {
    for (const command of ['', 'sleep 5', 'scaler_worker_manager', 'xscaler_cluster tcp://a:1'])
      expect(schedulerOf(command)).toBeNull();
  });
});
