import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One line of the daemon's log. */
export interface DaemonLine {
  level: string;
  event: string;
  [field: string]: unknown;
}

export interface DaemonProcess {
  /** What it ended with, in words; null while it runs. */
  end(): string | null;
  ended: Promise<void>;
  /** Its last complaint, for those who want to know why it ended. */
  lastWords(): string;
  /** Asks it to stop everything and end. */
  stop(): void;
  kill(): void;
}

export interface DaemonStart {
  /** How to start this very program: node, its options and the script. */
  program: readonly string[];
  scheduler: string;
  /** Of the emulated AWS. */
  endpoint: string;
  folder: string;
  workersPerGroup: number;
  mostGroups: number;
  onLine(line: DaemonLine): void;
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
const words = ({ scheduler, folder, workersPerGroup, mostGroups }: DaemonStart): string[] => [
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
function endWithUs(daemon: ChildProcess): () => void {
  if (daemon.pid === undefined) return () => {};
  const words = ['-c', 'read -r _ || kill -KILL "$1"', 'guard', `${daemon.pid}`];
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  const guard = spawn('/bin/sh', words, { stdio: [...stdio], env: {}, detached: true });
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  return () => guard.stdin?.end('\n');
}

/** Starts the daemon, unmodified, as a process of its own. */
export function startDaemon(start: DaemonStart): DaemonProcess {
  const [command = '', ...options] = start.program;
  const child = spawn(command, [...options, ...words(start)], {
    env: environment(start.endpoint),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole foreground group, and it is for us to say when the daemon stops.
    detached: true,
  });
  let end: string | null = null;
  let lastWords = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords = line;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed = parse(line);
    if (!parsed) return;
    if (parsed.level !== 'info') lastWords = line;
    start.onLine(parsed);
  });
  const release = endWithUs(child);
  const ended = new Promise<void>((resolve) => {
    const done = (how: string) => {
      end ??= how;
      release();
      resolve();
    };
    child.once('close', (code, signal) => done(signal ? `by ${signal}` : `with status ${code}`));
    child.once('error', (error) => done(`before it began: ${error.message}`));
  });
  return {
    end: () => end,
    ended,
    lastWords: () => lastWords,
    stop: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
}

const parse = (line: string): DaemonLine | null => {
  try {
    const parsed: unknown = JSON.parse(line);
    return parsed !== null && typeof parsed === 'object' && 'event' in parsed
      ? (parsed as DaemonLine)
      : null;
  } catch {
    return null;
  }
};
