import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { scriptOf } from './script.ts';
import { shrink } from './shrink.ts';
import { addRun, addTally, coverage, emptyTally, summary, type Tally } from './tally.ts';
import { runScript } from './world.ts';

const usage =
  'usage: npm run simulate -- [--seeds N] [--from S] [--json] [--jobs N] [--trace] [--pairs] [--quick]';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    /** Processes to share the seeds. */
    jobs: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    /** Print all that happens; for one seed. */
    trace: { type: 'boolean', default: false },
    /** Print the whole table of states and faults. */
    pairs: { type: 'boolean', default: false },
    /** Shrink nothing. */
    quick: { type: 'boolean', default: false },
    /** One of several processes: answers its parent and prints nothing. */
    part: { type: 'boolean', default: false },
  },
});

const whole = (text: string, least: number): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(usage);
  process.exit(2);
};

const seeds = whole(values.seeds, 1);
const from = whole(values.from, 0);
const jobs = Math.min(seeds, whole(values.jobs, 1));
/** So many violations are shrunk and shown with their trace. */
const mostShown = 3;
const mostTold = 30;

const simulate = async (first: number, step: number): Promise<Tally> => {
  const tally = emptyTally();
  for (let seed = first; seed < from + seeds; seed += step)
    addRun(tally, seed, await runScript(scriptOf(seed)));
  return tally;
};

const simulateTogether = async (): Promise<Tally> => {
  const tally = emptyTally();
  const parts = Array.from(
    { length: jobs },
    (_, part) =>
      new Promise<Tally>((resolve, reject) => {
        const args = ['--part', '--seeds', `${seeds - part}`, '--from', `${from + part}`];
        const child = fork(process.argv[1] as string, [...args, '--jobs', `${jobs}`]);
        child.once('message', (message) => resolve(message as Tally));
        child.once('exit', (code) => code && reject(new Error(`a part ended with ${code}`)));
      }),
  );
  for (const part of await Promise.all(parts)) addTally(tally, part);
  tally.violations.sort((a, b) => a.seed - b.seed);
  return tally;
};

const explain = async ({ violations }: Tally): Promise<void> => {
  const seen = new Set<string>();
  let told = 0;
  for (const { seed, promise, at, says } of violations) {
    if (told++ < mostTold) console.log(`seed ${seed}: ${promise} at ${at} s: ${says}`);
    if (values.quick || seen.has(promise) || seen.size >= mostShown) continue;
    seen.add(promise);
    const { script, run } = await shrink(scriptOf(seed), (again) =>
      again.violations.some((each) => each.promise === promise),
    );
    console.log(`  shrunk to ${script.happenings.length} happenings; ${JSON.stringify(script)}`);
    const end = run.trace.findIndex((line) => line.includes(`!! ${promise}`));
    for (const line of run.trace.slice(Math.max(0, end - 60), end + 1)) console.log(`  ${line}`);
  }
};

const counted = ({ violations }: Tally): string =>
  [...new Set(violations.map(({ promise }) => promise))]
    .map((name) => `${name} ${violations.filter(({ promise }) => promise === name).length}`)
    .join(', ');

if (values.part) {
  process.send?.(await simulate(from, jobs), () => process.disconnect());
} else if (values.trace) {
  const { trace } = await runScript(scriptOf(from), true);
  console.log(trace.join('\n'));
} else {
  const begun = performance.now();
  const tally = jobs === 1 ? await simulate(from, 1) : await simulateTogether();
  const seconds = (performance.now() - begun) / 1000;
  const { lines, missing } = coverage(tally);
  for (const line of values.pairs ? lines : lines.slice(-1)) console.log(line);
  if (missing.length > 0)
    console.log(`not met: ${missing.slice(0, 40).join(', ')}${missing.length > 40 ? ', ...' : ''}`);
  const { user, system } = process.cpuUsage();
  const cpu =
    jobs === 1 ? `, ${((tally.seeds * 1e6) / (user + system)).toFixed(1)} a CPU second` : '';
  console.log(
    `${tally.seeds} seeds in ${seconds.toFixed(1)} s: ${(tally.seeds / seconds).toFixed(1)} a second${cpu}; ` +
      `${(tally.events / tally.seeds).toFixed(0)} events and ${(tally.virtualMs / tally.seeds / 1000).toFixed(0)} s a seed, ` +
      `at rest after ${(tally.slowestCalmMs / 1000).toFixed(0)} s at most`,
  );
  if (tally.thin.length > 0) console.log(`too little happened in seeds ${tally.thin.join(' ')}`);
  await explain(tally);
  if (tally.violations.length > 0) console.log(`broken: ${counted(tally)}`);
  if (values.json) console.log(JSON.stringify(summary(tally)));
  if (tally.violations.length + tally.thin.length > 0) process.exitCode = 1;
}
