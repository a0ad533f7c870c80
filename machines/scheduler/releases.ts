import { atLeast, compareReleases } from '../shared/release.ts';
import {
  firstWithMagic,
  newestBare,
  newestRelease,
  published,
  spans,
} from '../shared/releaseList.ts';
import type { Generation, Terms } from './messages.ts';

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

/** Whether the package index has this release, as far as we know. */
export function isPublished(release: string): boolean {
  return published.includes(release);
}

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

/** What these clauses allow is newer than all that is known: the release that they name. */
function newerRelease(wanted: readonly [operator: string, version: string][]): string | null {
  const named = wanted.find(
    ([operator, version]) =>
      ['>', '>=', '~=', '=='].includes(operator) && compareReleases(version, newestRelease) >= 0,
  );
  return named === undefined ? null : named[1].replace('.*', '');
}

/**
 * The release that an installer makes of a requirements text; null when that does not say. One that is newer than all
 * that are known is what the text names: its workers are started like those of the newest.
 */
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
  const known = published.find((release) => wanted.every((clause) => allows(release, clause)));
  return known ?? newerRelease(wanted);
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
