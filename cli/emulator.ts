import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pino } from 'pino';
import type { CommandModule, Options } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { startEmulator } from '../src/emulator/emulator.ts';
import { FaultRules } from '../src/emulator/faults.ts';
import { defaultOptions } from '../src/emulator/options.ts';
import { createLog } from '../src/telemetry/log.ts';

const number = (describe: string, fallback: number): Options & { default: number } => ({
  type: 'number',
  default: fallback,
  describe,
  requiresArg: true,
});

const flags = {
  port: number('Port to listen on; 0 takes a free one', defaultOptions.port),
  host: {
    type: 'string',
    default: defaultOptions.host,
    describe: 'Loopback address to listen on',
    requiresArg: true,
  },
  'latency-ms': number('Added to every API call', defaultOptions.latencyMs),
  'start-delay-ms': number('From RunTask to RUNNING', defaultOptions.startDelayMs),
  'stop-delay-ms': number(
    'From the end of the last container to STOPPED',
    defaultOptions.stopDelayMs,
  ),
  'missing-ms': number(
    'How long DescribeTasks says MISSING of a new task',
    defaultOptions.missingMs,
  ),
  hollow: {
    type: 'boolean',
    default: defaultOptions.hollow,
    describe: 'Start no processes: tasks run until they are stopped',
  },
  'task-path': {
    type: 'string',
    describe: "Folders to put first on the PATH of the tasks' processes",
    requiresArg: true,
  },
  'log-dir': { type: 'string', describe: 'Folder for one log file a task', requiresArg: true },
  'retention-s': number('How long a STOPPED task can be described', defaultOptions.retentionS),
  quotas: {
    type: 'boolean',
    default: defaultOptions.quotas,
    describe: "Refuse calls beyond AWS's API and launch rates",
  },
  'stop-timeout-s': number(
    'From SIGTERM to SIGKILL where a definition says nothing',
    defaultOptions.stopTimeoutS,
  ),
  'access-key': {
    type: 'string',
    describe: 'The only access key id to let in (signatures are not checked)',
    requiresArg: true,
  },
  'allow-actions': {
    type: 'string',
    describe: 'The only actions to allow, as ecs:RunTask,ecs:Describe*',
    requiresArg: true,
  },
  faults: { type: 'string', describe: 'File of fault rules (JSON)', requiresArg: true },
  isolation: {
    type: 'string',
    default: defaultOptions.isolation,
    describe: 'auto takes PID namespaces where it can, groups never does',
    requiresArg: true,
  },
} satisfies Record<string, Options>;

type Words = Record<string, unknown>;

/** Serves until SIGINT or SIGTERM; says on stdout, in one JSON line, where. */
export const emulator = async (words: Words): Promise<void> => {
  const log = createLog('INFO', pino.destination(2));
  const running = await startEmulator({
    port: portIn(words),
    host: String(words.host),
    latencyMs: numberIn(words, 'latency-ms'),
    startDelayMs: numberIn(words, 'start-delay-ms'),
    stopDelayMs: numberIn(words, 'stop-delay-ms'),
    missingMs: numberIn(words, 'missing-ms'),
    hollow: words.hollow === true,
    taskPath: typeof words['task-path'] === 'string' ? absolute(words['task-path']) : null,
    logDir: typeof words['log-dir'] === 'string' ? resolve(words['log-dir']) : null,
    retentionS: numberIn(words, 'retention-s'),
    quotas: words.quotas === true,
    stopTimeoutS: numberIn(words, 'stop-timeout-s'),
    accessKey: typeof words['access-key'] === 'string' ? words['access-key'] : null,
    allowActions:
      typeof words['allow-actions'] === 'string' ? words['allow-actions'].split(',') : null,
    faults: typeof words.faults === 'string' ? faultsIn(words.faults) : [],
    isolation: isolationIn(words),
    log,
  });
  process.stdout.write(`${JSON.stringify({ url: running.url })}\n`);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, resolve);
  });
  log.report('emulator.stopRequested', { signal });
  await running.close();
};

/** Tasks have a working folder of their own, so relative ones would lead nowhere. */
const absolute = (path: string): string =>
  path
    .split(':')
    .map((folder) => resolve(folder))
    .join(':');

const numberIn = (words: Words, flag: string): number => {
  const value = words[flag];
  if (typeof value !== 'number' || !(value >= 0))
    throw new ConfigFailure(`--${flag} needs a number that is not negative`);
  return value;
};

const portIn = (words: Words): number => {
  const port = numberIn(words, 'port');
  if (Number.isInteger(port) && port < 2 ** 16) return port;
  throw new ConfigFailure('--port needs a whole number up to 65535');
};

const isolationIn = ({ isolation }: Words): 'auto' | 'groups' => {
  if (isolation === 'auto' || isolation === 'groups') return isolation;
  throw new ConfigFailure('--isolation is auto or groups');
};

const faultsIn = (path: string): unknown => {
  try {
    const rules: unknown = JSON.parse(readFileSync(path, 'utf8'));
    new FaultRules().put(rules);
    return rules;
  } catch (error) {
    throw new ConfigFailure(`--faults ${path}: ${(error as Error).message}`);
  }
};

export const emulatorCommand: CommandModule = {
  command: 'emulator',
  describe: 'Serve ECS and IAM on this machine, Fargate tasks being local processes',
  builder: (parser) => parser.options(flags),
  handler: (words) => emulator(words),
};
