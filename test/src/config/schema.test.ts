import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { helpOptions, parseArguments } from '../../../src/config/arguments.ts';
import { markdownTable } from '../../../src/config/docs.ts';
import { flagOf, type Key, keys, rowOf, variableOf } from '../../../src/config/schema.ts';
import { resolveSettings } from '../../../src/config/settings.ts';
import { readConfigFile } from '../../../src/config/tomlFile.ts';

/** Scaler 2.6.0's `scaler_worker_manager aws_raw_ecs`: flag, short, type, default. */
const original: [string, string | null, string, unknown][] = [
  ['scheduler_address', null, 'address', 'required'],
  ['--worker-manager-id', '-wmi', 'string', 'required'],
  ['--worker-scheduler-address', '-wsa', 'address', null],
  ['--object-storage-address', '-osa', 'address', null],
  ['--max-task-concurrency', '-mtc', 'int', cpus().length],
  ['--scale-down-cooldown-seconds', '-sdc', 'float', 30],
  ['--per-worker-capabilities', '-pwc', 'name[=int],…', []],
  ['--per-worker-task-queue-size', '-wtqs', 'int', 1000],
  ['--heartbeat-interval-seconds', '-his', 'int', 2],
  ['--task-timeout-seconds', '-tts', 'int', 0],
  ['--death-timeout-seconds', '-dts', 'int', 300],
  ['--garbage-collect-interval-seconds', '-gc', 'int', 30],
  ['--trim-memory-threshold-bytes', '-tm', 'int', 1073741824],
  ['--hard-processor-suspend', '-hps', 'switch', false],
  ['--io-threads', '-it', 'int', 1],
  ['--event-loop', '-el', 'builtin / uvloop', 'builtin'],
  ['--preload', null, 'string', null],
  ['--logging-paths', '-lp', 'strings', ['/dev/stdout']],
  ['--logging-config-file', '-lcf', 'string', null],
  ['--logging-level', '-ll', 'CRITICAL / ERROR / WARNING / INFO / DEBUG', 'INFO'],
  ['--aws-access-key-id', null, 'string', null],
  ['--aws-secret-access-key', null, 'string', null],
  ['--aws-region', null, 'string', 'us-east-1'],
  ['--ecs-subnets', null, 'list', 'required'],
  ['--ecs-cluster', null, 'string', 'scaler-cluster'],
  ['--ecs-task-image', null, 'string', 'public.ecr.aws/v4u8j8r6/scaler:latest'],
  ['--ecs-python-requirements', null, 'string', 'tomli;pargraph;parfun;pandas'],
  ['--ecs-python-version', null, 'string', '3.12.11'],
  ['--ecs-task-definition', null, 'string', 'scaler-task-definition'],
  ['--ecs-task-cpu', null, 'int', 4],
  ['--ecs-task-memory', null, 'int', 30],
  ['--config', '-c', 'string', null],
];

const additions = [
  ...['network_backend', 'fleet_id', 'max_workers', 'worker_scaler_version', 'aws_session_token'],
  ...['ecs_security_groups', 'ecs_assign_public_ip', 'ecs_task_architecture', 'capacity_provider'],
  ...['scheduler_grace', 'settle_seconds', 'start_deadline', 'drain_timeout', 'stop_timeout'],
  ...['monitor_address', 'sigterm_policy', 'sweep_seconds', 'tls_ca', 'tls_insecure'],
  ...['ecs_call_burst', 'ecs_call_rate', 'ecs_connections'],
  ...['launch_burst', 'launch_rate', 'state_dir', 'inspect', 'inspect_port', 'logging_format'],
  ...['max_usd_per_hour', 'max_usd_per_day', 'max_usd_total', 'on_limit', 'usd_per_vcpu_hour'],
  ...['usd_per_gb_hour', 'usd_per_storage_gb_hour', 'usd_per_public_ip_hour', 'spot_price_factor'],
  ...['ecs_tags', 'ecs_propagate_tags', 'ecs_execution_role', 'ecs_task_role', 'ecs_log_group'],
  ...['ecs_ephemeral_storage', 'ecs_platform_version', 'ecs_exec', 'ecs_stop_timeout'],
  ...['ecs_secrets', 'max_lifetime', 'scale_ahead', 'tasks_per_worker'],
  ...['degraded_grace', 'min_idle_seconds', 'max_task_concurrency_counts'],
  ...['metrics_port', 'metrics_host', 'control_socket'],
];

const keyOf = (flag: string) => flag.replace(/^--/, '').replaceAll('-', '_') as Key;

describe('the schema', () => {
  it.each(original)(
    'has %s with the short flag, type and default of Scaler',
    (flag, short, type, defaultValue) => {
      const row = rowOf(keyOf(flag));
      expect(row.positional ?? false).toBe(!flag.startsWith('--'));
      expect(row.short ? `-${row.short}` : null).toBe(short);
      expect(row.type.name).toBe(type);
      expect(row.default ? row.default() : 'required').toEqual(defaultValue);
    },
  );

  it('has besides those of Scaler only the known additions', () => {
    const scalers = original.map(([flag]) => keyOf(flag));
    expect([...keys].sort()).toEqual([...scalers, ...additions].sort());
  });

  it('has no short flag twice', () => {
    const shorts = keys.map((key) => rowOf(key).short).filter(Boolean);
    expect(new Set(shorts).size).toBe(shorts.length);
  });
});

/** A valid value other than the default. */
const samples: Partial<Record<Key, string>> = {
  scheduler_address: 'tcp://10.0.0.9:1',
  worker_scheduler_address: 'tcp://10.0.0.9:2',
  object_storage_address: 'tcp://10.0.0.9:3',
  monitor_address: 'tcp://10.0.0.9:4',
  sigterm_policy: 'leave',
  network_backend: 'zmq',
  per_worker_capabilities: 'gpu=2',
  hard_processor_suspend: 'true',
  inspect: 'true',
  tls_insecure: 'true',
  event_loop: 'uvloop',
  logging_level: 'DEBUG',
  logging_format: 'json',
  worker_scaler_version: '2.5.5',
  ecs_python_version: '3.13.1',
  ecs_assign_public_ip: 'DISABLED',
  ecs_task_architecture: 'ARM64',
  capacity_provider: 'FARGATE_SPOT',
  control_socket: 'off',
  ecs_tags: 'team=ml,env=prod',
  ecs_propagate_tags: 'TASK_DEFINITION',
  ecs_execution_role: 'arn:aws:iam::123456789012:role/start',
  ecs_task_role: 'arn:aws:iam::123456789012:role/work',
  ecs_platform_version: '1.4.0',
  ecs_exec: 'true',
  ecs_secrets: 'TOKEN=arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf',
  on_limit: 'drain',
  spot_price_factor: '0.5',
  scale_ahead: 'off',
  max_task_concurrency_counts: 'workers',
  tasks_per_worker: '7',
  scale_down_cooldown_seconds: '7.5',
};
const sampleOf = (key: Key) =>
  samples[key] ??
  (/int|float/.test(rowOf(key).type.name) ? '77' : `value-of-${key}`.replaceAll('_', '-'));

/** The required settings except for the given one. */
const rest = (key: Key) => ({
  ...(key !== 'scheduler_address' && { scheduler_address: 'tcp://10.0.0.1:8516' }),
  ...(key !== 'worker_manager_id' && { worker_manager_id: 'wm' }),
  ...(key !== 'ecs_subnets' && { ecs_subnets: 'subnet-1' }),
});

// logging_config_file rejects every value; see load.test.ts.
const usable = keys.filter((key) => key !== 'logging_config_file');

describe.each(usable)('%s', (key) => {
  const row = rowOf(key);
  const expected = row.type.fromText(sampleOf(key));

  it('is set by its flag and its short flag', () => {
    const flags = row.positional
      ? [null]
      : [`--${flagOf(key)}`, ...(row.short ? [`-${row.short}`] : [])];
    for (const flag of flags) {
      const value = row.type.arity === 'none' ? [] : [sampleOf(key)];
      const given = { ...rest(key), ...parseArguments(flag ? [flag, ...value] : value) };
      const { values, sources } = resolveSettings({
        given,
        env: {},
        entry: null,
        fromFileOnly: false,
      });
      expect(values[key]).toEqual(expected);
      expect(sources[key]).toBe('flag');
    }
  });

  it('is set by its TOML key, with underscores and with hyphens', () => {
    if (row.flagOnly) return;
    for (const name of [key, flagOf(key)]) {
      const toml = `[[worker_manager]]\ntype = "aws_raw_ecs"\n${name} = "${sampleOf(key)}"\n`;
      const warnings: string[] = [];
      const file = readConfigFile(
        'c.toml',
        () => toml,
        (line) => warnings.push(line),
      );
      const entry = file.entries[0] ?? null;
      const given = rest(key);
      const { values, sources } = resolveSettings({ given, env: {}, entry, fromFileOnly: false });
      expect(values[key]).toEqual(expected);
      expect(sources[key]).toBe('c.toml');
      expect(warnings).toEqual([]);
    }
  });

  it('is set by its variable, unless only the AWS SDK reads that', () => {
    const variable = variableOf(key);
    const env = { [variable ?? row.readBySdk ?? 'SCALER_CONFIG']: sampleOf(key) };
    const from = { given: rest(key), env, entry: null, fromFileOnly: false };
    const { values } = resolveSettings(from);
    expect(values[key]).toEqual(variable ? expected : null);
  });

  it('is part of the help and of the documentation', () => {
    const help = helpOptions()[flagOf(key)];
    expect(help?.describe ?? row.help).toContain(row.help);
    const line = markdownTable()
      .split('\n')
      .find((each) => each.startsWith(row.positional ? `| \`${key}\`` : `| \`--${flagOf(key)}\``));
    expect(line).toContain(row.help);
    if (row.short) expect(line).toContain(`\`-${row.short}\``);
    if (!row.flagOnly) expect(line).toContain(`\`${variableOf(key) ?? row.readBySdk}\``);
  });
});

describe('markdownTable', () => {
  it('has one row of seven cells per setting', () => {
    const lines = markdownTable().trimEnd().split('\n');
    expect(lines).toHaveLength(keys.length + 2);
    const columns = lines.map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(new Set(columns)).toEqual(new Set([9]));
  });
});
