import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Running {
  name: string;
  pid: number;
  logFile: string;
  ended: Promise<Ended>;
  /** Null while it runs. */
  end: Ended | null;
}

export interface Start {
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
  readonly all: Running[] = [];
  private readonly logDir: string;

  constructor(logDir: string) {
    this.logDir = logDir;
  }

  start({ name, command, args, cwd, env, onLine }: Start): Running {
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
    const running: Running = { name, pid: child.pid ?? 0, logFile, end: null, ended: undefined! };
    running.ended = new Promise((resolve) => {
      const done = (code: number | null, signal: NodeJS.Signals | null) => {
        running.end ??= { code, signal };
        resolve(running.end);
      };
      child.on('exit', done);
      child.on('error', () => done(127, null));
    });
    this.all.push(running);
    return running;
  }

  /** To the process alone, as a supervisor or the kernel would. */
  signal(running: Running, signal: NodeJS.Signals): void {
    if (running.pid && !running.end) process.kill(running.pid, signal);
  }

  /** All at once and without warning: up to 1.27 the scheduler is a child of the program that we start. */
  async kill(running: Running): Promise<void> {
    this.killGroup(running);
    await running.ended;
  }

  /** SIGTERM, and SIGKILL to the whole group when that did not end it in time: then `forced`. */
  async stop(running: Running, limitMs: number): Promise<Ended & { forced: boolean }> {
    this.signal(running, 'SIGTERM');
    const late = new Promise<null>((resolve) => setTimeout(resolve, limitMs, null).unref());
    const end = await Promise.race([running.ended, late]);
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

  private killGroup({ pid }: Running): void {
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
