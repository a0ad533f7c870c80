import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readOptions, refuse } from '../support/commandLine.ts';
import { coverage, kindsMet, powersMet } from './coverage.ts';
import { judgementLines } from './judgements.ts';
import { recordSeed } from './recordSeed.ts';
import { shrink } from './shrink.ts';
import { addRun, addStats, emptyStats, hashOf, type Stats, summary } from './stats.ts';
import { leavableKinds } from './swarm.ts';
import { type Profile, profiles, scriptFor } from './wide.ts';
import { runScript } from './world.ts';

const usage =
  'usage: npm run simulate -- [--seeds N] [--from S] [--json] [--jobs N] [--trace] [--record FILE] [--pairs] [--quick] [--profile wide] [--twice] [--without KIND[,KIND]] [--swarm]';

const { values } = readOptions(usage, {
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    /** Processes to share the seeds. */
    jobs: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    /** Print all that happens; for one seed. */
    trace: { type: 'boolean', default: false },
    /** Write all that happens to a file that the inspector opens; for one seed. */
    record: { type: 'string' },
    /** Print the whole table of states and faults. */
    pairs: { type: 'boolean', default: false },
    /** Shrink nothing. */
    quick: { type: 'boolean', default: false },
    /** Kinds of faults that are left out. */
    without: { type: 'string', default: '' },
    /** In each seed further kinds are left out at random. */
    swarm: { type: 'boolean', default: false },
    /** Play each seed once more: it must give the same trace. */
    twice: { type: 'boolean', default: false },
    /** What can happen: `plain`, or `wide`, which takes longer. */
    profile: { type: 'string', default: 'plain' },
    /** A process that begins with this seed, tells its parent and prints nothing. */
    part: { type: 'string' },
  },
});

const whole = (option: string, text: string, least: number): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  return refuse(usage, `--${option} ${text}: must be a whole number from ${least} on`);
};

const playedAs: Profile =
  profiles.find((name) => name === values.profile) ??
  refuse(usage, `--profile ${values.profile}: must be one of ${profiles.join(', ')}`);
const leftOut = values.without.split(',').filter((kind) => kind !== '');
const unknown = leftOut.filter((kind) => !leavableKinds.includes(kind));
if (unknown.length > 0)
  refuse(
    `the kinds are ${leavableKinds.join(', ')}`,
    `--without ${unknown.join(',')}: no such kind`,
  );
const seeds = whole('seeds', values.seeds, 1);
const from = whole('from', values.from, 0);
const jobs = Math.min(seeds, whole('jobs', values.jobs, 1));
const scriptOf = (seed: number) =>
  scriptFor(seed, playedAs, { kinds: leftOut, swarm: values.swarm });
/** So many violations are shrunk and shown with their trace. */
const mostShown = 3;
const mostTold = 30;

/** A seed that takes so long is caught in a circle that not even virtual time can leave, ms. */
const hangLimitMs = playedAs === 'wide' ? 600_000 : 30_000;

interface Report {
  seed: number;
  stats: Stats;
}

/** Every `jobs`-th seed from here on, told seed by seed. */
const simulate = async (first: number, say: (report: Report) => void): Promise<void> => {
  for (let seed = first; seed < from + seeds; seed += jobs) {
    const stats = emptyStats();
    const { user, system } = process.cpuUsage();
    const run = await runScript(scriptOf(seed));
    addRun(stats, seed, run);
    if (values.twice) {
      const again = await runScript(scriptOf(seed));
      if (again.traceHash !== run.traceHash) stats.unlike.push(seed);
    }
    const spent = process.cpuUsage({ user, system });
    stats.cpuMs = (spent.user + spent.system) / 1000;
    say({ seed, stats });
  }
};

/** A process of its own, so that a seed that hangs can be ended and the next one begun. */
const simulateApart = (first: number, into: Stats): Promise<void> =>
  new Promise((resolve, reject) => {
    if (first >= from + seeds) return resolve();
    const args = [
      '--part',
      `${first}`,
      '--seeds',
      `${seeds}`,
      '--from',
      `${from}`,
      '--profile',
      playedAs,
    ];
    if (values.twice) args.push('--twice');
    if (values.swarm) args.push('--swarm');
    if (leftOut.length > 0) args.push('--without', leftOut.join(','));
    const child = fork(process.argv[1] as string, [...args, '--jobs', `${jobs}`]);
    let seed = first;
    const hangs = () => {
      child.kill('SIGKILL');
      into.seeds++;
      into.violations.push({ seed, invariant: 'stuck', at: 0, says: 'it hangs' });
      simulateApart(seed + jobs, into).then(resolve, reject);
    };
    let timer = setTimeout(hangs, hangLimitMs);
    child.on('message', (message) => {
      const report = message as Report;
      clearTimeout(timer);
      addStats(into, report.stats);
      seed = report.seed + jobs;
      timer = setTimeout(hangs, hangLimitMs);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else if (signal === null) reject(new Error(`a part ended with ${code}`));
    });
  });

const simulateAll = async (): Promise<Stats> => {
  const stats = emptyStats();
  const parts = Array.from({ length: jobs }, (_, part) => simulateApart(from + part, stats));
  await Promise.all(parts);
  stats.violations.sort((a, b) => a.seed - b.seed);
  return stats;
};

const explain = async ({ violations }: Stats): Promise<void> => {
  const seen = new Set<string>();
  let told = 0;
  for (const { seed, invariant, at, says } of violations) {
    if (told++ < mostTold) console.log(`seed ${seed}: ${invariant} at ${at} s: ${says}`);
    if (values.quick || says === 'it hangs' || seen.has(invariant) || seen.size >= mostShown)
      continue;
    seen.add(invariant);
    const { script, run } = await shrink(scriptOf(seed), (again) =>
      again.violations.some((each) => each.invariant === invariant),
    );
    console.log(`  shrunk to ${script.happenings.length} happenings; ${JSON.stringify(script)}`);
    const end = run.trace.findIndex((line) => line.includes(`!! ${invariant}`));
    for (const line of run.trace.slice(Math.max(0, end - 60), end + 1)) console.log(`  ${line}`);
  }
};

const counted = ({ violations }: Stats): string =>
  [...new Set(violations.map(({ invariant }) => invariant))]
    .map((name) => `${name} ${violations.filter(({ invariant }) => invariant === name).length}`)
    .join(', ');

if (values.part !== undefined) {
  await simulate(whole('part', values.part, 0), (report) => process.send?.(report));
  process.disconnect();
} else if (values.record !== undefined) {
  const { lines, violations } = await recordSeed(scriptOf(from));
  writeFileSync(values.record, `${lines.join('\n')}\n`);
  for (const { invariant, at, says } of violations)
    console.log(`seed ${from}: ${invariant} at ${at} s: ${says}`);
  console.log(`${lines.length} lines written; scaler-ecs inspect ${values.record} shows them`);
} else if (values.trace) {
  const { trace } = await runScript(scriptOf(from), true);
  console.log(trace.join('\n'));
} else {
  const begun = performance.now();
  const stats = await simulateAll();
  const seconds = (performance.now() - begun) / 1000;
  const { tables, lines, missing } = coverage(stats);
  for (const line of values.pairs ? [...tables, ...lines] : lines) console.log(line);
  if (playedAs === 'wide') console.log(powersMet(stats));
  console.log(kindsMet(stats));
  for (const line of judgementLines(stats.judgements)) console.log(line);
  if (missing.length > 0)
    console.log(`not met: ${missing.slice(0, 40).join(', ')}${missing.length > 40 ? ', ...' : ''}`);
  console.log(
    `${stats.seeds} seeds in ${seconds.toFixed(1)} s: ${(stats.seeds / seconds).toFixed(1)} a second, ${((stats.seeds / stats.cpuMs) * 1000).toFixed(1)} a CPU second; ` +
      `${(stats.events / stats.seeds).toFixed(0)} events and ${(stats.virtualMs / stats.seeds / 1000).toFixed(0)} s a seed, ` +
      `at rest after ${(stats.slowestCalmMs / 1000).toFixed(0)} s at most`,
  );
  console.log(`traces ${hashOf(stats)}${values.twice ? ', each seed played twice' : ''}`);
  if (stats.unlike.length > 0)
    console.log(`another trace the second time: seeds ${stats.unlike.join(' ')}`);
  if (stats.thin.length > 0) console.log(`too little happened in seeds ${stats.thin.join(' ')}`);
  await explain(stats);
  if (stats.violations.length > 0) console.log(`broken: ${counted(stats)}`);
  if (values.json) console.log(JSON.stringify(summary(stats)));
  if (stats.violations.length + stats.thin.length + stats.unlike.length > 0) process.exitCode = 1;
}
