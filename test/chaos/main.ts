/**
 * Kills the built daemon, at random moments and at every journal write and AWS call, and holds what is left against
 * the emulator's own ledger. Human lines go to stderr; the last line of stdout is the verdict. Ends with 0 only if
 * nothing was leaked, doubled or lost and every other promise was kept.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createRandom } from '../simulation/random.ts';
import { program } from './cloud.ts';
import { judge, type Verdict } from './judge.ts';
import { type Life, planLives } from './killPoints.ts';
import { type Lane, live, openLane } from './lane.ts';
import { playScenario, scenarios } from './scenarios.ts';
import { endWorlds, say } from './world.ts';

const wholeNumber = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`--${name} ${text}: must be a whole number`);
};

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    scenario: { type: 'string' },
  },
});

/** A point that did not come up is tried again in the place of a random one. */
const again = (lane: Lane, life: Life): Life => {
  const point = life.point.at === 'random' ? lane.owed.shift() : undefined;
  return point ? { point, damage: { kind: 'none' }, fair: true } : life;
};

async function runLane(name: string, lives: Life[], seed: number) {
  const random = createRandom(seed, name);
  const lane = await openLane(name);
  try {
    for (const life of lives) await live(lane, again(lane, life), random);
    return { lane, verdict: await judge(lane, random.int(5, 9)) };
  } catch (error) {
    lane.world.check(false, String((error as Error).stack));
    return { lane, verdict: { leaked: 0, duplicated: 0, lost: 0 } };
  } finally {
    await lane.world.close();
  }
}

const report = (lanes: Lane[]): void => {
  const reached = new Set(lanes.flatMap((lane) => lane.reached));
  const missed = new Set(lanes.flatMap((lane) => lane.missed));
  say(`points reached: ${[...reached].sort().join(', ')}`);
  say(
    `not reached, killed later: ${[...missed].filter((point) => !reached.has(point)).join(', ')}`,
  );
  for (const { world } of lanes)
    for (const promise of world.broken) say(`not kept by ${world.name}: ${promise}`);
};

async function chaos(): Promise<number> {
  const kills = wholeNumber('kills', values.kills);
  const seed = wholeNumber('seed', values.seed);
  const lanes = Math.max(1, Math.min(wholeNumber('lanes', values.lanes), Math.ceil(kills / 5)));
  const plan = planLives(kills, lanes, createRandom(seed, 'plan'));
  const ends = await Promise.all(plan.map((lives, i) => runLane(`lane${i + 1}`, lives, seed)));
  report(ends.map(({ lane }) => lane));
  const sum = (field: keyof Verdict) => ends.reduce((all, { verdict }) => all + verdict[field], 0);
  const verdict = {
    kills: ends.reduce((all, { lane }) => all + lane.kills, 0),
    leaked: sum('leaked'),
    duplicated: sum('duplicated'),
    lost: sum('lost'),
  };
  const clean = verdict.leaked + verdict.duplicated + verdict.lost === 0;
  const kept = ends.every(({ lane }) => lane.world.broken.length === 0);
  if (values.json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
  else say(JSON.stringify(verdict));
  return clean && kept && verdict.kills === kills ? 0 : 1;
}

/** One after the other would take minutes; each has processes and ports of its own. */
async function playScenarios(chosen: string): Promise<number> {
  const names = chosen === 'all' ? Object.keys(scenarios) : [chosen];
  const seed = wholeNumber('seed', values.seed);
  const played = await Promise.all(
    names.map(async (name) => {
      const scenario = scenarios[name];
      if (!scenario)
        throw new Error(`--scenario ${name}: must be all, ${Object.keys(scenarios).join(', ')}`);
      return { scenario: name, broken: await playScenario(scenario, seed) };
    }),
  );
  for (const { scenario, broken } of played) {
    if (values.json) process.stdout.write(`${JSON.stringify({ scenario, broken })}\n`);
    say(`${broken.length === 0 ? 'passed' : 'FAILED'} ${scenario}`);
    for (const promise of broken) say(`  not kept: ${promise}`);
  }
  return played.every(({ broken }) => broken.length === 0) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void endWorlds().finally(() => process.exit(130)));

if (!existsSync(program)) throw new Error('dist/ is missing: run "npm run build" first');
process.exit(await (values.scenario ? playScenarios(values.scenario) : chaos()));
