import { atLeast, compareReleases } from '../shared/release.ts';
import type { Generation, Terms } from './messages.ts';

/** The first release of each generation, and the last one that we know; the newest generation first. */
const spans: Record<Generation, { first: string; last: string }> = {
  g4: { first: '2.7.0', last: '2.9.0' },
  g3: { first: '2.3.4', last: '2.6.0' },
  g23: { first: '2.1.0', last: '2.3.3' },
  g2: { first: '1.21.0', last: '2.0.20' },
  g1b: { first: '1.19.0', last: '1.20.1' },
  g1: { first: '0', last: '1.15.0' },
};
const generations = Object.keys(spans) as Generation[];

/** g1b is g1 with a name in its heartbeat. */
const kin = (generation: Generation): Generation => (generation === 'g1b' ? 'g1' : generation);

/** What a scheduler of that release speaks, and its workers understand. */
export const generationOf = (release: string): Generation =>
  generations.find((generation) => atLeast(release, spans[generation].first)) ?? 'g1';

/** The newest release that we know of that generation. */
export const newestOf = (generation: Generation): string =>
  // No release of g1b ever reached the package index; its workers differ in nothing from g1's.
  spans[kin(generation)].last;

/** What the package index has, the newest first. */
const published = (
  '2.9.0 2.8.0 2.7.0 2.6.0 2.5.5 2.5.0 2.4.6 2.4.5 2.4.3 2.4.2 2.4.0 2.3.5 2.3.3 2.3.1 2.3.0 2.2.0 2.1.10 2.1.8 ' +
  '2.1.7 2.1.6 2.1.5 2.1.4 2.1.2 2.0.20 2.0.19 2.0.16 2.0.14 2.0.12 2.0.9 2.0.7 2.0.4 2.0.2 2.0.1 2.0.0 1.27.2 ' +
  '1.27.1 1.26.6 1.26.4 1.26.3 1.26.2 1.26.1 1.26.0 1.24.6 1.24.0 1.15.0'
).split(' ');

/** Whether the package index has this release, as far as we know. */
export function isPublished(release: string): boolean {
  return published.includes(release);
}

/** YMQ had no magic before. */
const firstWithMagic = '2.0.2';
const newestBare = '2.0.1';

const startsWith = (release: string, numbers: string): boolean =>
  `${release}.`.startsWith(`${numbers}.`);

const allows = (release: string, [operator, version]: [operator: string, version: string]) => {
  const order = compareReleases(release, version);
  const prefix = version.endsWith('.*') ? version.slice(0, -2) : null;
  const equal = prefix === null ? order === 0 : startsWith(release, prefix);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '!=':
      return !equal;
    case '~=':
      return order >= 0 && startsWith(release, version.split('.').slice(0, -1).join('.'));
    default:
      return equal;
  }
};

/** The release that an installer makes of a requirements text; null when that does not say. */
export const requiredRelease = (requirements: string): string | null => {
  const said =
    /(?:^|[\n;])[ \t]*opengris[-_.]scaler(?![-\w.])[ \t]*(?:\[[^\]\n]*\])?([^\n;#]*)/i.exec(
      requirements,
    )?.[1];
  if (said === undefined) return null;
  const words = said.replace(/\s--.*/, '').replace(/[()]/g, '');
  const clauses = words
    .split(',')
    .filter((clause) => clause.trim() !== '')
    .map((clause) => /^\s*(===?|~=|!=|<=|>=|<|>)\s*(\d[\w.*+!-]*)\s*$/.exec(clause));
  const wanted: [string, string][] = [];
  for (const clause of clauses) {
    // From an address, or no requirement at all.
    if (clause === null) return null;
    wanted.push([clause[1] as string, clause[2] as string]);
  }
  const pinned = wanted.find(
    ([word, version]) => ['==', '==='].includes(word) && !version.endsWith('*'),
  );
  if (pinned) return pinned[1];
  return published.find((release) => wanted.every((clause) => allows(release, clause))) ?? null;
};

/** The newest release whose workers can serve such a scheduler. */
export const newestFor = ({ generation, bare }: Terms): string => {
  const newest = newestOf(generation);
  return bare && atLeast(newest, firstWithMagic) ? newestBare : newest;
};

/** Why workers of that release would be of no use to that scheduler; null when they may be. */
export const mismatch = (release: string, terms: Terms): string | null => {
  const { transport, generation, exact, bare } = terms;
  const workers = kin(generationOf(release));
  const scheduler = kin(generation);
  const same = exact ? workers === scheduler : (workers === 'g4') === (scheduler === 'g4');
  const framed = transport === 'zmq' || bare !== atLeast(release, firstWithMagic);
  if (same && framed) return null;
  const { first, last } = spans[generation];
  const spoken = exact || generation === 'g4' ? `${first} to ${last}` : 'before 2.7.0';
  const speaks = same ? (bare ? 'up to 2.0.1 over YMQ' : 'from 2.0.2 on over YMQ') : spoken;
  return `workers of Scaler ${release} cannot serve this scheduler, which speaks as releases ${speaks} do: set worker_scaler_version, or the release in ecs_python_requirements`;
};

/** What is launched for a scheduler: `release` of the workers, and how they reach it. */
export interface WorkerTerms {
  transport: Terms['transport'];
  release: string;
}

/** `workerRelease`: the one that a person has chosen; null: the newest that can serve that scheduler. */
export function workersFor(terms: Terms, workerRelease: string | null): WorkerTerms {
  return { transport: terms.transport, release: workerRelease ?? newestFor(terms) };
}

/** Names a launch template: `ymq 2.6.0`. */
export function templateKey({ transport, release }: WorkerTerms): string {
  return `${transport} ${release}`;
}

/** All releases that are started without a person's choice, the oldest generation first. */
export const startable: readonly string[] = [...generations.map(newestOf).reverse(), newestBare];
