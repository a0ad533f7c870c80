/**
 * Tests the built daemon with a real Scaler release: scheduler, object storage server, workers and client, with the
 * emulator in place of AWS. Progress goes to stderr; with --json the measurements of each scenario are one line on
 * stdout. Exit status: 0 if every check of every scenario passed, 1 if not, 2 if the harness failed.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfigFile } from './configCheck.ts';
import { command, repository } from './emulatorClient.ts';
import { compareReleases, InteropFailure, type Options, parseOptions } from './options.ts';
import { checkParser, flagsOf } from './parserCheck.ts';
import { killCurrentScenario, print, runScenario, type Scenario } from './runScenario.ts';
import { bootingSurvives } from './scenarios/bootingSurvives.ts';
import { busySurvives } from './scenarios/busySurvives.ts';
import { capability } from './scenarios/capability.ts';
import { crashLoop } from './scenarios/crashLoop.ts';
import { deadTasks } from './scenarios/deadTasks.ts';
import { sameIdentity, sameOwnershipTag } from './scenarios/duplicateManager.ts';
import { everySetting } from './scenarios/everySetting.ts';
import { forgottenGroups } from './scenarios/forgottenGroups.ts';
import { fourWorkers } from './scenarios/fourWorkers.ts';
import { hostileNames } from './scenarios/hostileNames.ts';
import { killDaemon } from './scenarios/killDaemon.ts';
import { killedTasks } from './scenarios/killedTasks.ts';
import { lookAhead } from './scenarios/lookAhead.ts';
import { lostState } from './scenarios/lostState.ts';
import { oneId } from './scenarios/oneId.ts';
import { oneScheduler } from './scenarios/oneScheduler.ts';
import { otherWorkers } from './scenarios/otherWorkers.ts';
import { reset } from './scenarios/reset.ts';
import { schedulerRestart } from './scenarios/schedulerRestart.ts';
import { slowReports } from './scenarios/slowReports.ts';
import { squares } from './scenarios/squares.ts';
import { stoppedThenKilled } from './scenarios/stoppedThenKilled.ts';
import { twoManagers } from './scenarios/twoManagers.ts';
import { waterfall } from './scenarios/waterfall.ts';
import { wedgedScheduler } from './scenarios/wedgedScheduler.ts';
import { ensureVenv, type Venv } from './venv.ts';

const scenarios: Record<string, Scenario> = {
  squares,
  fourWorkers,
  lookAhead,
  killDaemon,
  lostState,
  stoppedThenKilled,
  twoManagers,
  oneScheduler,
  sameOwnershipTag,
  sameIdentity,
  hostileNames,
  everySetting,
  schedulerRestart,
  forgottenGroups,
  deadTasks,
  killedTasks,
  otherWorkers,
  oneId,
  reset,
  capability,
  waterfall,
  wedgedScheduler,
  busySurvives,
  reportsEvery10: slowReports(10),
  reportsEvery60: slowReports(60),
  bootingSurvives,
  crashLoop,
};

const isAtLeast = (release: string) => (options: Options) =>
  compareReleases(options.scaler, release) >= 0;

/** Scenarios that do not apply to every release and transport. */
const isSupported: Partial<Record<string, (options: Options) => boolean>> = {
  // The scenario forges a YMQ connection; over ZeroMQ a reset does not block the scheduler.
  wedgedScheduler: (options) => options.transport === 'ymq' && isAtLeast('2.0.12')(options),
  // Over YMQ some schedulers exit when a worker is killed while data is in flight to it.
  crashLoop: (options) => options.transport === 'zmq',
  // Earlier releases have no manager ids.
  oneId: isAtLeast('1.24.0'),
  // Earlier schedulers serve both managers, so the second one cannot detect the conflict; both own every task with their ownership tag.
  sameOwnershipTag: isAtLeast('1.24.0'),
  // These policies place tasks by capability; earlier schedulers may rebalance such tasks without end.
  capability: isAtLeast('2.6.0'),
  waterfall: isAtLeast('2.6.0'),
  // Over YMQ, later workers and clients exit when the connection breaks, so no workers outlive the scheduler.
  forgottenGroups: (options) => options.transport === 'zmq' || !isAtLeast('1.24.0')(options),
  // Earlier schedulers report once a second.
  reportsEvery10: isAtLeast('2.7.0'),
  reportsEvery60: isAtLeast('2.7.0'),
  // Earlier worker ids do not contain the task id; later schedulers accept reports about a worker only from the worker itself.
  killedTasks: (options) => isAtLeast('1.24.0')(options) && !isAtLeast('2.7.0')(options),
};

/** `settings`: only the checks that come before every scenario. */
const namesIn = (scenario: string): string[] =>
  scenario.split(',').filter((name) => name !== 'settings');

/** Whether the release's settings are ours too, and it reads a file with ours undisturbed. */
async function checkSettings(venv: Venv, release: string): Promise<boolean> {
  const flags = await flagsOf(venv);
  const dir = mkdtempSync(join(tmpdir(), 'se-interop-settings-'));
  const troubles = [...checkParser(flags), ...(await checkConfigFile(venv, flags, dir))];
  rmSync(dir, { recursive: true });
  for (const trouble of troubles) print(`FAILED settings of Scaler ${release}: ${trouble}`);
  if (troubles.length === 0)
    print(
      `ok   all ${flags.length} settings of Scaler ${release} are taken, and ours do not disturb it`,
    );
  return troubles.length === 0;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const supported = Object.keys(scenarios).filter((name) => isSupported[name]?.(options) ?? true);
  const names = options.scenario === 'all' ? supported : namesIn(options.scenario);
  const chosen = names.map((name) => {
    const scenario = scenarios[name];
    if (scenario && supported.includes(name)) return { name, scenario };
    const known = ['all', ...supported].join(', ');
    throw new InteropFailure(
      `--scenario ${name}: must be some of ${known} with ${options.scaler} over ${options.transport}`,
    );
  });
  if (!existsSync(command)) throw new InteropFailure('dist/ is missing: run "npm run build" first');
  const extras = options.manager === 'original' ? ['boto3'] : [];
  const cache = join(repository, '.cache');
  const venv = await ensureVenv(cache, options.scaler, extras, options.python, print);
  // Earlier releases have other names for some flags.
  let allPassed = isAtLeast('2.0.0')(options) ? await checkSettings(venv, options.scaler) : true;
  for (const { name, scenario } of chosen) {
    const { outcome, passed } = await runScenario(name, scenario, options, venv);
    allPassed &&= passed;
    const { scaler, transport, addressScheme, addressHost } = options;
    const address = addressScheme === 'ipc' ? {} : { addressHost };
    const line = { scaler, transport, addressScheme, ...address, ...outcome };
    const output = name === 'squares' && chosen.length === 1 ? line : { scenario: name, ...line };
    if (options.json) process.stdout.write(`${JSON.stringify(output)}\n`);
  }
  return allPassed ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void killCurrentScenario().finally(() => process.exit(130));
  });

main().then(
  // process.exit: polls of a scenario that timed out may still be pending.
  (status) => process.exit(status),
  (error) => {
    print(
      error instanceof InteropFailure || (error as { code?: string }).code?.startsWith('ERR_PARSE')
        ? `interop: ${error.message}`
        : String((error as Error).stack ?? error),
    );
    process.exit(2);
  },
);
