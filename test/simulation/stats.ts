import { launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import { mishaps, operations } from './client.ts';
import { subnetTroubles } from './ecs.ts';
import type { Violation } from './invariants.ts';
import { killPoints } from './script.ts';
import type { PromiseName } from './watched.ts';
import type { Run } from './world.ts';

/** What many seeds add up to; JSON, so that several processes can add up theirs. */
export interface Tally {
  seeds: number;
  events: number;
  violations: ({ seed: number } & Violation)[];
  /** `state|fault`: how often. */
  met: Record<string, number>;
  /** Seeds in which too little happened to prove anything. */
  thin: number[];
  slowestCalmMs: number;
  virtualMs: number;
  cpuMs: number;
}

export const emptyTally = (): Tally => ({
  seeds: 0,
  events: 0,
  violations: [],
  met: {},
  thin: [],
  slowestCalmMs: 0,
  virtualMs: 0,
  cpuMs: 0,
});

export const addRun = (tally: Tally, seed: number, run: Run): void => {
  tally.seeds++;
  tally.events += run.events;
  tally.virtualMs += run.virtualMs;
  tally.slowestCalmMs = Math.max(tally.slowestCalmMs, run.calmAfter ?? 0);
  for (const violation of run.violations) tally.violations.push({ seed, ...violation });
  for (const [pair, count] of run.met) tally.met[pair] = (tally.met[pair] ?? 0) + count;
  if (run.events < 200 || run.faults < 3 || run.restarts < 1) tally.thin.push(seed);
};

export const addTally = (into: Tally, from: Tally): void => {
  into.seeds += from.seeds;
  into.events += from.events;
  into.virtualMs += from.virtualMs;
  into.cpuMs += from.cpuMs;
  into.slowestCalmMs = Math.max(into.slowestCalmMs, from.slowestCalmMs);
  into.violations.push(...from.violations);
  into.thin.push(...from.thin);
  for (const [pair, count] of Object.entries(from.met))
    into.met[pair] = (into.met[pair] ?? 0) + count;
};

interface Node {
  type?: string;
  states: Record<string, Node>;
}

/** The names of all states that can be left, inner ones as `outer.inner`. */
const lasting = (states: Record<string, Node>): string[] =>
  Object.entries(states).flatMap(([name, { type, states: inner }]) => {
    if (type === 'final') return [];
    const within = lasting(inner).map((each) => `${name}.${each}`);
    return within.length > 0 ? within : [name];
  });

/** The states whose every meeting with a fault is to be seen. */
export const states: string[] = [
  ...lasting(workerGroup.states).map((state) => `group ${state}`),
  ...lasting(launch.states).map((state) => `launch ${state}`),
];

export const faults: string[] = [
  ...mishaps.flatMap((mishap) => operations.map((operation) => `${mishap}:${operation}`)),
  ...killPoints.map((point) => `kill:${point}`),
  ...'kill:anywhere/power cut/journal lost/clock set/stop/prepare'.split('/'),
  ...'noCapacity/noSpot/quota/partial/ghost/stuck/startFails/slowStarts/slowStops/forgetful'.split(
    '/',
  ),
  ...subnetTroubles,
  ...'missing/missingMs/listLagMs/staleMs/exit/oom/spot/maintenance/outside'.split('/'),
  ...'silent/gone/echoless/commandless/empty/unseen/disk:full/disk:slow/disk:syncFails'.split('/'),
];

/** Why a fault cannot meet a state, or hardly ever will; null when it can. */
export const excuse = (state: string, fault: string): string | null => {
  if (state === 'launch recording')
    return 'the outcome is taken into the ledger in memory, in the same turn: nothing comes between';
  // Launches of an earlier life are on the disk, and in doubt; new ones wait until all is prepared.
  if (fault === 'prepare' && state === 'launch journaling')
    return 'before all is prepared only launches are sent that are in the journal already';
  if (fault === 'prepare' && state === 'launch throttled')
    return 'before all is prepared only launches are sent that are in doubt, and so not given up';
  if (fault === 'noSpot' && state === 'group draining.waiting')
    return 'who waits is taken back before anything is launched: only a launch without an answer is sent again then';
  return null;
};

const inOne = (tally: Tally, names: readonly PromiseName[]): number =>
  new Set(tally.violations.filter(({ promise }) => names.includes(promise)).map(({ seed }) => seed))
    .size;

/** The last line of `--json`; the four numbers count seeds. */
export const summary = (tally: Tally) => ({
  seeds: tally.seeds,
  events: tally.events,
  violations: tally.violations,
  leaked: inOne(tally, ['leaked', 'leftUnsaid']),
  duplicated: inOne(tally, ['duplicated', 'overLaunched', 'tokenReused']),
  lost: inOne(tally, [
    'lost',
    'gaveUpAlive',
    'stoppedInVain',
    'stoppedTooMany',
    'stoppedBusy',
    'stoppedForeign',
  ]),
  capExceeded: inOne(tally, ['capExceeded']),
});

const table = (tally: Tally, columns: readonly string[]): string[] => {
  const width = Math.max(...faults.map(({ length }) => length));
  const short = (state: string) =>
    state.replace(/^(g)roup (?:draining\.)?|^(l)aunch /, '$1$2:').slice(0, 9);
  return [
    ['fault'.padEnd(width), ...columns.map((state) => short(state).padStart(9))].join(' '),
    ...faults.map((fault) =>
      [
        fault.padEnd(width),
        ...columns.map((state) => `${tally.met[`${state}|${fault}`] ?? '-'}`.padStart(9)),
      ].join(' '),
    ),
  ];
};

/** Which fault met which state how often, and which pairs were never seen. */
export const coverage = (tally: Tally): { lines: string[]; missing: string[] } => {
  const empty = states.flatMap((state) =>
    faults
      .filter((fault) => !tally.met[`${state}|${fault}`])
      .map((fault) => ({ state, pair: `${state} x ${fault}`, why: excuse(state, fault) })),
  );
  const missing = empty.filter(({ why }) => why === null).map(({ pair }) => pair);
  const total = states.length * faults.length;
  return {
    lines: [
      ...table(tally, states),
      `${total - empty.length} of ${total} pairs of state and fault met, ${missing.length} of the others without a reason`,
      ...new Set(
        empty.flatMap(({ state, why }) => (why === null ? [] : [`never: ${state}: ${why}`])),
      ),
    ],
    missing,
  };
};
