import type { Running } from './processes.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';
import type { Stage } from './stage.ts';

const program = new URL('client.py', import.meta.url).pathname;

export interface Client {
  process: Running;
  /** Of the tasks asked for, how many came back right. Settles when the client has ended. */
  rightResults: Promise<number>;
  /** Of each task in order, whether a Fargate task did it; empty when the client failed. */
  ranOnFargate: Promise<boolean[]>;
}

let clients = 0;

const lastJson = (lines: string[]): Record<string, unknown> => {
  try {
    return JSON.parse(lines.at(-1) ?? '{}');
  } catch {
    return {};
  }
};

async function start(stage: Stage, scheduler: Scheduler, flags: string[]) {
  const lines: string[] = [];
  const process = stage.processes.start({
    name: `client-${++clients}`,
    command: stage.venv.python,
    args: [program, scheduler.address, ...flags],
    cwd: await stage.subdirectory('client'),
    env: networkBackend(stage),
    onLine: (line) => lines.push(line),
  });
  return { process, lines };
}

export async function startClient(
  stage: Stage,
  scheduler: Scheduler,
  {
    count,
    sleep,
    first,
    capabilities,
  }: { count: number; sleep: number; first?: number; capabilities?: string[] },
): Promise<Client> {
  const flags = ['--count', String(count), '--sleep', String(sleep)];
  if (first !== undefined) flags.push('--first', String(first));
  // In turn: the first task needs the first one, and so on.
  if (capabilities) flags.push('--capabilities', capabilities.join(','));
  const { process, lines } = await start(stage, scheduler, flags);
  const ranOnFargate = process.ended.then(() => {
    const { fargate } = lastJson(lines);
    return Array.isArray(fargate) ? fargate.map(Boolean) : [];
  });
  const rightResults = process.ended.then(({ code }) => {
    const { results } = lastJson(lines);
    if (code !== 0 || !Array.isArray(results) || results.length !== count) return 0;
    return results.filter((result, x) => result === x ** 2).length;
  });
  return { process, rightResults, ranOnFargate };
}

/** The right results; if a process dies without which there will never be any, that ends the wait at once. */
export async function finish(stage: Stage, client: Client, needed: Running[]): Promise<number> {
  const limitMs = stage.options.deadlineSeconds * 1000;
  await stage.until('the client has its results', limitMs, () => client.process.end, needed);
  return client.rightResults;
}

/** A scheduler that runs but hangs does not answer a client that connects. */
export async function isSchedulerAlive(
  stage: Stage,
  scheduler: Scheduler,
  limitMs = 10_000,
): Promise<boolean> {
  if (scheduler.process.end) return false;
  const { process, lines } = await start(stage, scheduler, ['--connect-only']);
  const answered = await stage
    .until('the scheduler answers a client', limitMs, () => process.end)
    .catch(() => null);
  if (!answered) await stage.processes.stop(process, 0);
  stage.deadline.throwIfAborted();
  return lastJson(lines).connected === true && !scheduler.process.end;
}
