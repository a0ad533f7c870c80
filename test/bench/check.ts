/**
 * Fails when what a noisy machine can hold falls behind by more than a fifth: CPU time beside that of a process of fixed
 * work in the same run (reference.ts), its growth with the fleet, memory, the log; and when calls or the pause
 * between heartbeats pass a limit of their own. What is within a fifth of its stored value passes. Of what is above it, the
 * commit of the stored values tells whether it is noise: that commit is built, and both are measured in turn, up to six
 * times each. The least of this one must be within a fifth of the least of that one; within a tenth where they were
 * measured less than three times.
 * With --beside COMMIT everything is measured three times beside that commit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readOptions, refuse } from '../support/commandLine.ts';
import {
  type Amounts,
  type Check,
  leastOf,
  leastOfBoth,
  limitBeside,
  limitOf,
  looseLimitOf,
  misfits,
  type Stored,
  storedAfter,
} from './checkLimits.ts';
import { type CheckSet, checkSets } from './checks.ts';
import { buildCommit, type CommitBuild, commitNamed, isCommitted } from './commitBuild.ts';
import { shown } from './statistics.ts';

/** How often what fails is measured where no other build can be. */
const tries = 4;
/** How often each of two builds is measured at most, and until a limit is enough that is not narrower. */
const [mostPairs, fewPairs] = [6, 3];
/** A build whose least is no more than this beside the least of the other is not measured again. */
const surelyNoMore = 1.1;
const storedFile = new URL('./checked.json', import.meta.url);
const stored: Stored = JSON.parse(readFileSync(storedFile, 'utf8'));

const usage = 'usage: npm run bench:check [-- --store REASON | --beside COMMIT]';
const { values: options } = readOptions(usage, {
  options: {
    /** Measures as often as it may, and stores all values as those of this commit, for this reason. */
    store: { type: 'string' },
    /** Measures this commit as well, and compares. */
    beside: { type: 'string' },
  },
});
const isStoring = options.store !== undefined;
if (isStoring && options.beside !== undefined) refuse(usage, '--beside stores nothing');
if (isStoring && !isCommitted())
  refuse(usage, '--store keeps the name of this commit: commit the changes first');
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

const valuesOf = ({ checks }: CheckSet, least: Amounts): number[] =>
  checks.map((each) => each.value(least));

/** A commit that is built at most once. */
interface Base {
  /** Null: there is no such build, for the reason that `trouble` tells. */
  program(): string | null;
  trouble(): string;
  remove(): void;
}

function baseOf(name: string): Base {
  let built: CommitBuild | null = null;
  let trouble: string | null = null;
  const build = (): CommitBuild | null => {
    const commit = commitNamed(name);
    trouble = commit === null ? `this clone has no commit ${name}` : null;
    try {
      return commit === null ? null : buildCommit(commit);
    } catch (error) {
      trouble = `${name} cannot be built: ${(error as Error).message.split('\n')[0]}`;
      return null;
    }
  };
  return {
    program(): string | null {
      built ??= trouble === null ? build() : null;
      return built?.program ?? null;
    },
    trouble: () => trouble ?? '',
    remove: () => built?.remove(),
  };
}

/** Measures this build, unless that has just been done, and another one in turn, until `isEnough` of so many pairs. */
async function inTurn(
  set: CheckSet,
  program: string,
  measured: readonly Amounts[],
  isEnough: (pairs: number, ours: number[], others: number[]) => boolean,
): Promise<[ours: number[], others: number[]]> {
  const [ours, others]: [Amounts[], Amounts[]] = [[...measured], []];
  const values = (): [number[], number[]] => {
    const [mine, theirs] = leastOfBoth(ours, others);
    return [valuesOf(set, mine), valuesOf(set, theirs)];
  };
  while (others.length === 0 || !isEnough(others.length, ...values())) {
    if (ours.length === others.length) ours.push(await set.measure());
    others.push(await set.measure(program));
  }
  return values();
}

const isMet = (each: Check | undefined, value: number): boolean =>
  each !== undefined && value <= limitOf(each, stored);

/** Measures; and where a value is not good enough, beside the commit of the stored values, or again. */
async function check(set: CheckSet, base: Base): Promise<void> {
  const { checks } = set;
  const measured = [await set.measure()];
  const values = (): number[] => valuesOf(set, leastOf(measured));
  const areMet = (): boolean => values().every((value, i) => isMet(checks[i], value));
  const program = isStoring || areMet() ? null : base.program();
  if (program !== null) return compareAfter(set, measured, program);
  while (measured.length < tries && (isStoring || !areMet())) measured.push(await set.measure());
  const words = isStoring ? '' : ` (not compared: ${base.trouble()})`;
  for (const [i, value] of values().entries()) {
    const each = checks[i] as Check;
    if (each.most === undefined) found[each.what] = value;
    if (isMet(each, value)) tell(each, value, limitOf(each, stored));
    else tell(each, value, looseLimitOf(each, stored), words);
  }
}

/** Some values of this first measurement are above their limits: another build tells whether that is noise. */
async function compareAfter(
  set: CheckSet,
  measured: readonly Amounts[],
  program: string,
): Promise<void> {
  const { checks } = set;
  const first = valuesOf(set, leastOf(measured));
  const limits = (others: number[], times?: number): number[] =>
    others.map((value, i) => limitBeside(checks[i] as Check, value, times));
  const areMet = (mine: number[], most: number[]): boolean =>
    most.every((limit, i) => isMet(checks[i], first[i] as number) || (mine[i] as number) <= limit);
  const [ours, others] = await inTurn(
    set,
    program,
    measured,
    (pairs, mine, theirs) =>
      pairs >= mostPairs ||
      areMet(mine, pairs < fewPairs ? limits(theirs, surelyNoMore) : limits(theirs)),
  );
  const beside = limits(others);
  for (const [i, value] of first.entries()) {
    const each = checks[i] as Check;
    if (isMet(each, value)) tell(each, value, limitOf(each, stored));
    else
      tell(
        each,
        ours[i] as number,
        beside[i] as number,
        `; ${shown(others[i] as number)} at ${stored.commit.slice(0, 8)}`,
      );
  }
}

async function compareWith(base: Base, name: string): Promise<void> {
  const program = base.program();
  if (program === null) refuse(usage, base.trouble());
  for (const set of checkSets) {
    const [ours, others] = await inTurn(set, program, [], (pairs) => pairs >= fewPairs);
    for (const [i, each] of set.checks.entries()) {
      const other = others[i] as number;
      tell(each, ours[i] as number, limitBeside(each, other), `; ${shown(other)} at ${name}`);
    }
  }
}

async function checkAll(base: Base): Promise<void> {
  const wrong = misfits(
    checkSets.flatMap(({ checks }) => checks),
    stored,
  );
  for (const line of wrong) process.stdout.write(`BEHIND ${line}\n`);
  if (wrong.length > 0 && !isStoring) process.exit(1);
  for (const set of checkSets) await check(set, base);
}

const base = baseOf(options.beside ?? stored.commit);
try {
  await (options.beside === undefined ? checkAll(base) : compareWith(base, options.beside));
} finally {
  base.remove();
}
if (options.store !== undefined) {
  const commit = commitNamed('HEAD') ?? '';
  const next = storedAfter(found, stored, { commit, reason: options.store });
  writeFileSync(storedFile, `${JSON.stringify(next, null, 2)}\n`);
  process.stdout.write('stored\n');
} else {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}
