import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from './options.ts';
import { Processes, type ProcessHandle } from './processes.ts';
import { processesMentioning } from './procfs.ts';
import type { Venv } from './venv.ts';

/** The environment of one scenario: its directory, processes, deadline and check results. */
export class ScenarioContext {
  readonly options: Options;
  readonly venv: Venv;
  readonly dir: string;
  readonly processes: Processes;
  /** The expectations of failed checks. */
  readonly failedChecks: string[] = [];
  readonly log: (text: string) => void;
  /** Further fields for the JSON line of the scenario. */
  readonly notes: Record<string, string> = {};
  /** Aborted at the scenario's deadline. */
  readonly deadline: AbortSignal;
  /** Texts that identify the processes of this run: its directory and its addresses. */
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

  /** Logs the result of a check. A failed check fails the scenario, which continues with its further checks. */
  check(passed: boolean, expectation: string): void {
    this.log(`${passed ? 'ok  ' : 'FAIL'} ${expectation}`);
    if (!passed) this.failedChecks.push(expectation);
  }

  /** Polls until `probe` returns a truthy value. Throws after `limitMs`, at the deadline, or when a required process exits. */
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

  /** Checks that `probe` becomes truthy within `limitMs`. For expectations; `waitFor` is for preconditions. */
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

  /** Registers a function that releases a resource other than a process. */
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

/** First port that the kernel assigns to outgoing connections. Server ports must be lower, or they may be in use at a restart. */
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

/** The first of `count` consecutive free ports on loopback. */
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
