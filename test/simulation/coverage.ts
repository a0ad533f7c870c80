import { launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import type { Generation } from '../../machines/scheduler/messages.ts';
import { session } from '../../machines/scheduler/session.ts';
import { dialogueNames } from './census.ts';
import { mishaps, operations } from './client.ts';
import { dialogueFaultNames } from './dialogueFaults.ts';
import { subnetTroubles } from './ecs.ts';
import { powers } from './powers.ts';
import { killPoints } from './script.ts';
import type { Stats } from './stats.ts';
import { faultKinds } from './swarm.ts';

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

/** States of the fleet, in which every fault is to be seen. */
const fleetStates: string[] = [
  ...lasting(workerGroup.states).map((state) => `group ${state}`),
  ...lasting(launch.states).map((state) => `launch ${state}`),
];

/** States of the dialogue with the scheduler. */
const dialogueStates: string[] = [
  ...lasting(session.states)
    .filter((state) => state !== 'closed')
    .map((state) => `session ${state}`),
  ...dialogueNames.map((state) => `dialogue ${state}`),
];

const kills = killPoints.map((point) => `kill:${point}`);
const dialogueFaults: string[] = [
  ...['silent', 'gone', 'echoless', 'commandless', 'empty', 'unseen'],
  ...dialogueFaultNames,
  ...['stop', 'kill:anywhere', ...kills],
];

const fleetFaults: string[] = [
  ...mishaps.flatMap((mishap) => operations.map((operation) => `${mishap}:${operation}`)),
  ...kills,
  ...'kill:anywhere/power cut/journal lost/clock set/stop/prepare'.split('/'),
  ...'noCapacity/noSpot/quota/partial/ghost/stuck/startFails/slowStarts/slowStops/forgetful'.split(
    '/',
  ),
  ...subnetTroubles,
  ...'standstill/deleteCluster/missing/missingMs/listLagMs/staleMs/exit/oom/spot/maintenance/outside'.split(
    '/',
  ),
  ...'silent/gone/echoless/commandless/empty/unseen/disk:full/disk:slow/disk:syncFails'.split('/'),
  ...dialogueFaultNames,
];

/** Why a fault cannot meet a state, or hardly ever will; null when it can. */
export const excuse = (state: string, fault: string): string | null => {
  if (state === 'launch recording')
    return 'the outcome is taken into the ledger in memory, in the same turn: nothing comes between';
  if (state.endsWith('checking'))
    return 'the answer to the question comes in the same turn: nothing comes between';
  // Launches of an earlier life are on the disk, and in doubt; new ones wait until all is prepared.
  if (fault === 'prepare' && state === 'launch journaling')
    return 'before all is prepared only launches are sent that are in the journal already';
  if (fault === 'prepare' && state === 'launch refusedForNow')
    return 'before all is prepared only launches are sent that are in doubt, and so not given up';
  if (fault === 'noSpot' && state === 'group draining.waiting')
    return 'groups that wait are taken back before anything is launched: only a launch without an answer is sent again then';
  return null;
};

interface Part {
  states: readonly string[];
  faults: readonly string[];
}

const fleet: Part = { states: fleetStates, faults: fleetFaults };
const dialogue: Part = { states: dialogueStates, faults: dialogueFaults };

const generations: readonly Generation[] = ['g1', 'g1b', 'g2', 'g23', 'g3', 'g4'];

/** How often a fault met that state, with schedulers of these generations. */
type Count = (state: string, fault: string) => number;

function countOf({ met }: Stats, of: readonly Generation[]): Count {
  return (state, fault) =>
    of.reduce((sum, generation) => sum + (met[`${generation}|${state}|${fault}`] ?? 0), 0);
}

function table({ states, faults }: Part, count: Count): string[] {
  const width = Math.max(...faults.map(({ length }) => length));
  const short = (state: string) =>
    state
      .replace(
        /^(g)roup (?:draining\.)?|^(l)aunch |^session (?:online\.(?:connected\.)?)?|^dialogue /,
        '$1$2:',
      )
      .replace(/^:/, '')
      .slice(0, 9);
  const numbers = (fault: string) =>
    states.map((state) => `${count(state, fault) || '-'}`.padStart(9));
  return [
    ['fault'.padEnd(width), ...states.map((state) => short(state).padStart(9))].join(' '),
    ...faults.map((fault) => [fault.padEnd(width), ...numbers(fault)].join(' ')),
  ];
}

function metOf({ states, faults }: Part, count: Count): number {
  return states.flatMap((state) => faults.filter((fault) => count(state, fault) > 0)).length;
}

const sizeOf = ({ states, faults }: Part): number => states.length * faults.length;

/** How many seeds had each part of the wide profile. */
export const powersMet = (stats: Stats): string =>
  `seeds with ${powers.map((power) => `${power} ${stats.powers[power] ?? 0}`).join(', ')}`;

/** How many seeds had each kind of fault. */
export const kindsMet = ({ seeds, kinds, absent }: Stats): string => {
  const words = faultKinds.map((kind) => {
    const off = absent[kind] ?? 0;
    return `${kind} ${kinds[kind] ?? 0}${off > 0 ? ` (off ${off})` : ''}`;
  });
  return `of ${seeds} seeds, with ${words.join(', ')}`;
};

/** Which fault met which state how often: of all schedulers, and of those of each generation. */
export function coverage(stats: Stats): { tables: string[]; lines: string[]; missing: string[] } {
  const all = countOf(stats, generations);
  const empty = fleetStates.flatMap((state) =>
    fleetFaults
      .filter((fault) => all(state, fault) === 0)
      .map((fault) => ({ state, pair: `${state} x ${fault}`, why: excuse(state, fault) })),
  );
  const missing = empty.filter(({ why }) => why === null).map(({ pair }) => pair);
  return {
    tables: [
      ...['all generations', ...table(fleet, all), ...table(dialogue, all)],
      ...generations.flatMap((generation) => {
        const count = countOf(stats, [generation]);
        return [generation, ...table(fleet, count), ...table(dialogue, count)];
      }),
    ],
    lines: [
      `${sizeOf(fleet) - empty.length} of ${sizeOf(fleet)} pairs of a state of the fleet and a fault met, ${missing.length} of the others without a reason; ` +
        `${metOf(dialogue, all)} of ${sizeOf(dialogue)} pairs of a state of the dialogue and a fault`,
      ...generations.map((generation) => {
        const count = countOf(stats, [generation]);
        return `${generation}: ${stats.generations[generation] ?? 0} seeds, ${metOf(fleet, count)} pairs of the fleet, ${metOf(dialogue, count)} of the dialogue`;
      }),
      ...new Set(
        empty.flatMap(({ state, why }) => (why === null ? [] : [`never: ${state}: ${why}`])),
      ),
    ],
    missing,
  };
}
