/**
 * Fails when what a noisy machine can hold falls behind by more than a fifth: CPU time beside that of a process of fixed
 * work in the same run (reference.ts), its growth with the fleet, memory, the log; and when calls or the pause
 * between heartbeats pass a limit of their own. Noise can only add, so what is within a fifth of its stored value passes.
 * Of what is above it, the commit of the stored values tells whether it is noise: that commit is built, and both are
 * measured in turn, up to three times each, until the best of this one is within a fifth of the best of that one.
 * With --beside COMMIT everything is measured three times beside that commit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readOptions, refuse } from '../support/commandLine.ts';
import {
  type Check,
  limitBeside,
  limitOf,
  looseLimitOf,
  misfits,
  type Stored,
  storedAfter,
} from './checkLimits.ts';
import { type Group, groups } from './checks.ts';
import { buildCommit, type CommitBuild, commitNamed, isCommitted } from './commitBuild.ts';
import { shown } from './statistics.ts';

/** How often what fails is measured where no other build can be. */
const tries = 4;
/** How often each of two builds is measured at most. */
const pairs = 3;
const storedFile = new URL('./checked.json', import.meta.url);
const stored: Stored = JSON.parse(readFileSync(storedFile, 'utf8'));

const usage = 'usage: npm run bench:check [-- --store | --raise REASON | --beside COMMIT]';
const { values: options } = readOptions(usage, {
  options: {
    /** Measures as often as it may, and stores what is better than before. */
    store: { type: 'boolean', default: false },
    /** Stores all values as those of this commit, for this reason. */
    raise: { type: 'string' },
    /** Measures this commit as well, and compares. */
    beside: { type: 'string' },
  },
});
const isStoring = options.store || options.raise !== undefined;
if (isStoring && options.beside !== undefined) refuse(usage, '--beside stores nothing');
if (options.raise !== undefined && !isCommitted())
  refuse(usage, '--raise stores the name of this commit: commit the changes first');
const found: Record<string, number> = {};
let failed = 0;
let passed = 0;

function tell({ what, unit }: Check, value: number, limit: number, words = ''): void {
  const isMet = value <= limit;
  if (isMet) passed++;
  else failed++;
  const verdict = isMet ? 'ok    ' : 'BEHIND';
  process.stdout.write(`${verdict} ${what}: ${shown(value)} of ${shown(limit)} ${unit}${words}\n`);
}

/** The least of the values of each check, over these measurements. */
const bestOf = (measured: readonly number[][], checks: readonly Check[]): number[] =>
  checks.map((_, i) => Math.min(...measured.map((values) => values[i] ?? Number.NaN)));

/** Builds a commit at most once. */
function onceBuilt(commit: string) {
  let built: CommitBuild | null = null;
  return {
    program(): string {
      built ??= buildCommit(commit);
      return built.program;
    },
    remove: () => built?.remove(),
  };
}

/** Measures another build in turn with this one, up to three times each, until `isEnough`. */
async function inTurn(
  { checks, measure }: Group,
  program: string,
  isEnough: (ours: number[], others: number[]) => boolean,
): Promise<[ours: number[], others: number[]]> {
  const [ours, others]: [number[][], number[][]] = [[], []];
  const best = (): [number[], number[]] => [bestOf(ours, checks), bestOf(others, checks)];
  while (ours.length < pairs && (ours.length === 0 || !isEnough(...best()))) {
    ours.push(await measure());
    others.push(await measure(program));
  }
  return best();
}

/** Measures until each value is good enough. */
async function check(group: Group, program: (() => string) | null): Promise<void> {
  const { checks, measure } = group;
  const isGood = (value: number, i: number) => value <= limitOf(checks[i] as Check, stored);
  const measured = [await measure()];
  const most = isStoring || program === null ? tries : 1;
  while (measured.length < most && (isStoring || !bestOf(measured, checks).every(isGood)))
    measured.push(await measure());
  const first = bestOf(measured, checks);
  for (const [i, { what, most: promised }] of checks.entries())
    if (promised === undefined) found[what] = first[i] ?? Number.NaN;
  const noise = isStoring || first.every(isGood) ? null : await noiseOf(group, program, first);
  for (const [i, each] of checks.entries()) {
    const value = first[i] ?? Number.NaN;
    if (isGood(value, i)) tell(each, value, limitOf(each, stored));
    else if (noise === null) tell(each, value, looseLimitOf(each, stored), notCompared);
    else tell(each, noise.ours[i] ?? Number.NaN, noise.limits[i] ?? Number.NaN, noise.words(i));
  }
}

const notCompared = ` (not compared: this clone has no commit ${stored.commit}; git fetch --unshallow)`;

/** What both builds show, where some values are above their limits; null: there is no other build. */
async function noiseOf(group: Group, program: (() => string) | null, first: readonly number[]) {
  if (program === null) return null;
  const { checks } = group;
  const isSeen = (value: number, i: number) => value <= limitOf(checks[i] as Check, stored);
  const limits = (others: number[]) =>
    others.map((value, i) => limitBeside(checks[i] as Check, value));
  const [ours, others] = await inTurn(group, program(), (mine, theirs) =>
    limits(theirs).every(
      (limit, i) => isSeen(first[i] ?? Number.NaN, i) || (mine[i] ?? Number.NaN) <= limit,
    ),
  );
  const words = (i: number) =>
    `; ${shown(first[i] ?? Number.NaN)} at first, ${shown(others[i] ?? Number.NaN)} at ${stored.commit}`;
  return { ours, limits: limits(others), words };
}

async function compareWith(name: string): Promise<void> {
  const commit = commitNamed(name);
  if (commit === null) refuse(usage, `there is no commit ${name}`);
  const build = onceBuilt(commit);
  try {
    for (const group of groups) {
      const [ours, others] = await inTurn(group, build.program(), () => false);
      for (const [i, each] of group.checks.entries()) {
        const other = others[i] ?? Number.NaN;
        tell(each, ours[i] ?? Number.NaN, limitBeside(each, other), `; ${shown(other)} at ${name}`);
      }
    }
  } finally {
    build.remove();
  }
}

async function checkAll(): Promise<void> {
  const wrong = misfits(
    groups.flatMap(({ checks }) => checks),
    stored,
  );
  for (const line of wrong) process.stdout.write(`BEHIND ${line}\n`);
  if (wrong.length > 0 && !isStoring) process.exit(1);
  const commit = commitNamed(stored.commit);
  const build = commit === null ? null : onceBuilt(commit);
  try {
    for (const group of groups) await check(group, build?.program ?? null);
  } finally {
    build?.remove();
  }
}

await (options.beside === undefined ? checkAll() : compareWith(options.beside));
if (isStoring) {
  const commit = commitNamed('HEAD')?.slice(0, 8) ?? '';
  const next = storedAfter(found, stored, { commit, raised: options.raise });
  writeFileSync(storedFile, `${JSON.stringify(next, null, 2)}\n`);
  process.stdout.write('stored\n');
} else {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}
