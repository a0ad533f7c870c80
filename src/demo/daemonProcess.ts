import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One line of the daemon's log. */
export interface LogLine {
  level: string;
  event: string;
  [field: string]: unknown;
}

export interface DaemonProcess {
  /** What it ended with, in words; null while it runs. */
  exitDescription(): string | null;
  ended: Promise<void>;
  /** Its last complaint, for those who want to know why it ended. */
  lastProblem(): string;
  /** Asks it to stop everything and end. */
  stop(): void;
  kill(): void;
}

export interface DaemonOptions {
  /** How to start this very program: node, its options and the script. */
  program: readonly string[];
  scheduler: string;
  /** Of the emulated AWS. */
  endpoint: string;
  folder: string;
  workersPerGroup: number;
  maxGroups: number;
  onLine(line: LogLine): void;
}

/** Nothing of the user's own AWS or Scaler set-up may have a say in this. */
const environment = (endpoint: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|SCALER)_/.test(name)),
  ),
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: 'demo',
  AWS_SECRET_ACCESS_KEY: 'demo',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** The command that a user would give, for a scheduler and an AWS that are both on this machine. */
const daemonArguments = ({
  scheduler,
  folder,
  workersPerGroup,
  maxGroups: mostGroups,
}: DaemonOptions): string[] => [
  ...['run', scheduler, '--worker-manager-id', 'demo', '--ecs-subnets', 'subnet-demo'],
  ...['--ecs-task-cpu', `${workersPerGroup}`, '--ecs-task-memory', `${workersPerGroup * 2}`],
  ...['--max-task-concurrency', `${mostGroups}`],
  // Shorter than one would choose for AWS, so that nobody has to wait.
  ...['--heartbeat-interval-seconds', '1', '--settle-seconds', '1'],
  ...['--drain-timeout', '3', '--stop-timeout', '10'],
  ...['--state-dir', folder],
];

/**
 * A daemon whose scheduler is gone waits for it, and would do so for ever if we were killed: then a guard sees its
 * input end, and kills the daemon. Returns what lets the guard go.
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

/** Starts the daemon, unmodified, as a process of its own. */
export function startDaemon(options: DaemonOptions): DaemonProcess {
  const [command = '', ...programArguments] = options.program;
  const child = spawn(command, [...programArguments, ...daemonArguments(options)], {
    env: environment(options.endpoint),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole foreground group, and it is for us to say when the daemon stops.
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
    if (parsed.level !== 'info') lastProblem = line;
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
    child.once('error', (error) => done(`before it began: ${error.message}`));
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
