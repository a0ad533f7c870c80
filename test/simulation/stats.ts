import type { Generation } from '../../machines/scheduler/messages.ts';
import { addJudgements, type Judgements } from './judgements.ts';
import type { Power } from './powers.ts';
import type { InvariantName, Violation } from './watched.ts';
import type { Run } from './world.ts';

/** What many seeds add up to; JSON, so that several processes can add up theirs. */
export interface Stats {
  seeds: number;
  events: number;
  violations: ({ seed: number } & Violation)[];
  /** Seeds that began with a scheduler of that generation. */
  generations: Partial<Record<Generation, number>>;
  /** `generation|state|fault`: how often. */
  met: Record<string, number>;
  /** Seeds in which too little happened to prove anything. */
  thin: number[];
  slowestCalmMs: number;
  /** Seeds that had that part of the wide profile. */
  powers: Partial<Record<Power, number>>;
  /** How often each rule was judged, and how often it was excused. */
  judgements: Judgements;
  /** Seeds that had each kind of fault, and seeds in which it was switched off. */
  kinds: Record<string, number>;
  absent: Record<string, number>;
  /** Of the traces of all seeds, in whatever order they were played: the sum of the first 48 bits of their hashes. */
  traceSum: number;
  /** Seeds that gave another trace when they were played again. */
  unlike: number[];
  virtualMs: number;
  cpuMs: number;
}

export const emptyStats = (): Stats => ({
  seeds: 0,
  events: 0,
  violations: [],
  generations: {},
  met: {},
  thin: [],
  slowestCalmMs: 0,
  powers: {},
  judgements: {},
  ...{ kinds: {}, absent: {} },
  traceSum: 0,
  unlike: [],
  virtualMs: 0,
  cpuMs: 0,
});

/** Below 2 ** 53, so that the sum of two is exact. */
const hashSpan = 2 ** 48;
const hashDigits = 12;

/** The hash of the traces of all seeds. */
export const hashOf = ({ traceSum }: Stats): string =>
  traceSum.toString(16).padStart(hashDigits, '0');

function addCounts(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(from)) into[name] = (into[name] ?? 0) + count;
}

const once = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]));

export const addRun = (stats: Stats, seed: number, run: Run): void => {
  stats.seeds++;
  stats.events += run.events;
  stats.virtualMs += run.virtualMs;
  stats.slowestCalmMs = Math.max(stats.slowestCalmMs, run.calmAfter ?? 0);
  stats.generations[run.generation] = (stats.generations[run.generation] ?? 0) + 1;
  for (const power of run.powers) stats.powers[power] = (stats.powers[power] ?? 0) + 1;
  addJudgements(stats.judgements, run.judgements);
  addCounts(stats.kinds, once(run.kinds));
  addCounts(stats.absent, once(run.absent));
  const own = Number.parseInt(run.traceHash.slice(0, hashDigits), 16);
  stats.traceSum = (stats.traceSum + own) % hashSpan;
  for (const violation of run.violations) stats.violations.push({ seed, ...violation });
  for (const [pair, count] of run.met) stats.met[pair] = (stats.met[pair] ?? 0) + count;
  const isWhole = run.absent.length === 0;
  if (isWhole && (run.events < 200 || run.faults < 3 || run.restarts < 1)) stats.thin.push(seed);
};

export const addStats = (into: Stats, from: Stats): void => {
  into.seeds += from.seeds;
  into.events += from.events;
  into.virtualMs += from.virtualMs;
  into.cpuMs += from.cpuMs;
  into.slowestCalmMs = Math.max(into.slowestCalmMs, from.slowestCalmMs);
  into.violations.push(...from.violations);
  into.thin.push(...from.thin);
  into.unlike.push(...from.unlike);
  addJudgements(into.judgements, from.judgements);
  addCounts(into.kinds, from.kinds);
  addCounts(into.absent, from.absent);
  into.traceSum = (into.traceSum + from.traceSum) % hashSpan;
  for (const [generation, seeds] of Object.entries(from.generations)) {
    const known = generation as Generation;
    into.generations[known] = (into.generations[known] ?? 0) + seeds;
  }
  for (const [name, seeds] of Object.entries(from.powers)) {
    const power = name as Power;
    into.powers[power] = (into.powers[power] ?? 0) + seeds;
  }
  addCounts(into.met, from.met);
};

/** What only the wide profile can break. */
const wideInvariants: readonly InvariantName[] = [
  ...(['stopIgnored', 'tooOld', 'stoppedEarly', 'replacedEarly'] as const),
];

const inOne = (stats: Stats, names: readonly InvariantName[]): number =>
  new Set(
    stats.violations.filter(({ invariant }) => names.includes(invariant)).map(({ seed }) => seed),
  ).size;

/** The last line of `--json`; the numbers after the violations count seeds. */
export const summary = (stats: Stats) => ({
  seeds: stats.seeds,
  events: stats.events,
  violations: stats.violations,
  generations: stats.generations,
  traces: hashOf(stats),
  ...(stats.unlike.length > 0 && { unlike: stats.unlike }),
  judgements: stats.judgements,
  kinds: stats.kinds,
  ...(Object.keys(stats.absent).length > 0 && { absent: stats.absent }),
  ...(Object.keys(stats.powers).length > 0 && { powers: stats.powers }),
  leaked: inOne(stats, ['leaked', 'leftUnsaid']),
  duplicated: inOne(stats, ['duplicated', 'overLaunched', 'tokenReused', 'launchedUseless']),
  lost: inOne(stats, [
    'lost',
    'gaveUpAlive',
    'stoppedInVain',
    'stoppedUnheard',
    'stoppedTooMany',
    'stoppedBusy',
    'stoppedForeign',
  ]),
  capExceeded: inOne(stats, ['capExceeded']),
  ...(Object.keys(stats.powers).length > 0 && { wide: inOne(stats, wideInvariants) }),
  dialogue: inOne(stats, [
    ...(['schedulerKilled', 'unanswered', 'reportedAlive', 'deadUnreported'] as const),
    ...(['adoptedForeign', 'disowned'] as const),
  ]),
});
