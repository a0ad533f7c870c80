import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually, startTestEmulator } from '../src/emulator/testEmulator.ts';
import { program } from './program.ts';

const dir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const logOf = (taskArn: string | undefined): string => {
  const path = join(dir, `${taskArn?.split('/').at(-1)}.log`);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

/** Process ids of the `sleep` processes of this machine with this argument. */
const sleepProcesses = (word: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0] === 'sleep' && words[1] === word;
      } catch {
        return false;
      }
    })
    .map(Number);

/** Its process group, the fifth field of `stat`; the second is a name in parentheses. */
const groupOf = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]);

/** Whether it stands still. A signal that comes before it does would be carried out first. */
const isFrozen = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('T') ?? false;

let serial = 0;
/** A unique argument for `sleep`, by which a test finds its own processes. */
const uniqueSleepSeconds = (): string => `${100 + serial++}.${process.pid}`;

const onLinux = describe.runIf(process.platform === 'linux');

onLinux.each(['auto', 'groups'] as const)('processes of a task, isolation %s', (isolation) => {
  const options = { isolation, logDir: dir };

  it('stops a task whose wrapper is frozen', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator(options);
    const sleep = uniqueSleepSeconds();
    const { tasks } = await run(`sleep ${sleep} & exec sleep ${sleep}`);
    const task = tasks?.[0]?.taskArn;
    await eventually(() => sleepProcesses(sleep).length === 2);
    process.kill(-groupOf(sleepProcesses(sleep)[0]), 'SIGSTOP');
    await eventually(() => sleepProcesses(sleep).every(isFrozen));
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    expect((await waitForStatus(task, 'STOPPED')).containers?.[0]?.exitCode).toBe(137);
    expect(sleepProcesses(sleep)).toEqual([]);
  });

  it('explains once what it means that a program is not found', async () => {
    const reports: [name: string, fields: object][] = [];
    const { run, waitForStatus } = await startTestEmulator({
      ...options,
      taskPath: '/opt/workers',
      log: { report: (name, fields) => void reports.push([name, fields]) },
    });
    for (let i = 0; i < 2; i++) {
      const { tasks } = await run('no_such_program --flag');
      const task = await waitForStatus(tasks?.[0]?.taskArn, 'STOPPED');
      expect(task.containers?.[0]?.exitCode).toBe(127);
    }
    expect(reports.filter(([name]) => name === 'emulator.programNotFound')).toEqual([
      [
        'emulator.programNotFound',
        {
          task: expect.stringMatching(/^[0-9a-f]{32}$/),
          path: '/opt/workers:/usr/local/bin:/usr/bin:/bin',
        },
      ],
    ]);
  });

  it('runs COMMAND through sh, with the environment of the task and nothing of the emulator', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'planted';
    const { run, waitForStatus, emulator } = await startTestEmulator({
      ...options,
      taskPath: '/opt/workers',
    });
    const { tasks } = await run('env; exit 7', {}, { GREETING: 'a b;c' });
    delete process.env.AWS_SECRET_ACCESS_KEY;
    const task = await waitForStatus(tasks?.[0]?.taskArn, 'STOPPED');
    expect(task.containers?.[0]?.exitCode).toBe(7);
    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      desiredStatus: 'STOPPED',
    });
    const lines = logOf(task.taskArn).split('\n');
    const names = lines.map((line) => line.split('=')[0]).filter(Boolean);
    expect(names.sort()).toEqual([
      'AWS_EXECUTION_ENV',
      'COMMAND',
      'ECS_CONTAINER_METADATA_URI_V4',
      'GREETING',
      'HOME',
      'LANG',
      'PATH',
      'PWD',
    ]);
    expect(lines).toContain('GREETING=a b;c');
    expect(lines).toContain('PATH=/opt/workers:/usr/local/bin:/usr/bin:/bin');
    const uri = lines.find((line) => line.startsWith('ECS_'));
    const id = task.taskArn?.split('/').at(-1);
    expect(uri).toMatch(
      new RegExp(`^ECS_CONTAINER_METADATA_URI_V4=${emulator.url}/v4/${id}-\\d{10}$`),
    );
  });

  it('sends SIGTERM to the main process only, and kills the remaining processes when it ends', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator(options);
    const [child, remaining] = [uniqueSleepSeconds(), uniqueSleepSeconds()];
    const { tasks } = await run(
      `(trap 'echo child got it' TERM; sleep ${child} & wait) & setsid sleep ${remaining} & trap 'echo main got it; exit 3' TERM; echo ready; wait; wait`,
    );
    const { taskArn } = await waitForStatus(tasks?.[0]?.taskArn, 'RUNNING');
    await eventually(
      () => logOf(taskArn).includes('ready') && sleepProcesses(remaining).length > 0,
    );
    const answer = await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: taskArn }));
    expect(answer.task).toMatchObject({
      desiredStatus: 'STOPPED',
      lastStatus: 'RUNNING',
      stopCode: 'UserInitiated',
      stoppedReason: 'Task stopped by user',
    });
    const task = await waitForStatus(taskArn, 'STOPPED');
    expect(task.containers?.[0]?.exitCode).toBe(3);
    expect(logOf(taskArn)).toContain('main got it');
    expect(logOf(taskArn)).not.toContain('child got it');
    expect([...sleepProcesses(child), ...sleepProcesses(remaining)]).toEqual([]);
  });

  it('ends with exit code 143 when the command does not handle SIGTERM', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator(options);
    const { tasks } = await run(`exec sleep ${uniqueSleepSeconds()}`);
    const { taskArn } = await waitForStatus(tasks?.[0]?.taskArn, 'RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: taskArn }));
    const task = await waitForStatus(taskArn, 'STOPPED');
    expect(task.containers?.[0]?.exitCode).toBe(143);
  });

  it('kills a command that ignores SIGTERM after stopTimeout', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator(options);
    const sleep = uniqueSleepSeconds();
    const { tasks } = await run(`trap '' TERM; echo ready; sleep ${sleep} & wait; wait`);
    const { taskArn } = await waitForStatus(tasks?.[0]?.taskArn, 'RUNNING');
    await eventually(() => logOf(taskArn).includes('ready'));
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: taskArn }));
    const task = await waitForStatus(taskArn, 'STOPPED');
    expect(task.containers?.[0]?.exitCode).toBe(137);
    const lasted = Number(task.executionStoppedAt) - Number(task.stoppingAt);
    expect(lasted).toBeGreaterThan(1900);
    expect(lasted).toBeLessThan(4000);
    expect(sleepProcesses(sleep)).toEqual([]);
  });

  it('leaves no process after the emulator is closed', async () => {
    const { emulator, run, waitForStatus } = await startTestEmulator(options);
    const sleep = uniqueSleepSeconds();
    const { tasks } = await run(`setsid sleep ${sleep} & exec sleep ${sleep}`);
    await waitForStatus(tasks?.[0]?.taskArn, 'RUNNING');
    await eventually(() => sleepProcesses(sleep).length === 2);
    await emulator.close();
    expect(sleepProcesses(sleep)).toEqual([]);
  });

  it('leaves no process after the emulator is killed, not even one that called setsid', async () => {
    const emulator = spawn(
      process.execPath,
      [program, 'emulator', '--start-delay-ms', '0', '--isolation', isolation],
      {
        cwd: new URL('../..', import.meta.url),
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, TMPDIR: dir },
      },
    );
    const line = await new Promise<string>((resolve) =>
      emulator.stdout.once('data', (data: Buffer) => resolve(String(data))),
    );
    const sleep = uniqueSleepSeconds();
    const { url, accessKey } = JSON.parse(line);
    const body = (action: string, members: object) => ({
      method: 'POST',
      headers: {
        authorization: `Bearer ${accessKey}`,
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${action}`,
      },
      body: JSON.stringify(members),
    });
    await fetch(url, body('CreateCluster', {}));
    await fetch(
      url,
      body('RegisterTaskDefinition', {
        family: 'f',
        cpu: '256',
        memory: '512',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [
          {
            name: 'c',
            image: 'i',
            environment: [
              {
                name: 'COMMAND',
                value: `setsid sleep ${sleep} & sleep ${sleep} & exec sleep ${sleep}`,
              },
            ],
          },
        ],
      }),
    );
    await fetch(
      url,
      body('RunTask', {
        taskDefinition: 'f',
        count: 3,
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      }),
    );
    await eventually(() => sleepProcesses(sleep).length === 9);
    const killedAt = Date.now();
    emulator.kill('SIGKILL');
    await eventually(() => sleepProcesses(sleep).length === 0);
    expect(Date.now() - killedAt).toBeLessThan(5000);
  });
});

onLinux('environment and command of a task', () => {
  it('serves the task metadata endpoint', async () => {
    const { run, waitForStatus, emulator } = await startTestEmulator({ logDir: dir });
    const { tasks } = await run('echo "$ECS_CONTAINER_METADATA_URI_V4"; exec sleep 60');
    const { taskArn } = await waitForStatus(tasks?.[0]?.taskArn, 'RUNNING');
    const uri = await eventually(() => logOf(taskArn).trim());
    expect(uri.startsWith(emulator.url)).toBe(true);
    const get = async (path: string) =>
      (await (await fetch(`${uri}${path}`)).json()) as Record<string, unknown>;
    expect(await get('')).toMatchObject({ Name: 'scaler-container', KnownStatus: 'RUNNING' });
    expect(await get('/task')).toMatchObject({
      TaskARN: taskArn,
      Family: 'scaler',
      Revision: '1',
      Limits: { CPU: 1, Memory: 2048 },
    });
    expect(await get('/stats')).toHaveProperty('memory_stats');
    expect(Object.keys(await get('/task/stats'))).toHaveLength(1);
    expect((await fetch(`${emulator.url}/v4/0123-1`)).status).toBe(404);
  });

  it('searches the folders of taskPath before PATH', async () => {
    writeFileSync(join(dir, 'scaler_probe'), '#!/bin/sh\necho probed "$1"\n', { mode: 0o755 });
    const { run, waitForStatus } = await startTestEmulator({ logDir: dir, taskPath: dir });
    const { tasks } = await run("exec scaler_probe 'a  b'");
    const { taskArn } = await waitForStatus(tasks?.[0]?.taskArn, 'STOPPED');
    expect(logOf(taskArn)).toBe('probed a  b\n');
  });

  it('ends a task with exit code 127 when its process cannot be started', async () => {
    const { run, waitForStatus } = await startTestEmulator();
    const { tasks } = await run('echo a\0b');
    const task = await waitForStatus(tasks?.[0]?.taskArn, 'STOPPED');
    expect(task.containers?.[0]?.exitCode).toBe(127);
  });

  it('runs a task without a command until StopTask, without a process', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator();
    const { tasks } = await run('', { overrides: {} });
    const { taskArn } = await waitForStatus(tasks?.[0]?.taskArn, 'RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: taskArn }));
    await waitForStatus(taskArn, 'STOPPED');
  });
});
