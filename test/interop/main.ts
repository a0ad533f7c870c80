/**
 * Proves the built daemon against a real Scaler release: its scheduler, its object storage server, its workers and its
 * client, with our emulator in the place of AWS. Human lines go to stderr; with --json each scenario's measurements are
 * one line on stdout. The exit status is 0 only if every promise was kept; nothing is ever skipped.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { command, repository } from './emulatorClient.ts';
import { compareReleases, InteropFailure, type Options, parseOptions } from './options.ts';
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
import { lostState } from './scenarios/lostState.ts';
import { oneId } from './scenarios/oneId.ts';
import { oneScheduler } from './scenarios/oneScheduler.ts';
import { otherWorkers } from './scenarios/otherWorkers.ts';
import { reset } from './scenarios/reset.ts';
import { schedulerRestart } from './scenarios/schedulerRestart.ts';
import { squares } from './scenarios/squares.ts';
import { stoppedThenKilled } from './scenarios/stoppedThenKilled.ts';
import { twoManagers } from './scenarios/twoManagers.ts';
import { waterfall } from './scenarios/waterfall.ts';
import { wedgedScheduler } from './scenarios/wedgedScheduler.ts';
import { ensureVenv } from './venv.ts';

const scenarios: Record<string, Scenario> = {
  squares,
  fourWorkers,
  killDaemon,
  lostState,
  stoppedThenKilled,
  twoManagers,
  oneScheduler,
  sameMark: sameOwnershipTag,
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
  bootingSurvives,
  crashLoop,
};

const isAtLeast = (release: string) => (options: Options) =>
  compareReleases(options.scaler, release) >= 0;

/** What cannot be played with every release and transport. */
const isSupported: Partial<Record<string, (options: Options) => boolean>> = {
  // It forges one YMQ connection, and over ZeroMQ a reset has no such consequence.
  wedgedScheduler: (options) => options.transport === 'ymq' && isAtLeast('2.0.12')(options),
  // A worker that is killed while bytes are on the way to it ends some schedulers over YMQ.
  crashLoop: (options) => options.transport === 'zmq',
  // Before, managers had no names.
  oneId: isAtLeast('1.24.0'),
  // Nor can the second be kept out then: the scheduler answers both, and both own whatever carries their mark.
  sameMark: isAtLeast('1.24.0'),
  // Both place tasks by capability; before, a scheduler that balances those may never be done with it.
  capability: isAtLeast('2.6.0'),
  waterfall: isAtLeast('2.6.0'),
  // Later workers and clients end with their line when it is YMQ: nobody is left to be forgotten.
  forgottenGroups: (options) => options.transport === 'zmq' || !isAtLeast('1.24.0')(options),
  // Before, no worker names its task; later, a scheduler hears of a worker from nobody else.
  killedTasks: (options) => isAtLeast('1.24.0')(options) && !isAtLeast('2.7.0')(options),
};

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const supported = Object.keys(scenarios).filter((name) => isSupported[name]?.(options) ?? true);
  const names = options.scenario === 'all' ? supported : options.scenario.split(',');
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
  let allPassed = true;
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
  // Polls of a scenario that ran out of time may still be pending.
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
