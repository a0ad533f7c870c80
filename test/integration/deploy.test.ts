import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { makePolicies } from '../../src/daemon/doctor/policy.ts';
import { startTestEmulator } from '../src/emulator/testEmulator.ts';

const root = new URL('../..', import.meta.url).pathname;
const text = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8');
const json = (path: string) => JSON.parse(text(path));
const can = (program: string) => spawnSync(program, ['--version']).status === 0;

interface Container {
  environment: { name: string; value: string }[];
  command: string[];
  stopTimeout: number;
  healthCheck: { command: string[] };
}

const definition = json('ecs/task-definition.json');
const [container] = definition.containerDefinitions as [Container];
const environment = Object.fromEntries(
  container.environment.map(({ name, value }) => [name, value]),
);

/** The settings of the daemon in ECS. */
const configOf = (env: Record<string, string>) => {
  const [config] = loadConfig({
    argv: container.command,
    env: { HOME: '/root', ...env },
    readFile: () => '',
    warn: (line) => {
      throw new Error(line);
    },
  });
  if (!config) throw new Error('no settings');
  return config;
};

/** The values of a key of the unit. */
const unit = text('systemd/scaler-ecs.service');
const valuesOf = (key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

/** How long closing takes after stop_timeout, s: the connection to the scheduler, the log, the last words. */
const closingSeconds = 20;

describe('the systemd unit', () => {
  it.runIf(can('systemd-analyze'))('is in order for systemd', () => {
    const folder = mkdtempSync(join(tmpdir(), 'scaler-ecs-unit-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'scaler-ecs.service');
    writeFileSync(file, unit);
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    expect([verified.status, verified.stdout + verified.stderr]).toEqual([0, '']);
    const flags = ['security', '--offline=true', '--threshold=25', file];
    const security = spawnSync('systemd-analyze', flags, { encoding: 'utf8' });
    expect([security.status, security.stderr]).toEqual([0, '']);
  });

  it('gives the daemon longer to stop than it takes by default', () => {
    const { stopTimeoutSeconds } = configOf({ ...environment, SCALER_STOP_TIMEOUT: '' });
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThanOrEqual(
      stopTimeoutSeconds + closingSeconds,
    );
  });

  it('listens to the program that notifies, and does not restart what cannot start', () => {
    expect(valuesOf('Type')).toEqual(['notify']);
    expect(valuesOf('NotifyAccess')).toEqual(['all']);
    expect(valuesOf('RestartPreventExitStatus')).toEqual(['2']);
    // Less would not leave time for three signs of life and a slow machine.
    expect(Number(valuesOf('WatchdogSec')[0])).toBeGreaterThanOrEqual(30);
  });
});

it('the systemd unit and the image give Node.js the same flags, which it takes', () => {
  const [entrypoint = ''] = /(?<=^ENTRYPOINT ).*$/m.exec(text('Dockerfile')) ?? [];
  const ofImage = (JSON.parse(entrypoint) as string[]).filter((word) => word.startsWith('--'));
  const ofUnit = (valuesOf('ExecStart')[0] ?? '')
    .split(' ')
    .filter((word) => word.startsWith('--'));
  expect(ofUnit).toEqual(ofImage);
  const started = spawnSync(process.execPath, [...ofUnit, '-e', ''], { encoding: 'utf8' });
  expect([started.status, started.stderr]).toEqual([0, '']);
});

describe('the ECS task definition', () => {
  it('holds settings that run takes without a warning', () => {
    expect(configOf(environment)).toMatchObject({
      workerManagerId: 'wm-ecs',
      sigtermPolicy: 'leave',
      metrics: { host: '127.0.0.1', port: 9464 },
    });
  });

  it('gives the daemon longer to stop than it takes, and no longer than Fargate allows', () => {
    const { stopTimeoutSeconds } = configOf(environment);
    expect(container.stopTimeout).toBeGreaterThanOrEqual(stopTimeoutSeconds + closingSeconds);
    expect(container.stopTimeout).toBeLessThanOrEqual(120);
  });

  it('asks for health where the daemon serves it', () => {
    const words = container.healthCheck.command.join(' ');
    expect(words).toContain(`http://127.0.0.1:${environment.SCALER_METRICS_PORT}/livez`);
    const [, program = '', flag = '', script = ''] = container.healthCheck.command;
    const checked = spawnSync(program, [flag, script.replace('9464', '9')], { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([1, '']);
  });

  it('is registered by ECS as the emulator knows it', async () => {
    const { ecs } = await startTestEmulator();
    const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(definition));
    expect(taskDefinition).toMatchObject({ family: 'scaler-ecs', status: 'ACTIVE' });
  });
});

describe('the ECS service', () => {
  it('never runs two daemons at once: the scheduler would reject one of them', () => {
    const { desiredCount, deploymentConfiguration, taskDefinition } = json('ecs/service.json');
    expect({ desiredCount, deploymentConfiguration, taskDefinition }).toMatchObject({
      ...{ desiredCount: 1, taskDefinition: definition.family },
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
    });
  });
});

describe('the task role of the daemon', () => {
  it('has the permissions that scaler-ecs policy prints for the settings of the definition', async () => {
    const { policies } = await makePolicies(configOf(environment), {}, '123456789012');
    expect(json('ecs/task-role-policy.json')).toEqual({
      Version: '2012-10-17',
      Statement: [...policies.firstRun.Statement, ...policies.steadyState.Statement],
    });
  });

  it('is one that only ECS tasks of the account can take', () => {
    const [statement] = json('ecs/task-role-trust.json').Statement;
    expect(statement.Principal).toEqual({ Service: 'ecs-tasks.amazonaws.com' });
    expect(statement.Condition.StringEquals['aws:SourceAccount']).toBe('123456789012');
  });
});

describe('the Dockerfile', () => {
  const lines = text('Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const wordsAfter = (instruction: string) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));

  it('starts from a Node.js that the program runs on, in its slim form, twice', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const minimum = Number(/\d+/.exec(engines.node)?.[0]);
    const bases = wordsAfter('FROM').map((words) => words.split(' ')[0] ?? '');
    expect(bases).toHaveLength(2);
    for (const base of bases) {
      expect(base).toMatch(/^node:\d+-\w+-slim$/);
      expect(Number(/\d+/.exec(base)?.[0])).toBeGreaterThan(minimum);
    }
  });

  it('runs as a user without rights, and passes signals on to the program', () => {
    expect(wordsAfter('USER')).toEqual(['1000:1000']);
    expect(wordsAfter('STOPSIGNAL')).toEqual(['SIGTERM']);
    // In the form of a list: a shell would not pass signals on.
    expect(JSON.parse(wordsAfter('ENTRYPOINT')[0] ?? '')).toEqual([
      'node',
      '--initial-old-space-size=16',
      '--max-semi-space-size=4',
      '/app/dist/cli/start.cjs',
    ]);
  });

  it('gets from its folder exactly what it copies', () => {
    const copied = wordsAfter('COPY')
      .filter((words) => !words.startsWith('--from'))
      .flatMap((words) => words.split(' ').slice(0, -1));
    const [first, ...given] = text('Dockerfile.dockerignore').trim().split('\n');
    expect(first).toBe('*');
    expect(given.map((line) => line.replace('!', '')).sort()).toEqual(copied.sort());
    expect(() => execFileSync('ls', copied, { cwd: root, stdio: 'ignore' })).not.toThrow();
  });
});
