import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One line of the daemon's log. */
export interface LogLine {
  level: string;
  event: string;
  [field: string]: unknown;
}

export interface DaemonProcess {
  /** How the process ended, such as `with status 1`; null while it runs. */
  exitDescription(): string | null;
  ended: Promise<void>;
  /** The last log line above level info, or the last line of stderr. */
  lastProblem(): string;
  /** Sends SIGTERM: the daemon stops its tasks and exits. */
  stop(): void;
  kill(): void;
}

export interface DaemonOptions {
  /** How to start this program: node, its options and the script. */
  program: readonly string[];
  scheduler: string;
  /** URL of the emulated AWS. */
  endpoint: string;
  accessKey: string;
  folder: string;
  workersPerGroup: number;
  maxGroups: number;
  onLine(line: LogLine): void;
}

/** The user's own environment without any AWS or Scaler settings. */
const environment = ({ endpoint, accessKey }: DaemonOptions): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|SCALER)_/.test(name)),
  ),
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: accessKey,
  AWS_SECRET_ACCESS_KEY: 'demo',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** The arguments of `scaler-ecs` for a scheduler and an AWS on this machine. */
const daemonArguments = ({
  scheduler,
  folder,
  workersPerGroup,
  maxGroups: mostGroups,
}: DaemonOptions): string[] => [
  ...['run', scheduler, '--worker-manager-id', 'demo', '--ecs-subnets', 'subnet-demo'],
  ...['--ecs-task-cpu', `${workersPerGroup}`, '--ecs-task-memory', `${workersPerGroup * 2}`],
  ...['--max-task-concurrency', `${mostGroups}`],
  // Shorter than on AWS, to keep the demo short.
  ...['--heartbeat-interval-seconds', '1', '--settle-seconds', '1'],
  ...['--drain-timeout', '3', '--stop-timeout', '10', '--scale-down-cooldown-seconds', '1'],
  ...['--state-dir', folder],
  // The story needs the states of groups, which are routine.
  ...['--logging-level', 'DEBUG', '--logging-format', 'json'],
];

/**
 * Starts a watchdog process that kills the daemon when this process ends, also by SIGKILL: the watchdog's standard input
 * then reaches end of file. Without it, the daemon would wait for the missing scheduler forever. Returns a function that
 * ends the watchdog.
 */
function killWithParent(daemon: ChildProcess): () => void {
  if (daemon.pid === undefined) return () => {};
  const words = ['-c', 'read -r _ || kill -KILL "$1"', 'guard', `${daemon.pid}`];
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  const watchdog = spawn('/bin/sh', words, { stdio: [...stdio], env: {}, detached: true });
  watchdog.on('error', () => {});
  watchdog.stdin?.on('error', () => {});
  return () => watchdog.stdin?.end('\n');
}

/** Starts the unmodified daemon as a separate process. */
export function startDaemon(options: DaemonOptions): DaemonProcess {
  const [command = '', ...programArguments] = options.program;
  const child = spawn(command, [...programArguments, ...daemonArguments(options)], {
    env: environment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C signals the whole foreground process group; detached, the daemon stops only when the demo asks it to.
    detached: true,
  });
  let exitDescription: string | null = null;
  let lastProblem = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastProblem = line;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed = parseLogLine(line);
    if (!parsed) return;
    if (parsed.level === 'warn' || parsed.level === 'error') lastProblem = line;
    options.onLine(parsed);
  });
  const release = killWithParent(child);
  const ended = new Promise<void>((resolve) => {
    const done = (how: string) => {
      exitDescription ??= how;
      release();
      resolve();
    };
    child.once('close', (code, signal) => done(signal ? `by ${signal}` : `with status ${code}`));
    child.once('error', (error) => done(`before it started: ${error.message}`));
  });
  return {
    exitDescription: () => exitDescription,
    ended,
    lastProblem: () => lastProblem,
    stop: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
}

function parseLogLine(line: string): LogLine | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return parsed !== null && typeof parsed === 'object' && 'event' in parsed
      ? (parsed as LogLine)
      : null;
  } catch {
    return null;
  }
}
