/** Measures the built program, and beside it the original on the same emulator and scheduler. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Row } from './bench.ts';
import { benches } from './benches.ts';
import { measure, type SideResult } from './measure.ts';
import { prepare } from './realScheduler.ts';
import { type BenchResult, conditionsNow, sidesLost, writeReport } from './report.ts';
import type { Side } from './stage.ts';
import { shown } from './statistics.ts';

const usage = `npm run bench -- [NAME...] [options]

  --json               Print one JSON document
  --write              Write the table and the picture of the README, of full runs of all sides
  --against RELEASE    Measure the Python manager of this Scaler release as well, such as 2.6.0 or 2.9.0
  --rounds N           At most so many runs of each side
  --groups N           Fargate tasks instead of the usual number
  --profile FOLDER     Write a CPU profile of each run of our manager

Benches: ${benches.map(({ name }) => name).join(', ')}; and work, see npm run bench -- work --help
Example: npm run bench -- register --rounds 1
`;

function fail(message: string): never {
  process.stderr.write(`bench: ${message}; see npm run bench -- --help\n`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        against: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        groups: { type: 'string' },
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    return fail((error as Error).message);
  }
}

function numberIn(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  return Number.isInteger(value) && value > 0
    ? value
    : fail(`--${name} must be a positive integer`);
}

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function originalOf(release: string): Promise<Side> {
  const { bin } = await prepare(release, note);
  return { name: `original ${release}`, release, bin };
}

function describeRow({ id, what, unit, goal }: Row, results: readonly SideResult[]): string {
  const values = results.flatMap(({ side, rows, emulator }) => {
    const found = rows[id];
    if (!found) return [];
    const range = found.runs > 1 ? ` (${shown(found.min)} to ${shown(found.max)})` : '';
    const share = emulator ? `, the emulator ${emulator.max.toFixed(0)} % of a core at most` : '';
    return [`${side} ${shown(found.median)} ${unit}${range}${share}`];
  });
  const ours = results.find(({ side }) => side === 'ours')?.rows[id];
  const verdict = ours === undefined ? '' : ours.median <= goal ? 'met   ' : 'missed';
  return `${verdict} ${id}: ${what}: ${values.join('; ')}; goal ${shown(goal)} ${unit}`;
}

// It has options of its own.
if (process.argv[2] === 'work') {
  const { benchWork } = await import('./workload/main.ts');
  process.exit(await benchWork(process.argv.slice(3)));
}
const { values, positionals } = options();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
if (unknown !== undefined) fail(`unknown bench ${unknown}`);
const chosen = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const rounds = numberIn('rounds', values.rounds);
const nodeArgs =
  values.profile === undefined
    ? []
    : ['--cpu-prof', '--cpu-prof-dir', values.profile, '--cpu-prof-interval', '500'];
const [release] = values.against;
const scale = { groups: numberIn('groups', values.groups), nodeArgs, ...(release && { release }) };
if (values.write) {
  if (values.rounds ?? values.groups ?? values.profile)
    fail('--write stores full runs: leave out --rounds, --groups and --profile');
  const names = chosen.map(({ name }) => name);
  const measured = ['ours', ...values.against.map((release) => `original ${release}`)];
  const [lost] = sidesLost(names, measured);
  if (lost !== undefined)
    fail(`--write would remove stored results of ${lost}: add --against ${lost.split(' ').at(-1)}`);
}
const sides: Side[] = [{ name: 'ours' }];
for (const release of values.against) sides.push(await originalOf(release));

const all: BenchResult[] = [];
// Before the first report is written, which changes files.
const conditions = conditionsNow(sides.map(({ name }) => name));
for (const bench of chosen) {
  // What other programs do: a bench before it has a part in it.
  const load = loadavg()[0] ?? Number.NaN;
  try {
    const results = await measure(bench, sides, { rounds, scale, print: note });
    const result = { bench, conditions, load, results };
    all.push(result);
    // A bench that fails after an hour loses only its own results.
    if (values.write) writeReport([result]);
    if (!values.json)
      for (const row of bench.rows) process.stdout.write(`${describeRow(row, results)}\n`);
  } catch (error) {
    process.exitCode = 1;
    note(`bench ${bench.name} failed: ${(error as Error).stack}`);
  }
}
if (values.json) {
  const named = all.map(({ bench: { name }, ...result }) => ({ name, ...result }));
  process.stdout.write(`${JSON.stringify(named, null, 2)}\n`);
}
