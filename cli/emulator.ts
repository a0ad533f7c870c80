import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import type { CommandModule, Options } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { environmentFor } from '../src/emulator/accessKey.ts';
import { type Emulator, EmulatorFailure, startEmulator } from '../src/emulator/emulator.ts';
import { FaultRules } from '../src/emulator/faults.ts';
import { defaultOptions } from '../src/emulator/options.ts';
import { readPolicies } from '../src/emulator/policy.ts';
import { fileReason } from '../src/shared/fileReason.ts';
import { createLog } from '../src/telemetry/log.ts';

function number(describe: string, defaultValue: number): Options & { default: number } {
  return { type: 'number', default: defaultValue, describe, requiresArg: true };
}

const flags = {
  port: number('Port to listen on; 0 means a free one', defaultOptions.port),
  host: {
    type: 'string',
    default: defaultOptions.host,
    describe: 'Loopback address to listen on',
    requiresArg: true,
  },
  'latency-ms': number('Milliseconds added to every API call', defaultOptions.latencyMs),
  'start-delay-ms': number('Milliseconds from RunTask to RUNNING', defaultOptions.startDelayMs),
  'stop-delay-ms': number(
    'Milliseconds from the exit of the last container to STOPPED',
    defaultOptions.stopDelayMs,
  ),
  'missing-ms': number(
    'Milliseconds for which DescribeTasks reports a new task as MISSING',
    defaultOptions.missingMs,
  ),
  hollow: {
    type: 'boolean',
    default: defaultOptions.hollow,
    describe: 'Start no processes: tasks run until they are stopped',
  },
  'task-path': {
    type: 'string',
    describe:
      "Directories to put first in the PATH of the tasks' processes; then comes the bin directory of an activated virtual environment",
    requiresArg: true,
  },
  'log-dir': { type: 'string', describe: 'Directory for one log file per task', requiresArg: true },
  'retention-s': number(
    'Seconds for which a STOPPED task can be described',
    defaultOptions.retentionS,
  ),
  quotas: {
    type: 'boolean',
    default: defaultOptions.quotas,
    describe: "Throttle calls above AWS's API and launch rates",
  },
  'stop-timeout-s': number(
    'Seconds from SIGTERM to SIGKILL if the task definition sets no stopTimeout',
    defaultOptions.stopTimeoutS,
  ),
  'access-key': {
    type: 'string',
    describe:
      'The access key id that every call needs, also those of /_emulator/ (default: a random one, printed at the start)',
    requiresArg: true,
  },
  'allow-actions': {
    type: 'string',
    describe: 'The only actions to allow, like ecs:RunTask,ecs:Describe*',
    requiresArg: true,
  },
  policy: {
    type: 'string',
    describe: 'JSON file with an IAM policy to enforce, or a list of them',
    requiresArg: true,
  },
  faults: { type: 'string', describe: 'JSON file with fault rules', requiresArg: true },
  isolation: {
    type: 'string',
    default: defaultOptions.isolation,
    describe: 'auto uses PID namespaces if possible, groups only process groups',
    requiresArg: true,
  },
} satisfies Record<string, Options>;

type Arguments = Record<string, unknown>;

const flagOfOption = { host: 'host', logDir: 'log-dir', port: 'port' } as const;

/** Prints its URL and its random access key as one line of JSON, and to stderr as variables to copy; then serves until a signal ends it. Throws a ConfigFailure. */
export async function emulator(given: Arguments): Promise<void> {
  const log = createLog('INFO', pino.destination(2));
  const running = await startEmulator({
    port: portIn(given),
    host: String(given.host),
    latencyMs: numberIn(given, 'latency-ms'),
    startDelayMs: numberIn(given, 'start-delay-ms'),
    stopDelayMs: numberIn(given, 'stop-delay-ms'),
    missingMs: numberIn(given, 'missing-ms'),
    hollow: given.hollow === true,
    taskPath: taskPathIn(given, process.env),
    logDir: typeof given['log-dir'] === 'string' ? resolve(given['log-dir']) : null,
    retentionS: numberIn(given, 'retention-s'),
    quotas: given.quotas === true,
    stopTimeoutS: numberIn(given, 'stop-timeout-s'),
    accessKey: accessKeyIn(given),
    allowActions:
      typeof given['allow-actions'] === 'string' ? given['allow-actions'].split(',') : null,
    policies:
      typeof given.policy === 'string' ? jsonIn('policy', given.policy, readPolicies) : null,
    faults:
      typeof given.faults === 'string'
        ? jsonIn('faults', given.faults, (rules) => new FaultRules().put(rules))
        : [],
    isolation: isolationIn(given),
    log,
  }).catch((error: unknown) => {
    if (!(error instanceof EmulatorFailure) || error.option === null) throw error;
    throw new ConfigFailure(`--${flagOfOption[error.option]}: ${error.message}`);
  });
  printAddress(running, given['access-key'] !== undefined);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const)
      process.once(name, resolve);
  });
  log.report('emulator.stopRequested', { signal });
  await running.close();
}

/** A key that was given is known to its giver, and not repeated where others may read it. */
function printAddress({ url, accessKey }: Emulator, isKeyGiven: boolean): void {
  const address = isKeyGiven ? { url } : { url, accessKey };
  process.stdout.write(`${JSON.stringify(address)}\n`);
  const variables = Object.entries(environmentFor({ url, accessKey })).filter(
    ([name]) => !(isKeyGiven && name === 'AWS_ACCESS_KEY_ID'),
  );
  const words = variables.map((pair) => pair.join('='));
  const first = isKeyGiven ? 'set AWS_ACCESS_KEY_ID to the key of --access-key, and ' : '';
  process.stderr.write(`To use this emulator: ${first}export ${words.join(' ')}\n`);
}

/** The given directories, then that of an activated virtual environment. */
function taskPathIn(
  given: Arguments,
  { VIRTUAL_ENV }: Record<string, string | undefined>,
): string | null {
  const paths = [given['task-path'], VIRTUAL_ENV && join(VIRTUAL_ENV, 'bin')];
  const known = paths.filter((path) => typeof path === 'string' && path !== '');
  return known.length === 0 ? null : absolute(known.join(':'));
}

/** Each task has its own working directory, so relative directories have to be resolved here. */
function absolute(path: string): string {
  return path
    .split(':')
    .map((directory) => resolve(directory))
    .join(':');
}

function numberIn(given: Arguments, flag: string): number {
  const value = given[flag];
  if (typeof value !== 'number' || !(value >= 0))
    throw new ConfigFailure(`--${flag} must be a non-negative number`);
  return value;
}

function portIn(given: Arguments): number {
  const port = numberIn(given, 'port');
  if (Number.isInteger(port) && port < 2 ** 16) return port;
  throw new ConfigFailure('--port must be an integer up to 65535');
}

function accessKeyIn({ 'access-key': key }: Arguments): string | null {
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\w-]{1,128}$/.test(key)) return key;
  throw new ConfigFailure('--access-key must be 1 to 128 letters, digits, - and _');
}

function isolationIn({ isolation }: Arguments): 'auto' | 'groups' {
  if (isolation === 'auto' || isolation === 'groups') return isolation;
  throw new ConfigFailure('--isolation must be auto or groups');
}

/** Reads a JSON file and has its content checked. */
function jsonIn(flag: string, path: string, check: (content: unknown) => unknown): unknown {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    check(content);
    return content;
  } catch (error) {
    throw new ConfigFailure(`--${flag} ${path}: ${fileReason(error)}`);
  }
}

export const emulatorCommand: CommandModule = {
  command: 'emulator',
  describe: 'Emulate ECS and IAM on this machine, with local processes as Fargate tasks',
  builder: (parser) =>
    parser
      .options(flags)
      .example('scaler-ecs emulator --port 4566', 'Then run the export that it prints on stderr'),
  handler: (given) => emulator(given),
};
