import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ProcessHandle {
  name: string;
  pid: number;
  logFile: string;
  ended: Promise<ProcessExit>;
  /** null while the process runs. */
  exit: ProcessExit | null;
}

export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env?: Record<string, string>;
  /** Receives standard output line by line. Without it, standard output goes to the log file. */
  onLine?: (line: string) => void;
}

/** The caller's environment without AWS and Scaler settings. */
function cleanEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(AWS_|SCALER_|PYTHONPATH$)/.test(name),
  );
  return { ...(Object.fromEntries(inherited) as Record<string, string>), PYTHONUNBUFFERED: '1' };
}

/** The processes of one scenario, each in its own process group. */
export class Processes {
  readonly all: ProcessHandle[] = [];
  private readonly logDir: string;

  constructor(logDir: string) {
    this.logDir = logDir;
  }

  start({ name, command, args, cwd, env, onLine }: ProcessSpec): ProcessHandle {
    const logFile = join(this.logDir, `${name}.log`);
    const log = openSync(logFile, 'a');
    const child: ChildProcess = spawn(command, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      detached: true,
      stdio: ['ignore', onLine ? 'pipe' : log, log],
    });
    closeSync(log);
    if (onLine && child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
    const running: ProcessHandle = {
      name,
      pid: child.pid ?? 0,
      logFile,
      exit: null,
      ended: undefined!,
    };
    running.ended = new Promise((resolve) => {
      const done = (code: number | null, signal: NodeJS.Signals | null) => {
        running.exit ??= { code, signal };
        resolve(running.exit);
      };
      child.on('exit', done);
      child.on('error', () => done(127, null));
    });
    this.all.push(running);
    return running;
  }

  /** Sends a signal to the process only, not to its group. */
  signal(running: ProcessHandle, signal: NodeJS.Signals): void {
    if (running.pid && !running.exit) process.kill(running.pid, signal);
  }

  /** Sends SIGKILL to the process group: up to release 1.27 the scheduler is a child of the started program. */
  async kill(running: ProcessHandle): Promise<void> {
    this.killGroup(running);
    await running.ended;
  }

  /** Sends SIGTERM, and after `limitMs` SIGKILL to the process group (`forced`). */
  async stop(running: ProcessHandle, limitMs: number): Promise<ProcessExit & { forced: boolean }> {
    this.signal(running, 'SIGTERM');
    const timeout = new Promise<null>((resolve) => setTimeout(resolve, limitMs, null).unref());
    const end = await Promise.race([running.ended, timeout]);
    this.killGroup(running);
    return end ? { ...end, forced: false } : { ...(await running.ended), forced: true };
  }

  /** Sends SIGKILL to every process group. */
  async killAll(): Promise<void> {
    for (const running of this.all) this.killGroup(running);
    await Promise.all(this.all.map((running) => running.ended));
  }

  tails(lines: number): string {
    const ours = new Set(this.all.map((running) => running.logFile));
    const tasks = readdirSync(this.logDir, { recursive: true, encoding: 'utf8' })
      .map((file) => join(this.logDir, file))
      .filter((file) => file.endsWith('.log') && !ours.has(file));
    const files = [...ours, ...tasks];
    return files.map((file) => `--- ${file}\n${tail(file, lines)}`).join('\n');
  }

  private killGroup({ pid }: ProcessHandle): void {
    try {
      // The group may outlive its leader, so this does not check whether the leader has exited.
      if (pid) process.kill(-pid, 'SIGKILL');
    } catch {
      // ESRCH: every process of the group has ended.
    }
  }
}

export function tail(file: string, lines: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}
