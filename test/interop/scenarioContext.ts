import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from './options.ts';
import { Processes, type ProcessHandle } from './processes.ts';
import { processesMentioning } from './procfs.ts';
import type { Venv } from './venv.ts';

/** What one scenario works with: a directory of its own, its processes, its clock, its findings. */
export class ScenarioContext {
  readonly options: Options;
  readonly venv: Venv;
  readonly dir: string;
  readonly processes: Processes;
  /** Promises that were not kept. */
  readonly failedChecks: string[] = [];
  readonly log: (text: string) => void;
  /** What a run found out that belongs beside its measurements. */
  readonly notes: Record<string, string> = {};
  /** Aborted when the scenario's time is over. */
  readonly deadline: AbortSignal;
  /** What a process of this run has somewhere about it; addresses are added as they are made. */
  readonly processMarkers: string[];
  readonly #cleanups: (() => void)[] = [];

  constructor(
    options: Options,
    venv: Venv,
    dir: string,
    log: (text: string) => void,
    deadline: AbortSignal,
  ) {
    this.options = options;
    this.venv = venv;
    this.dir = dir;
    this.log = log;
    this.deadline = deadline;
    this.processes = new Processes(dir);
    this.processMarkers = [dir];
  }

  /** Says whether a promise was kept; a broken one fails the scenario but lets it go on and show more. */
  check(passed: boolean, expectation: string): void {
    this.log(`${passed ? 'ok  ' : 'FAIL'} ${expectation}`);
    if (!passed) this.failedChecks.push(expectation);
  }

  /** Looks again and again until there is something; a process that dies meanwhile ends the wait at once. */
  async waitFor<T>(
    what: string,
    limitMs: number,
    probe: () => T | Promise<T>,
    requiredProcesses: ProcessHandle[] = [],
  ): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const value = await probe();
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
      this.deadline.throwIfAborted();
      const exited = requiredProcesses.find((running) => running.exit);
      if (exited)
        throw new Error(
          `${exited.name} ended (${JSON.stringify(exited.exit)}) while waiting: ${what}`,
        );
      if (performance.now() > deadline)
        throw new Error(`not within ${Math.round(limitMs / 1000)} s: ${what}`);
      await sleep(50);
    }
  }

  /** Whether it becomes so in time: for promises, where `until` is for preconditions. */
  async checkWithin(
    expectation: string,
    limitMs: number,
    probe: () => unknown | Promise<unknown>,
  ): Promise<boolean> {
    const passed = await this.waitFor(expectation, limitMs, async () =>
      Boolean(await probe()),
    ).catch(() => false);
    this.deadline.throwIfAborted();
    this.check(Boolean(passed), expectation);
    return Boolean(passed);
  }

  async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.deadline });
  }

  async subdirectory(name: string): Promise<string> {
    const path = join(this.dir, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** For what is no process. */
  onCleanUp(close: () => void): void {
    this.#cleanups.push(close);
  }

  cleanUp(): void {
    for (const close of this.#cleanups.splice(0)) close();
  }

  remainingProcesses() {
    return processesMentioning(this.processMarkers);
  }
}

/** The kernel hands out source ports from here on: a server's port must lie below, or a restart may find it taken. */
function firstEphemeralPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
  } catch {
    return 32768;
  }
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** The first of `count` neighbouring ports that nobody uses. */
export async function freePorts(count: number): Promise<number> {
  const top = firstEphemeralPort() - count;
  const bottom = Math.max(1024, top - 12_000);
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = bottom + Math.floor(Math.random() * (top - bottom));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
  throw new Error('no free ports on loopback');
}
