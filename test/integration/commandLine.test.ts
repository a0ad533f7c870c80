import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from './program.ts';

const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-cli-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function scalerEcs(...words: string[]) {
  return scalerEcsWith({}, ...words);
}

function scalerEcsWith(env: Record<string, string>, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: scratch, ...env },
  });
  return { status, stdout, stderr };
}

/** Runs a command that fails with status 2, nothing on stdout and one line on stderr; returns the line. */
function refused(...words: string[]): string {
  const { status, stdout, stderr } = scalerEcs(...words);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^scaler-ecs(?: \w+)?: [^\n]*\n$/);
  expect(status).toBe(2);
  return stderr;
}

/** The required settings besides the scheduler's address. */
const given = ['-wmi', 'x', '--ecs-subnets', 'subnet-1'];

describe('scaler-ecs', () => {
  it('prints the list of commands for --help', () => {
    const { status, stdout, stderr } = scalerEcs('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of ['run', 'config', 'emulator', 'wire']) {
      expect(stdout).toContain(`scaler-ecs ${command}`);
    }
  });

  it('prints the flags of run for run --help, multi-letter short names included', () => {
    const { status, stdout } = scalerEcs('run', '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--ecs-subnets');
    expect(stdout).toContain('[-mtc]');
    expect(stdout.match(/\[required/g)).toHaveLength(4);
    expect(stdout).toMatch(/Exit\s+status: 0/);
  });

  it('shows an example in the help of every command', () => {
    const commands = [...scalerEcs('--help').stdout.matchAll(/^ {2}scaler-ecs (\w+)/gm)];
    expect(commands.length).toBeGreaterThan(17);
    for (const [, command = ''] of commands)
      expect([command, scalerEcs(command, '--help').stdout]).toEqual([
        command,
        expect.stringContaining('Examples:'),
      ]);
  });

  it('prints its version for --version', () => {
    expect(scalerEcs('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
  });

  it('prints its help on stderr and ends with status 2 when it gets no arguments', () => {
    const { status, stdout, stderr } = scalerEcs();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('scaler-ecs run');
  });

  it.each([
    [['comfig'], 'unknown command "comfig"; did you mean scaler-ecs config?'],
    [['tcp://1.2.3.4:5'], 'did you mean scaler-ecs run tcp://1.2.3.4:5?'],
    [['none.toml'], 'cannot read none.toml'],
    [['--foo'], 'foo'],
    [['--', 'run', 'x'], 'the command comes first'],
    [['run'], 'missing: scheduler_address'],
    [['run', 'tcp://1.2.3.4:5', '-mtc', '4x'], '--max-task-concurrency (max_task_concurrency, '],
    [['run', '--ecs-subn', 'a'], '--ecs-subnets'],
    [['config', 'a', 'b'], 'unexpected argument "b"'],
    [['config', 'none.conf'], 'cannot read none.conf'],
    [['demo', '--tasks'], '--tasks: needs a value'],
    [['emulator', '--task-path'], '--task-path: needs a value'],
    [['emulator', '--por', '1'], '--por: flags cannot be abbreviated; write --port'],
    [['aws_raw_ecs', 'tcp://1.2.3.4:5'], 'write scaler-ecs run in the place of'],
    [['explain'], 'explain needs an id; see scaler-ecs explain --help'],
    [['wire', 'decode'], 'wire decode needs a file; see scaler-ecs wire decode --help'],
    [['groups', '--sort', 'size'], '--sort must be one of age, state, tasks, id, got "size"'],
    [['completion', 'fish'], 'shell must be one of bash, zsh, got "fish"'],
    [['wire', 'decode', '--generation', 'g9', 'x'], '--generation must be one of '],
    [['status', 'extra'], 'unexpected argument "extra"; see scaler-ecs status --help'],
    [['status', '--worker-manager', 'wm'], 'write --worker-manager-id'],
    [['--verson'], 'did you mean --version?'],
    [['plan', 'F', '--jsn'], 'unknown flag --jsn; did you mean --json?'],
    [['config', 'F', '--json'], 'see scaler-ecs config --help'],
    [['run', 'bad/good.toml', ...given], 'for a file: scaler-ecs bad/good.toml, or run --config'],
    [['wire', 'decode', '/nope'], 'no such file'],
    [['gc', '-wmi', 'x', '--scheduler', 'foo'], '--scheduler: not an address: "foo"'],
    [['emulator', '--port', '99999'], '--port must be an integer up to 65535'],
    [['run', '--max_task_concurrency', '7'], 'write --max-task-concurrency'],
    [['run', '--constructor'], 'unknown flag --constructor; see scaler-ecs run --help'],
    [['config', '--toString=1'], 'unknown flag --toString'],
    [['run', '--no-valueOf'], 'unknown flag --no-valueOf'],
    [['run', '--to-string', 'x'], 'unknown flag --to-string'],
    [['run', '--a.constructor', 'x'], 'unknown flag --a.constructor'],
    [['demo', '--toString'], 'unknown flag --toString; see scaler-ecs demo --help'],
    [['emulator', '--__proto__', '1'], 'unknown flag --__proto__'],
    [['constructor'], 'unknown command "constructor"'],
  ])('refuses %j with status 2 and one line', (words, part) => {
    expect(refused(...words)).toContain(part);
  });

  it('refuses to start when the log file cannot be opened', () => {
    const log = join(scratch, 'none', 'x.log');
    const words = ['run', 'tcp://10.0.0.1:1', '-wmi', 'x', '--ecs-subnets', 'subnet-1', '-lp', log];
    expect(refused(...words)).toContain('ENOENT');
  });

  it('refuses settings that do not fit into a request to ECS, and names them', () => {
    const words = ['run', 'tcp://10.0.0.1:1', '-wmi', 'x', '--ecs-subnets', 'subnet-1'];
    const told = (...more: string[]) => refused(...words, ...more);
    expect(told('--ecs-python-requirements', 'x'.repeat(9000))).toContain(
      '--ecs-python-requirements (ecs_python_requirements, SCALER_ECS_PYTHON_REQUIREMENTS): ',
    );
    expect(told('--preload', 'x'.repeat(9000))).toContain('--preload (preload, SCALER_PRELOAD): ');
    const bad = ['--ecs-task-image', 'x', '--ecs-python-requirements', 'a b'];
    expect(told(...bad)).toContain('SCALER_ECS_PYTHON_REQUIREMENTS), line 1 (a b): ');
    expect(refused('config', ...words.slice(1), ...bad)).toContain('line 1 (a b): ');
  });

  it.each([
    ['config', '--max-usd-per-hour', '0.01', 'none is ever launched'],
    ['plan', '--max-usd-per-hour', '0.01', 'none is ever launched'],
    ['policy', '--max-usd-per-hour', '0.01', 'none is ever launched'],
  ])('refuses for %s what run refuses: %s %s', (command, flag, value, words) => {
    const all = ['tcp://10.0.0.1:1', ...given, flag, value];
    const told = refused(command, ...all);
    expect(told).toContain(words);
    expect(refused('run', ...all)).toBe(told);
  });

  it('starts none of several worker managers when the settings of one are wrong', () => {
    const file = join(scratch, 'two.toml');
    const entry = (id: string, more = '') =>
      `[[worker_manager]]\ntype = "aws_raw_ecs"\nscheduler_address = "tcp://10.0.0.1:1"
worker_manager_id = "${id}"\necs_subnets = "subnet-1"\n${more}`;
    const bad =
      'ecs_task_image = "x"\necs_task_definition = "b"\necs_python_requirements = "a b"\n';
    writeFileSync(file, entry('one') + entry('two', bad));
    expect(refused(file)).toContain('two: --ecs-python-requirements');
  });

  it('names the setting of a state directory that cannot be created', () => {
    const words = ['run', 'tcp://10.0.0.1:1', '-wmi', 'x', '--ecs-subnets', 'subnet-1', '-lp'];
    for (const path of ['/etc/passwd/x', '/proc/nope'])
      expect(refused(...words, '/dev/null', '--state-dir', path)).toContain(
        '--state-dir (state_dir, SCALER_STATE_DIR): ',
      );
  });

  it('prints the settings that a file results in, with secrets masked', () => {
    const file = join(scratch, 'config.toml');
    writeFileSync(
      file,
      `[scheduler]\nbind_address = "tcp://0.0.0.0:1"\n[[worker_manager]]\ntype = "aws_raw_ecs"
scheduler_address = "tcp://10.0.0.1:1"\nworker-manager-id = "wm"\necs_subnets = ["subnet-1"]
aws_access_key_id = "PLANTED"\naws_secret_access_key = "PLANTED"\n`,
    );
    const { status, stdout, stderr } = scalerEcs('config', file);
    expect(status).toBe(0);
    expect(stdout).toContain('worker_manager_id = "wm"');
    expect(stdout + stderr).not.toContain('PLANTED');
    expect(stderr).toMatch(/^scaler-ecs: warning: .*ignored, start them.*\[scheduler\]\n$/);
  });

  it('keeps its state at an absolute path when HOME is empty', () => {
    const { stdout } = scalerEcsWith({ HOME: '' }, 'config', 'tcp://10.0.0.1:1', ...given);
    expect(stdout).toMatch(/^# this manager's state: "\//m);
  });

  it('prints the table of settings for config --table', () => {
    const { status, stdout } = scalerEcs('config', '--table');
    expect(status).toBe(0);
    expect(stdout).toContain('| `--max-task-concurrency` | `-mtc` |');
  });
});
