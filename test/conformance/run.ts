import { join } from 'node:path';
import { awsCli, boto3, type Client, clientEnvironment, javascript } from './clients.ts';
import { fill, mismatch, type Saved, valueAt } from './match.ts';
import { pythonPrograms } from './python.ts';
import { type Scenario, type Step, scenarios } from './scenarios.ts';
import { emulatorServer, motoServer, type Server } from './servers.ts';

/**
 * Runs every scenario with every client against our emulator and, where it can follow, against moto: the emulator is
 * right where clients that others wrote see no difference, and where a server that others wrote agrees.
 *
 *   tsx test/conformance/run.ts [--python PATH] [--only WORD]
 */

const patienceMs = 10_000;

const play = async (client: Client, server: Server, scenario: Scenario): Promise<string | null> => {
  const saved: Saved = new Map([['subnet', await server.reset()]]);
  for (const [index, step] of scenario.steps.entries()) {
    if ('faults' in step) {
      server.setFaults(step.faults);
      continue;
    }
    const wrong = await perform(client, server, step, saved);
    if (wrong) return `step ${index + 1}, ${step.call}: ${wrong}`;
  }
  return null;
};

const perform = async (
  client: Client,
  server: Server,
  step: Step,
  saved: Saved,
): Promise<string | null> => {
  const filled = { ...step, with: fill(step.with, saved) as Step['with'] };
  for (const until = Date.now() + patienceMs; ; ) {
    const outcome = await client.call(server.url, filled);
    if (step.fails)
      return mismatch(
        'error' in outcome ? outcome.error : { answered: outcome.answer },
        step.fails,
      );
    if ('error' in outcome) return `${outcome.error.code}: ${outcome.error.message}`;
    const wrong = mismatch(outcome.answer, fill(step.gives ?? {}, saved));
    if (!wrong) {
      for (const [name, path] of Object.entries(step.saves ?? {}))
        saved.set(name, valueAt(outcome.answer, path));
      return null;
    }
    if (!step.eventually || Date.now() > until) return wrong;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const main = async (): Promise<number> => {
  Object.assign(process.env, clientEnvironment, {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const cache = new URL('../../.cache', import.meta.url).pathname;
  const bin = await pythonPrograms(cache, option('python') ?? 'python3');
  const python = join(bin, 'python');
  const clients = [javascript(), boto3(python), awsCli(join(bin, 'aws'), python)];
  const servers = [emulatorServer(), await motoServer(bin)];
  try {
    return await playAll(clients, servers, option('only') ?? '');
  } finally {
    await Promise.all([...clients, ...servers].map((one) => one.close()));
  }
};

const playAll = async (clients: Client[], servers: Server[], only: string): Promise<number> => {
  let [passed, failed] = [0, 0];
  for (const server of servers)
    for (const client of clients)
      for (const scenario of scenarios) {
        if (server.name === 'moto' && scenario.notMoto) continue;
        if (!scenario.name.includes(only)) continue;
        const wrong = await play(client, server, scenario);
        if (wrong) failed++;
        else passed++;
        process.stdout.write(
          `${wrong ? 'FAIL' : 'ok  '} ${server.name} · ${client.name} · ${scenario.name}${wrong ? `: ${wrong}` : ''}\n`,
        );
      }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
};

// Ends through an exit, so that no program started here stays behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main().catch((error: Error & { stderr?: string }) => {
  process.stderr.write(`conformance: ${error.message}\n`);
  return 1;
});
