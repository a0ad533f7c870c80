import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';

const program = new URL('client.py', import.meta.url).pathname;

export interface Client {
  process: ProcessHandle;
  /** Number of correct results; 0 when the client failed. Resolves when the client has exited. */
  correctResults: Promise<number>;
  /** For each task in order, whether it ran in a Fargate task; empty when the client failed. */
  ranOnFargate: Promise<boolean[]>;
}

let clients = 0;

function lastJson(lines: string[]): Record<string, unknown> {
  try {
    return JSON.parse(lines.at(-1) ?? '{}');
  } catch {
    return {};
  }
}

async function startClientProcess(context: ScenarioContext, scheduler: Scheduler, flags: string[]) {
  const lines: string[] = [];
  const process = context.processes.start({
    name: `client-${++clients}`,
    command: context.venv.python,
    args: [program, scheduler.address, ...flags],
    cwd: await context.subdirectory('client'),
    env: networkBackend(context),
    onLine: (line) => lines.push(line),
  });
  return { process, lines };
}

export async function startClient(
  context: ScenarioContext,
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
  // Task n needs the capability n modulo their number.
  if (capabilities) flags.push('--capabilities', capabilities.join(','));
  const { process, lines } = await startClientProcess(context, scheduler, flags);
  const ranOnFargate = process.ended.then(() => {
    const { fargate } = lastJson(lines);
    return Array.isArray(fargate) ? fargate.map(Boolean) : [];
  });
  const rightResults = process.ended.then(({ code }) => {
    const { results } = lastJson(lines);
    if (code !== 0 || !Array.isArray(results) || results.length !== count) return 0;
    return results.filter((result, x) => result === x ** 2).length;
  });
  return { process, correctResults: rightResults, ranOnFargate };
}

/** The number of correct results. Throws at once when a required process exits. */
export async function waitForClient(
  context: ScenarioContext,
  client: Client,
  requiredProcesses: ProcessHandle[],
): Promise<number> {
  const limitMs = context.options.deadlineSeconds * 1000;
  await context.waitFor(
    'the client has its results',
    limitMs,
    () => client.process.exit,
    requiredProcesses,
  );
  return client.correctResults;
}

/** Whether the scheduler answers a new client, which a hanging scheduler does not. */
export async function isSchedulerAlive(
  context: ScenarioContext,
  scheduler: Scheduler,
  limitMs = 10_000,
): Promise<boolean> {
  if (scheduler.process.exit) return false;
  const { process, lines } = await startClientProcess(context, scheduler, ['--connect-only']);
  const answered = await context
    .waitFor('the scheduler answers a client', limitMs, () => process.exit)
    .catch(() => null);
  if (!answered) await context.processes.stop(process, 0);
  context.deadline.throwIfAborted();
  return lastJson(lines).connected === true && !scheduler.process.exit;
}
