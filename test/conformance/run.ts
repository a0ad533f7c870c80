import { join } from 'node:path';
import { awsCli, boto3, type Client, clientEnvironment, javascriptSdk } from './clients.ts';
import { deployDifferences } from './deploy.ts';
import { mismatch, type Saved, substitute, valueAt } from './match.ts';
import { metricsDifference } from './metrics.ts';
import { pythonPrograms } from './python.ts';
import { scenarios } from './scenarios.ts';
import { emulatorServer, motoServer, type Server } from './servers.ts';
import type { Scenario, Step } from './steps.ts';

/**
 * Runs every scenario with independent AWS clients (JS SDK, boto3, AWS CLI) against the emulator and, unless a scenario
 * excludes it, against moto, an independent AWS emulator. All must give the expected answers. Then what the daemon
 * serves to Prometheus is read by Prometheus's own parser, and the files of deploy/ by hadolint, botocore and moto.
 *
 *   tsx test/conformance/run.ts [--python PATH] [--only WORD]
 */

/** Time limit for steps with `eventually`. */
const eventuallyLimitMs = 10_000;

async function runScenario(
  client: Client,
  server: Server,
  scenario: Scenario,
): Promise<string | null> {
  const saved: Saved = new Map([['subnet', await server.reset()]]);
  for (const [index, step] of scenario.steps.entries()) {
    if ('faults' in step) {
      server.setFaults(step.faults);
      continue;
    }
    const difference = await runStep(client, server, step, saved);
    if (difference) return `step ${index + 1}, ${step.call}: ${difference}`;
  }
  return null;
}

async function runStep(
  client: Client,
  server: Server,
  step: Step,
  saved: Saved,
): Promise<string | null> {
  const filled = { ...step, with: substitute(step.with, saved) as Step['with'] };
  for (const deadline = Date.now() + eventuallyLimitMs; ; ) {
    const outcome = await client.call(server.url, filled);
    if (step.error)
      return mismatch(
        'error' in outcome ? outcome.error : { answered: outcome.answer },
        step.error,
      );
    if ('error' in outcome) return `${outcome.error.code}: ${outcome.error.message}`;
    const difference = mismatch(outcome.answer, substitute(step.answer ?? {}, saved));
    if (!difference) {
      for (const [name, path] of Object.entries(step.save ?? {}))
        saved.set(name, valueAt(outcome.answer, path));
      return null;
    }
    if (!step.eventually || Date.now() > deadline) return difference;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function optionValue(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<number> {
  Object.assign(process.env, clientEnvironment, {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const cache = new URL('../../.cache', import.meta.url).pathname;
  const given = optionValue('python') ?? 'python3';
  const bin = await pythonPrograms(cache, given);
  const python = join(bin, 'python');
  const clients = [javascriptSdk(), boto3(python), awsCli(join(bin, 'aws'), python)];
  const servers = [emulatorServer(), await motoServer(bin)];
  try {
    const only = optionValue('only') ?? '';
    const counts = await runAll(clients, servers, only);
    if (metricsScenario.includes(only)) {
      const reader = join(await pythonPrograms(cache, given, 'metrics'), 'python');
      count(
        counts,
        `daemon · prometheus_client · ${metricsScenario}`,
        await metricsDifference(reader),
      );
    }
    for (const [name, difference] of await deployDifferences(
      { bin, moto: servers[1], hadolint: () => pythonPrograms(cache, given, 'docker') },
      only,
    ))
      count(counts, name, difference);
    const { passed, failed } = counts;
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    return failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    await Promise.all([...clients, ...servers].map((one) => one.close()));
  }
}

const metricsScenario = 'the metrics are read as they are written';

interface Counts {
  passed: number;
  failed: number;
}

function count(counts: Counts, name: string, difference: string | null): void {
  if (difference === null) counts.passed++;
  else counts.failed++;
  const outcome = difference === null ? `ok   ${name}` : `FAIL ${name}: ${difference}`;
  process.stdout.write(`${outcome}\n`);
}

async function runAll(clients: Client[], servers: Server[], only: string): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const server of servers)
    for (const client of clients)
      for (const scenario of scenarios) {
        if (server.name === 'moto' && scenario.notMoto) continue;
        if (!scenario.name.includes(only)) continue;
        const difference = await runScenario(client, server, scenario);
        count(counts, `${server.name} · ${client.name} · ${scenario.name}`, difference);
      }
  return counts;
}

// process.exit runs the exit handlers, which kill the started programs.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main().catch((error: Error & { stderr?: string }) => {
  process.stderr.write(`conformance: ${error.message}\n`);
  return 1;
});
