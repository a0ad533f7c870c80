/**
 * Kills the built daemon at random times, journal writes and AWS calls, and compares the final state with the emulator's
 * ledger. Progress goes to stderr; with --json the verdict is the last line of stdout. Exit status: 0 if no task was
 * leaked, duplicated or lost and every other check passed, else 1.
 */
import { existsSync } from 'node:fs';
import { createRandom } from '../simulation/random.ts';
import { readOptions, refuse } from '../support/commandLine.ts';
import { program } from './emulator.ts';
import { type Verdict, verifyFinalState } from './finalState.ts';
import { type DaemonRun, operationsMissed, planRuns } from './killPoints.ts';
import { type Lane, openLane, runUntilKilled } from './lane.ts';
import { runScenario, scenarios } from './scenarios.ts';
import { killTestBeds, print } from './testBed.ts';

const usage =
  'usage: npm run chaos -- [--kills N] [--seed N] [--lanes N] [--scenario NAME | all] [--json]';

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  return refuse(usage, `--${name} ${text}: must be a whole number`);
}

const { values } = readOptions(usage, {
  options: {
    kills: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    scenario: { type: 'string' },
  },
});

/** Replaces a random kill point by a missed one, without faults. */
function withRetry(lane: Lane, run: DaemonRun): DaemonRun {
  const point = run.point.at === 'random' ? lane.retries.shift() : undefined;
  return point ? { point, damage: { kind: 'none' }, withoutFaults: true } : run;
}

async function runLane(name: string, runs: DaemonRun[], seed: number) {
  const random = createRandom(seed, name);
  const lane = await openLane(name);
  try {
    for (const run of runs) await runUntilKilled(lane, withRetry(lane, run), random);
    return { lane, verdict: await verifyFinalState(lane, random.int(5, 9)) };
  } catch (error) {
    lane.testBed.check(false, String((error as Error).stack));
    return { lane, verdict: { leaked: 0, duplicated: 0, lost: 0 } };
  } finally {
    await lane.testBed.close();
  }
}

function report(lanes: Lane[]): void {
  const reached = new Set(lanes.flatMap((lane) => lane.reached));
  const missed = new Set(lanes.flatMap((lane) => lane.missed));
  print(`points reached: ${[...reached].sort().join(', ')}`);
  print(
    `not reached, killed later: ${[...missed].filter((point) => !reached.has(point)).join(', ')}`,
  );
  for (const { testBed } of lanes)
    for (const expectation of testBed.failedChecks)
      print(`check failed in ${testBed.name}: ${expectation}`);
}

async function runKills(): Promise<number> {
  const kills = wholeNumber('kills', values.kills);
  const seed = wholeNumber('seed', values.seed);
  const lanes = Math.max(1, Math.min(wholeNumber('lanes', values.lanes), Math.ceil(kills / 5)));
  const plan = planRuns(kills, lanes, createRandom(seed, 'plan'));
  const results = await Promise.all(plan.map((runs, i) => runLane(`lane${i + 1}`, runs, seed)));
  report(results.map(({ lane }) => lane));
  const sum = (field: keyof Verdict) =>
    results.reduce((all, { verdict }) => all + verdict[field], 0);
  const verdict = {
    kills: results.reduce((all, { lane }) => all + lane.kills, 0),
    leaked: sum('leaked'),
    duplicated: sum('duplicated'),
    lost: sum('lost'),
  };
  const reached = results.flatMap(({ lane }) => lane.reached);
  const neverMet = operationsMissed(kills, reached);
  for (const operation of neverMet) print(`check failed: the daemon is killed at ${operation}`);
  const clean = verdict.leaked + verdict.duplicated + verdict.lost === 0;
  const allChecksPassed = results.every(({ lane }) => lane.testBed.failedChecks.length === 0);
  if (values.json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
  else print(JSON.stringify(verdict));
  return clean && allChecksPassed && neverMet.length === 0 && verdict.kills === kills ? 0 : 1;
}

/** All at once take a machine with two cores so long to start that their heartbeats come late. */
const scenariosAtOnce = 7;

/** Runs some of the scenarios at a time; each has its own processes and ports. */
async function runScenarios(chosen: string): Promise<number> {
  const names = chosen === 'all' ? Object.keys(scenarios) : [chosen];
  const seed = wholeNumber('seed', values.seed);
  const waiting = names.map((name) => {
    const scenario = scenarios[name];
    if (!scenario)
      refuse(usage, `--scenario ${name}: must be all, ${Object.keys(scenarios).join(', ')}`);
    return { name, scenario };
  });
  const results: { scenario: string; broken: string[] }[] = [];
  const runOneByOne = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      results.push({ scenario: next.name, broken: await runScenario(next.scenario, seed) });
  };
  await Promise.all(Array.from({ length: scenariosAtOnce }, runOneByOne));
  for (const { scenario, broken } of results) {
    if (values.json) process.stdout.write(`${JSON.stringify({ scenario, broken })}\n`);
    print(`${broken.length === 0 ? 'passed' : 'FAILED'} ${scenario}`);
    for (const expectation of broken) print(`  check failed: ${expectation}`);
  }
  return results.every(({ broken }) => broken.length === 0) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void killTestBeds().finally(() => process.exit(130)));

if (!existsSync(program)) refuse(usage, 'dist/ is missing: run "npm run build" first');
process.exit(await (values.scenario ? runScenarios(values.scenario) : runKills()));
