/**
 * Proves the built daemon against a real Scaler release: its scheduler, its object storage server, its workers and its
 * client, with our emulator in the place of AWS. Human lines go to stderr; with --json each scenario's measurements are
 * one line on stdout. The exit status is 0 only if every promise was kept; nothing is ever skipped.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, repository } from './emulatorClient.ts';
import { InteropFailure, type Options, parseOptions } from './options.ts';
import { isGood, nothing, type Outcome } from './report.ts';
import { hostileNames } from './scenarios/hostileNames.ts';
import { killDaemon } from './scenarios/killDaemon.ts';
import { schedulerRestart } from './scenarios/schedulerRestart.ts';
import { squares } from './scenarios/squares.ts';
import { stoppedThenKilled } from './scenarios/stoppedThenKilled.ts';
import { twoManagers } from './scenarios/twoManagers.ts';
import { wedgedScheduler } from './scenarios/wedgedScheduler.ts';
import { Stage } from './stage.ts';
import { ensureVenv, type Venv } from './venv.ts';
import { closeStage } from './world.ts';

type Scenario = (stage: Stage) => Promise<Outcome>;

const scenarios: Record<string, Scenario> = {
  squares,
  killDaemon,
  stoppedThenKilled,
  twoManagers,
  hostileNames,
  schedulerRestart,
  wedgedScheduler,
};

/** It forges one YMQ connection, and over ZeroMQ a reset has no such consequence. */
const ymqOnly = ['wedgedScheduler'];

const say = (text: string) => process.stderr.write(`${text}\n`);
let onStage: Stage | null = null;

async function play(name: string, scenario: Scenario, options: Options, venv: Venv) {
  const dir = await mkdtemp(join(tmpdir(), 'se-interop-'));
  const deadline = new AbortController();
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const stage = new Stage(
    options,
    venv,
    dir,
    (text) => say(`${seconds().padStart(6)} ${text}`),
    deadline.signal,
  );
  onStage = stage;
  const overtime = new Error(`not finished within ${options.deadlineSeconds} s`);
  const tooLate = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(overtime));
  });
  tooLate.catch(() => {});
  const timer = setTimeout(() => deadline.abort(overtime), options.deadlineSeconds * 1000);
  say(`${name}: Scaler ${options.scaler} over ${options.transport}`);
  let outcome = nothing;
  try {
    // A wait that does not look at the deadline must not outlive it either.
    outcome = await Promise.race([scenario(stage), tooLate]);
    await Promise.race([closeStage(stage), tooLate]);
  } catch (error) {
    stage.check(false, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    await endAll(stage);
  }
  const passed = stage.broken.length === 0 && isGood(outcome);
  if (!passed) say(`${stage.processes.tails(25)}\nall logs: ${dir}`);
  else if (!options.keep) await rm(dir, { recursive: true, force: true });
  say(`${passed ? 'passed' : 'FAILED'} ${name} in ${seconds()} s ${JSON.stringify(outcome)}`);
  for (const promise of stage.broken) say(`  not kept: ${promise}`);
  return { outcome, passed };
}

/** Also what left our process groups: workers are found by what they carry about them. */
async function endAll(stage: Stage): Promise<void> {
  await stage.processes.killAll();
  for (const { pid } of stage.leftovers()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const every = Object.keys(scenarios).filter(
    (name) => options.transport === 'ymq' || !ymqOnly.includes(name),
  );
  const names = options.scenario === 'all' ? every : [options.scenario];
  const chosen = names.map((name) => {
    const scenario = scenarios[name];
    if (scenario && every.includes(name)) return { name, scenario };
    const known = ['all', ...every].join(', ');
    throw new InteropFailure(
      `--scenario ${name}: must be one of ${known} over ${options.transport}`,
    );
  });
  if (!existsSync(command)) throw new InteropFailure('dist/ is missing: run "npm run build" first');
  const extras = options.manager === 'original' ? ['boto3'] : [];
  const cache = join(repository, '.cache');
  const venv = await ensureVenv(cache, options.scaler, extras, options.python, say);
  let allPassed = true;
  for (const { name, scenario } of chosen) {
    const { outcome, passed } = await play(name, scenario, options, venv);
    allPassed &&= passed;
    const line = { scaler: options.scaler, transport: options.transport, ...outcome };
    const named = name === 'squares' && chosen.length === 1 ? line : { scenario: name, ...line };
    if (options.json) process.stdout.write(`${JSON.stringify(named)}\n`);
  }
  return allPassed ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    const ended = onStage ? endAll(onStage) : Promise.resolve();
    void ended.finally(() => process.exit(130));
  });

main().then(
  // Polls of a scenario that ran out of time may still be pending.
  (status) => process.exit(status),
  (error) => {
    say(
      error instanceof InteropFailure || (error as { code?: string }).code?.startsWith('ERR_PARSE')
        ? `interop: ${error.message}`
        : String((error as Error).stack ?? error),
    );
    process.exit(2);
  },
);
