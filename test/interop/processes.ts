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
  /** Null while it runs. */
  exit: ProcessExit | null;
}

export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env?: Record<string, string>;
  /** Standard output line by line; it goes to the log file only when this is absent. */
  onLine?: (line: string) => void;
}

/** Nothing of the caller's own AWS or Scaler set-up may leak into a run. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(AWS_|SCALER_|PYTHONPATH$)/.test(name),
  );
  return { ...(Object.fromEntries(kept) as Record<string, string>), PYTHONUNBUFFERED: '1' };
}

/** Every process of one scenario, each in a process group of its own. */
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

  /** To the process alone, as a supervisor or the kernel would. */
  signal(running: ProcessHandle, signal: NodeJS.Signals): void {
    if (running.pid && !running.exit) process.kill(running.pid, signal);
  }

  /** All at once and without warning: up to 1.27 the scheduler is a child of the program that we start. */
  async kill(running: ProcessHandle): Promise<void> {
    this.killGroup(running);
    await running.ended;
  }

  /** SIGTERM, and SIGKILL to the whole group when that did not end it in time: then `forced`. */
  async stop(running: ProcessHandle, limitMs: number): Promise<ProcessExit & { forced: boolean }> {
    this.signal(running, 'SIGTERM');
    const timeout = new Promise<null>((resolve) => setTimeout(resolve, limitMs, null).unref());
    const end = await Promise.race([running.ended, timeout]);
    this.killGroup(running);
    return end ? { ...end, forced: false } : { ...(await running.ended), forced: true };
  }

  /** Ends what is left, however it is left. */
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
      // The group may outlive its leader.
      if (pid) process.kill(-pid, 'SIGKILL');
    } catch {
      // No such group: all of it has ended.
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
