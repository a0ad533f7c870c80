import { describe, expect, it } from 'vitest';
import { ConfigFailure } from '../../../src/config/configFailure.ts';
import { loadConfig, loadSettings } from '../../../src/config/load.ts';
import { type Given, needed, neededToml, run, runFile } from './loaded.ts';

/** The message of the ConfigFailure, which is one line. */
function failureOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (!(error instanceof ConfigFailure)) throw error;
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  throw new Error('nothing was thrown');
}

describe('the source of a value', () => {
  const flags = ['--io-threads', '4'];
  const env = { SCALER_IO_THREADS: '3' };
  const toml = `${neededToml}io_threads = 2\n`;

  it.each<[string, Given, number]>([
    ['a flag takes precedence over variable, file and default', { flags, env, toml }, 4],
    ['a variable takes precedence over the file', { env, toml }, 3],
    ['the file takes precedence over the default', { toml }, 2],
    ['without any other source the default applies', {}, 1],
    ['an empty variable is ignored', { env: { SCALER_IO_THREADS: '' }, toml }, 2],
    ['of two equal flags the last applies', { flags: [...flags, '-it', '5'] }, 5],
  ])('%s', (_, given, threads) => {
    expect(run(given).config.worker.ioThreads).toBe(threads);
  });

  it('takes required values from the file or from variables', () => {
    const read = { readFile: () => neededToml, warn: () => {} };
    const fromFile = loadConfig({ argv: ['run', '--config', 'c.toml'], env: {}, ...read });
    expect(fromFile[0]?.schedulerAddress.text).toBe('tcp://10.0.0.1:8516');
    const env = {
      SCALER_SCHEDULER_ADDRESS: 'tcp://10.0.0.2:1',
      SCALER_WORKER_MANAGER_ID: 'v',
      SCALER_ECS_SUBNETS: 's',
    };
    const fromVariables = loadConfig({ argv: ['run'], env, ...read });
    expect(fromVariables[0]?.workerManagerId).toBe('v');
  });

  it('does not read the AWS variables, which the SDK reads', () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    expect(run({ env }).config.aws.credentials).toBeNull();
  });

  it('takes AWS keys from flags and from the file', () => {
    const flags = ['--aws-access-key-id', 'AKIA', '--aws-secret-access-key', 's'];
    expect(run({ flags }).config.aws.credentials).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 's',
    });
    const toml = `${neededToml}aws_access_key_id = "A"\naws-secret-access-key = "b"\naws_session_token = "c"\n`;
    expect(run({ toml }).config.aws.credentials).toEqual({
      accessKeyId: 'A',
      secretAccessKey: 'b',
      sessionToken: 'c',
    });
  });

  it("takes the transport from Scaler's variable in both spellings, also with a configuration file", () => {
    expect(run({ env: { SCALER_NETWORK_BACKEND: 'tcp_zmq' } }).config.networkBackend).toBe('zmq');
    const { configs } = runFile(neededToml, {
      SCALER_NETWORK_BACKEND: 'zmq',
      SCALER_IO_THREADS: '9',
    });
    expect(configs[0]?.networkBackend).toBe('zmq');
    expect(configs[0]?.worker.ioThreads).toBe(1);
  });
});

describe('flags', () => {
  it.each([
    [['-mtc', '4'], 4],
    [['-mtc=4'], 4],
    [['-mtc', '-1'], null],
    [['--max-task-concurrency=-1'], null],
    [['--max-task-concurrency', '0'], 0],
    [['-mtc', ' +1_0 '], 10],
  ])('%j gives a limit of %s tasks, as in Scaler', (flags, tasks) => {
    expect(run({ flags }).config.capacity.maxTasks).toBe(tasks);
  });

  it.each([
    [['-lp'], []],
    [['-lp', '-'], ['/dev/stdout']],
    [
      ['-lp', 'a', '-', 'b', '-hps'],
      ['a', '/dev/stdout', 'b'],
    ],
    [
      ['--logging-paths', '~/l.log', '$LOGS/x'],
      ['/home/u/l.log', '/var/log/x'],
    ],
    [['-lp', '$NONE/x'], ['$NONE/x']],
  ])('%j gives the logging paths %j', (flags, paths) => {
    expect(run({ flags, env: { LOGS: '/var/log' } }).config.logging.paths).toEqual(paths);
  });

  it.each([
    ['--logging-level', 'debug', 'logging_level', 'DEBUG'],
    ['--logging-level', 'Warn', 'logging_level', 'WARNING'],
    ['--logging-level', 'fatal', 'logging_level', 'CRITICAL'],
    ['--event-loop', 'UVLOOP', 'event_loop', 'uvloop'],
    ['--network-backend', 'TCP_ZMQ', 'network_backend', 'zmq'],
    ['--ecs-assign-public-ip', 'disabled', 'ecs_assign_public_ip', 'DISABLED'],
    ['--capacity-provider', 'fargate_spot', 'capacity_provider', 'FARGATE_SPOT'],
  ] as const)('%s takes %s in any case', (flag, value, key, word) => {
    const argv = ['run', ...needed, flag, value];
    expect(loadSettings({ argv, env: {} })[0]?.settings.values[key]).toBe(word);
  });

  it.each([
    ...[
      'x',
      'python',
      'me/scaler:1.2',
      'localhost:5000/a_b/c__d',
      'ghcr.io/me/scaler:latest-amd64',
    ],
    `public.ecr.aws/v4u8j8r6/scaler@sha256:${'0a'.repeat(32)}`,
    `123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b:v1@sha256:${'0a'.repeat(32)}`,
  ])('takes the container image %s', (image) => {
    expect(run({ flags: ['--ecs-task-image', image] }).config.ecs.taskImage).toBe(image);
  });

  it.each(['3', '3.8', '3.12.11', '3.14', 'cpython-3.12', 'pypy@3.10', '>=3.11,<3.14'])(
    'takes the Python version %s',
    (version) => {
      const { config } = run({ flags: [`--ecs-python-version=${version}`] });
      expect(config.ecs.pythonVersion).toBe(version);
    },
  );

  it('keeps values with special characters unchanged', () => {
    const flags = [
      '-wmi',
      'a b;touch X',
      '-pwc',
      'g$(id)=1,linux, x = -3,linux=2',
      '--preload',
      '',
    ];
    const { config } = run({ flags });
    expect(config.workerManagerId).toBe('a b;touch X');
    expect(config.capabilities).toEqual([
      { name: 'g$(id)', value: '1' },
      { name: 'linux', value: '2' },
      { name: 'x', value: '-3' },
    ]);
    expect(config.worker.preload).toBe('');
  });

  it('keeps capability values of 64 bits exact', () => {
    const flags = ['-pwc', 'a=9223372036854775807,b=-9223372036854775808'];
    expect(run({ flags }).config.capabilities.map(({ value }) => value)).toEqual([
      '9223372036854775807',
      '-9223372036854775808',
    ]);
  });

  it.each([
    [['--ecs-subn', 'x'], '--ecs-subn: flags cannot be abbreviated; write --ecs-subnets'],
    [['--aws', 'x'], 'write --aws-access-key-id or --aws-secret-access-key or --aws-'],
    [['--ecs-clutser', 'x'], 'unknown flag --ecs-clutser; did you mean --ecs-cluster?'],
    [['--zzz'], 'unknown flag --zzz; see scaler-ecs run --help'],
    [['-mtc4'], 'unknown flag -mtc4'],
    [['-x'], 'unknown flag -x'],
    [['--constructor'], 'unknown flag --constructor'],
    [['--toString=1'], 'unknown flag --toString'],
    [['--valueOf', 'x'], 'unknown flag --valueOf'],
    [['-hasOwnProperty'], 'unknown flag -hasOwnProperty'],
    [['--__proto__=1'], 'unknown flag --__proto__'],
    [['--preload', '--constructor'], 'unknown flag --constructor'],
    [['--scheduler-address', 'x'], "the scheduler's address is a positional argument"],
    [['--preload'], '--preload (preload, SCALER_PRELOAD): needs a value'],
    [['--preload', '--inspect'], '--preload (preload, SCALER_PRELOAD): needs a value'],
    [['--inspect=yes'], '--inspect (inspect, SCALER_INSPECT): is a switch and takes no value'],
    [['-hps=1'], '--hard-processor-suspend'],
    [['other'], 'unexpected argument "other"'],
    [['--config', '/no/such/file'], 'cannot read /no/such/file: '],
  ])('%j fails', (flags, words) => {
    expect(failureOf(() => loadConfig({ argv: ['run', ...needed, ...flags], env: {} }))).toContain(
      words,
    );
  });

  it('reports all missing settings together', () => {
    const line = failureOf(() => loadConfig({ argv: ['run'], env: {} }));
    for (const name of ['scheduler_address', '--worker-manager-id', 'SCALER_ECS_SUBNETS']) {
      expect(line).toContain(name);
    }
  });
});

describe('invalid values', () => {
  const integers = [
    ['--max-task-concurrency', 'must be -1 (no limit) or a non-negative integer', '-2'],
    ['--max-workers', 'must be -1 (no limit) or a non-negative integer', 'many'],
    ['--per-worker-task-queue-size', 'must be a positive integer', '0'],
    ['--heartbeat-interval-seconds', 'must be a whole number of seconds, 1 or more', '0'],
    ['--task-timeout-seconds', 'must be a non-negative integer', '-1'],
    ['--death-timeout-seconds', 'must be a positive integer', '0'],
    ['--garbage-collect-interval-seconds', 'must be a positive integer', '0'],
    ['--trim-memory-threshold-bytes', 'must be a non-negative integer', '-1'],
    ['--io-threads', 'must be a positive integer', '0'],
    ['--ecs-task-cpu', 'must be a positive integer', 'x'],
    ['--ecs-task-cpu', 'must be a positive integer', '2.5'],
    ['--ecs-task-memory', 'must be a positive integer', ''],
    ['--scheduler-grace', 'must be a whole number of seconds, 0 or more', '-1'],
    ['--start-deadline', 'must be a whole number of seconds, 1 or more', '0'],
  ].map(([flag, words, value]) => [flag, value, `${words}, got "${value}"`]);

  it.each([
    ...integers,
    ['--heartbeat-interval-seconds', '9999999', 'must be a whole number of at most 2147483'],
    ['--stop-timeout', '1e30', 'must be a whole number of at most 2147483, got "1e30"'],
    ['--stop-timeout', '1.5', 'must be a whole number of seconds, 0 or more'],
    ['--worker-manager-id', '', 'cannot be an empty string'],
    ['--ecs-cluster', '', 'cannot be an empty string'],
    ['--ecs-task-image', '', 'cannot be an empty string'],
    ['--ecs-task-definition', '', 'cannot be an empty string'],
    ['--ecs-cluster', 'bad name', 'must be a name of 1 to 255 letters, digits, - and _'],
    ['--ecs-task-definition', 'fam:2', 'must be a family (no revision, no ARN)'],
    ['--object-storage-address', 'inproc://x', 'inproc:// works only within one process'],
    ['--ecs-python-requirements', '', 'cannot be an empty string'],
    ['--ecs-python-version', '', 'cannot be an empty string'],
    ['--ecs-subnets', ' , ,', 'must be a non-empty list of subnet ids'],
    ['--ecs-subnets', 'subnet-1 subnet-2', 'must be subnet ids like subnet-0abc1234def56789a, sep'],
    [
      '--ecs-subnets',
      'a,b;c',
      'must be subnet ids like subnet-0abc1234def56789a, separated by commas',
    ],
    ['--ecs-security-groups', 'sg-1 sg-2', 'must be security group ids like sg-0abc1234def56789a'],
    ['--ecs-task-image', 'not an image', 'must be a container image like ghcr.io/me/scaler:1'],
    ['--ecs-task-image', 'ghcr.io/Me/Scaler', 'must be a container image'],
    ['--ecs-task-image', 'https://ghcr.io/me/scaler', 'must be a container image'],
    ['--ecs-task-image', 'me/scaler:a:b', 'must be a container image'],
    ['--ecs-python-version', '2.7', 'must be 3.8 or newer, which Scaler needs, got "2.7"'],
    ['--ecs-python-version', 'cpython-3.7.1', 'must be 3.8 or newer'],
    ['--ecs-python-version', 'latest', 'must be a version like 3.12.11, got "latest"'],
    ['--ecs-subnets', 'a,'.repeat(17), 'AWS takes at most 16 subnets, got 17'],
    ['--ecs-security-groups', 'a,'.repeat(6), 'AWS takes at most 5 security groups, got 6'],
    ['--per-worker-capabilities', 'a,,b', 'a capability needs a name'],
    ['--per-worker-capabilities', '=1', 'a capability needs a name'],
    ['--per-worker-capabilities', 'gpu=', 'capability "gpu" must have an integer'],
    ['--per-worker-capabilities', 'gpu=1.5', 'capability "gpu" must have an integer'],
    ['--per-worker-capabilities', 'gpu=9223372036854775808', 'must fit 64 bits'],
    ['--event-loop', 'asyncio', 'must be one of builtin, uvloop, got "asyncio"'],
    ['--logging-level', 'loud', 'must be one of CRITICAL, ERROR, WARNING, INFO, DEBUG'],
    ['--logging-config-file', 'l.conf', 'use --logging-level and --logging-paths'],
    ['--network-backend', 'tcp', 'must be one of auto, ymq, zmq'],
    ['--network-backend', 'constructor', 'must be one of auto, ymq, zmq'],
    ['--capacity-provider', 'SPOT', 'must be one of none, FARGATE, FARGATE_SPOT'],
    ['--ecs-assign-public-ip', 'yes', 'must be one of ENABLED, DISABLED'],
    ['--ecs-task-architecture', 'amd64', 'must be one of X86_64, ARM64'],
    ['--aws-region', 'US East', 'must be a region like us-east-1'],
    ['--worker-scaler-version', 'latest', 'must be a Scaler release like 2.6.0'],
    ['--worker-scheduler-address', 'None', '"None"'],
    ['--worker-scheduler-address', '', 'not an address'],
    ['--object-storage-address', 'tcp://10.0.0.1', 'no port'],
    ['--worker-scheduler-address', 'udp://10.0.0.1:1', 'unknown scheme'],
    ['--worker-scheduler-address', 'inproc://x', 'inproc:// works only within one process'],
    ['--worker-manager-id', 'a\nb\0', 'must not contain a NUL character, got "a\\nb\\u0000"'],
  ])('%s=%j fails with the names of the setting', (flag = '', value = '', words = '') => {
    const line = failureOf(() => run({ flags: [`${flag}=${value}`] }));
    expect(line).toContain(words);
    const key = flag.slice(2).replaceAll('-', '_');
    expect(line).toContain(`${flag} (${key}, SCALER_${key.toUpperCase()}): `);
  });

  it('the message names the source of the invalid value', () => {
    const env = { SCALER_IO_THREADS: 'x' };
    expect(failureOf(() => run({ env }))).toMatch(/got "x" in SCALER_IO_THREADS$/);
    const toml = `${neededToml}io_threads = "x"\n`;
    expect(failureOf(() => run({ toml }))).toMatch(/got "x" in c\.toml$/);
    expect(failureOf(() => runFile(`${neededToml}${toml}`))).toMatch(
      /in c\.toml, \[\[worker_manager\]\] 2$/,
    );
  });

  it.each([
    [['--aws-access-key-id', 'AKIAPLANTED'], 'aws_secret_access_key, AWS_SECRET_ACCESS_KEY'],
    [['--aws-secret-access-key', 'PLANTED'], 'aws_access_key_id, AWS_ACCESS_KEY_ID'],
    [['--aws-session-token', 'PLANTED'], 'aws_access_key_id, AWS_ACCESS_KEY_ID'],
  ])('%j fails because another key is missing', (flags, words) => {
    const line = failureOf(() => run({ flags }));
    expect(line).toContain(`(${words}): missing`);
    expect(line).not.toContain('PLANTED');
  });

  it('the message contains no secret and no password', () => {
    const secret = `${neededToml}aws_secret_access_key = 123456\n`;
    expect(failureOf(() => run({ toml: secret }))).not.toContain('123456');
    const url = `${neededToml}ecs_python_version = ["https://u:PLANTED@host/x"]\n`;
    expect(failureOf(() => run({ toml: url }))).toContain('//***@host');
    const broken = `${neededToml}aws_secret_access_key = "PLANTED\n`;
    const line = failureOf(() => run({ toml: broken }));
    expect(line).toMatch(/^c\.toml:6:\d+: /);
    expect(line).not.toContain('PLANTED');
  });

  it.each([
    [['--ecs-task-cpu', '3'], '--ecs-task-cpu', 'the nearest pair is 4 vCPU with 30 GB'],
    [
      ['--ecs-task-cpu', '0.5', '--ecs-task-memory', '1'],
      '--ecs-task-cpu',
      'got "0.5"; the nearest pair is 1 vCPU with 2 GB',
    ],
    [['--ecs-task-memory', '7.5'], '--ecs-task-memory', 'the nearest pair is 4 vCPU with 8 GB'],
    [['--ecs-task-cpu', '32'], '--ecs-task-cpu', 'the nearest pair is 16 vCPU with 32 GB'],
    [['--ecs-task-memory', '31'], '--ecs-task-memory', 'the nearest pair is 4 vCPU with 30 GB'],
    [['--ecs-task-cpu', '8', '--ecs-task-memory', '17'], '--ecs-task-memory', '8 vCPU with 16 GB'],
    [['--max-workers', '3'], '--max-workers', 'at least the 4 workers of one Fargate task'],
    [['--max-workers', '0'], '--max-workers', 'at least the 4 workers of one Fargate task'],
    [
      ['--network-backend', 'zmq', '-wsa', 'wss://10.0.0.1:1/'],
      '--worker-sch',
      'needs network_backend ymq',
    ],
  ])('%j fails because the settings contradict each other', (flags, name, words) => {
    const line = failureOf(() => run({ flags }));
    expect(line.startsWith(name)).toBe(true);
    expect(line).toContain(words);
  });
});

describe('the configuration file', () => {
  it('reads strings like the command line does, and TOML types as they are', () => {
    const toml = `${neededToml.replace('"subnet-1"', '["a", "b"]')}
"max-task-concurrency" = "12"
hard_processor_suspend = "TRUE"
inspect = true
logging_paths = ["a", "b"]
ecs_security_groups = "x,,y"
per_worker_capabilities = ["gpu=1", "linux"]
death_timeout_seconds = 0x10
`;
    const [config] = runFile(toml).configs;
    expect(config?.ecs.subnets).toEqual(['a', 'b']);
    expect(config?.ecs.securityGroups).toEqual(['x', 'y']);
    expect(config?.capacity.maxTasks).toBe(12);
    expect(config?.worker.hardProcessorSuspend).toBe(true);
    expect(config?.inspect).toBe(true);
    expect(config?.logging.paths).toEqual(['a', 'b']);
    expect(config?.capabilities.map(({ name }) => name)).toEqual(['gpu', 'linux']);
    expect(config?.worker.deathTimeoutSeconds).toBe(16);
  });

  it('reads a string as a single logging path', () => {
    const [config] = runFile(`${neededToml}logging_paths = "/tmp/a,b"\n`).configs;
    expect(config?.logging.paths).toEqual(['/tmp/a,b']);
  });

  it.each([
    [
      'ecs_task_cpu = 2.5',
      'must be a positive integer, got 2.5; the nearest pair is 2 vCPU with 16',
    ],
    ['ecs_task_cpu = true', 'must be a positive integer, got true'],
    ['ecs_task_cpu = -1', 'must be a positive integer, got -1'],
    ['ecs_python_version = 3.12', 'must be a string in quotes, got 3.12'],
    ['hard_processor_suspend = 1', 'must be true or false, got 1'],
    ['hard_processor_suspend = "yes"', 'must be true or false, got "yes"'],
    ['ecs_security_groups = [1]', 'must be a string or an array of strings, got [1]'],
    ['logging_paths = {}', 'must be a string or an array of strings, got {}'],
    ['per_worker_capabilities = [""]', 'a capability needs a name'],
    ['object_storage_address = 8517', 'must be an address in quotes'],
    ['event_loop = "trio"', 'must be one of builtin, uvloop, got "trio"'],
    ['preload = 2026-01-01', 'must be a string in quotes'],
    ['io_threads = 1\nio-threads = 1', 'io_threads: set twice in c.toml'],
    ['io_threads = 1\nio_threads = 1', 'c.toml:7:'],
    ['[[worker_manager]]\ntype = "symphony"\n[worker_manager.x', 'c.toml:8:'],
  ])('fails for %j', (line, words) => {
    expect(failureOf(() => runFile(`${neededToml}${line}\n`))).toContain(words);
  });

  it('reads a single [worker_manager] table and its sub-tables', () => {
    const toml = neededToml.replace('[[worker_manager]]', '[worker_manager]');
    const groups =
      '[worker_manager.logging_config]\nlogging_level = "DEBUG"\n[worker_manager.worker-config]\nio_threads = 3\n';
    const { configs, warnings } = runFile(`${toml}${groups}`);
    expect(configs[0]?.logging.level).toBe('DEBUG');
    expect(configs[0]?.worker.ioThreads).toBe(3);
    expect(warnings).toEqual([]);
  });

  it('returns every entry of type aws_raw_ecs and warns about the others', () => {
    const other =
      '[[worker_manager]]\ntype = "baremetal_native"\nmode = "fixed"\n[scheduler]\nx = 1\n';
    const second = neededToml.replace('"wm"', '"wm 2"');
    const { configs, warnings } = runFile(`${neededToml}${other}${second}`);
    expect(configs.map(({ workerManagerId }) => workerManagerId)).toEqual(['wm', 'wm 2']);
    expect(new Set(configs.map(({ stateDir }) => stateDir)).size).toBe(2);
    expect(warnings).toEqual([
      'c.toml: ignored, start them with Scaler\'s own programs: [[worker_manager]] of type "baremetal_native", [scheduler]',
    ]);
  });

  it('fails if two entries have the same ownership tag', () => {
    expect(failureOf(() => runFile(neededToml + neededToml))).toContain(
      '"wm" for one scheduler is used twice',
    );
    const fleet = (id: string) => `${neededToml.replace('"wm"', `"${id}"`)}fleet_id = "f"\n`;
    expect(failureOf(() => runFile(fleet('a') + fleet('b')))).toContain(
      'fleet_id "f" is used twice',
    );
  });

  it('warns about unknown keys and suggests the most similar one', () => {
    const { warnings } = runFile(`${neededToml}ecs_subnet = "a"\nlevel = "DEBUG"\nconfig = "x"\n`);
    expect(warnings).toEqual([
      'unknown key "ecs_subnet" in c.toml is ignored; did you mean ecs_subnets?',
      'unknown key "level" in c.toml is ignored; did you mean logging_level?',
      'unknown key "config" in c.toml is ignored',
    ]);
  });

  it.each([
    ['', 'c.toml: no [[worker_manager]] of type = "aws_raw_ecs"'],
    ['[worker_manager_aws_raw_ecs]\n', 'is what older Scaler releases read'],
    ['worker_manager = 3\n', 'worker_manager must be [[worker_manager]] tables'],
    ['[[worker_manager]]\n', 'c.toml: no [[worker_manager]] of type'],
    ['[[worker_managr]]\n', 'did you mean [[worker_manager]]'],
    ['[[scaler_esc]]\n', 'did you mean [[scaler_ecs]]?'],
    ['scaler_ecs = 3\n', 'scaler_ecs must be [[scaler_ecs]] tables'],
    ['[[worker_manager]]\ntype = "aws-raw-ecs"\n', 'below it type = "aws_raw_ecs"?'],
  ])('%j fails because it has no entry of type aws_raw_ecs', (toml, words) => {
    expect(failureOf(() => runFile(toml))).toContain(words);
    expect(failureOf(() => run({ toml }))).toContain(words);
  });

  it('takes names that every object has for unknown keys and sections', () => {
    const odd = '__proto__ = "a"\nconstructor = 1\ntoString = 1\n[worker_manager.valueOf]\nx = 1\n';
    const { warnings, configs } = runFile(`${neededToml}${odd}[__proto__]\ny = 1\n`);
    expect(configs.map(({ workerManagerId }) => workerManagerId)).toEqual(['wm']);
    expect(warnings).toEqual([
      ...['__proto__', 'constructor', 'toString', 'valueOf'].map(
        (name) => `unknown key "${name}" in c.toml is ignored`,
      ),
      "c.toml: ignored, start them with Scaler's own programs: [__proto__]",
    ]);
  });

  it('reads [[scaler_ecs]] beside [[worker_manager]], with the same keys and without a type', () => {
    const ours = neededToml
      .replace('[[worker_manager]]\ntype = "aws_raw_ecs"', '[[scaler_ecs]]')
      .replace('"wm"', '"ours"');
    const { configs, warnings } = runFile(`${neededToml}${ours}io-threads = 3\n`);
    expect(configs.map(({ workerManagerId }) => workerManagerId)).toEqual(['wm', 'ours']);
    expect(configs[1]?.worker.ioThreads).toBe(3);
    expect(warnings).toEqual([]);
    expect(run({ toml: ours }).config.workerManagerId).toBe('wm');
    const single = ours.replace('[[scaler_ecs]]', '[scaler-ecs]');
    expect(runFile(single).configs[0]?.workerManagerId).toBe('ours');
    expect(failureOf(() => runFile(`${ours}io_threads = "x"\n${ours}`))).toMatch(
      /in c\.toml, \[\[scaler_ecs\]\] 1$/,
    );
    expect(runFile(`${ours}type = "other"\n`).warnings).toEqual([
      'unknown key "type" in c.toml is ignored',
    ]);
  });

  it('warns about a key above all sections', () => {
    const { warnings, configs } = runFile(`max_task_concurrency = 7\n${neededToml}`);
    expect(warnings).toEqual([
      'key "max_task_concurrency" in c.toml is above all sections and is ignored',
    ]);
    expect(configs).toHaveLength(1);
  });

  it('warns if two managers need different revisions of one family', () => {
    const other = neededToml.replace('"wm"', '"wm2"');
    const small = 'ecs_task_cpu = 2\necs_task_memory = 8\n';
    expect(runFile(neededToml + other).warnings).toEqual([]);
    const { warnings } = runFile(neededToml + other + small);
    expect(warnings).toEqual([expect.stringContaining('each start makes a new revision')]);
    const named = `${small}ecs_task_definition = "small"\n`;
    expect(runFile(neededToml + other + named).warnings).toEqual([]);
  });

  it('may have several entries without run, and only one with run', () => {
    const two = neededToml + neededToml.replace('"wm"', '"wm2"');
    expect(failureOf(() => run({ toml: two }))).toContain('run them all with: scaler-ecs c.toml');
    expect(runFile(two).configs).toHaveLength(2);
  });

  it('is the only argument without run', () => {
    const load = () => loadConfig({ argv: ['c.toml', '--inspect'], env: {}, readFile: () => '' });
    expect(failureOf(load)).toContain('scaler-ecs run --config c.toml');
  });
});

describe('warnings', () => {
  it.each<[string[], string[]]>([
    [['-wsa', 'tcp://head:1'], ['--worker-scheduler-address']],
    [['-wsa', 'tcp://head:1', '--network-backend', 'zmq'], []],
    [['-osa', 'tcp://head:1'], ['--object-storage-address']],
    [['-wsa', 'tcp://2001:db8::1:8516'], []],
    [['-his', '10'], ['--heartbeat-interval-seconds']],
    [['-mtc', '0'], ['--max-task-concurrency']],
    [['--stop-timeout', '0'], ['--stop-timeout']],
    [['--stop-timeout', '0', '--sigterm-policy', 'leave'], []],
    [['--ecs-subnets', 'subnet-1,vpc-1'], ['--ecs-subnets']],
    [['--ecs-security-groups', 'default,sg-1'], ['--ecs-security-groups']],
  ])('%j warns about %j', (flags, names) => {
    const { warnings } = run({ flags });
    expect(warnings.map((line) => line.split(' ')[0])).toEqual(names);
  });

  it('warns about a host name in the scheduler address only if the workers get that address', () => {
    const load = (...flags: string[]) => {
      const warnings: string[] = [];
      const argv = ['run', 'tcp://head:8516', ...needed.slice(1), ...flags];
      loadConfig({ argv, env: {}, warn: (line) => warnings.push(line) });
      return warnings;
    };
    expect(load()).toHaveLength(1);
    expect(load('-wsa', 'tcp://10.0.0.1:8516')).toEqual([]);
  });
});
