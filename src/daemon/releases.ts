import { atLeast } from '../ecs/release.ts';
import type { Generation } from '../protocol/generations.ts';

/** The first release of each generation, and the last one that we know; the newest generation first. */
const spans: readonly [Generation, first: string, last: string][] = [
  ['g4', '2.7.0', '2.9.0'],
  ['g3', '2.3.4', '2.6.0'],
  ['g23', '2.1.0', '2.3.3'],
  ['g2', '1.21.0', '2.0.20'],
  ['g1b', '1.19.0', '1.20.1'],
  ['g1', '0', '1.15.0'],
];

/** What a scheduler of that release speaks, and its workers understand. */
export const generationOf = (release: string): Generation =>
  spans.find(([, first]) => atLeast(release, first))?.[0] ?? 'g1';

/** The newest release that we know of that generation. */
export const newestOf = (generation: Generation): string =>
  // No release of g1b ever reached the package index; its workers differ in nothing from g1's.
  spans.find(([known]) => known === (generation === 'g1b' ? 'g1' : generation))?.[2] ?? '2.9.0';

/** The one release that a requirements text pins; null when it pins none. */
export const pinnedRelease = (requirements: string): string | null =>
  /(?:^|[\n;])\s*opengris[-_.]scaler\s*(?:\[[^\]\n]*\])?\s*={2,3}\s*(\d[\w.]*)\s*(?=$|[\s;#])/im.exec(
    requirements,
  )?.[1] ?? null;

/** What a scheduler was found to speak. */
export interface Terms {
  transport: 'ymq' | 'zmq';
  generation: Generation;
  /** A command has shown it; until then older generations look alike. */
  exact: boolean;
}

/** g1b is g1 with a name in its heartbeat. */
const kin = (generation: Generation): Generation => (generation === 'g1b' ? 'g1' : generation);

/** Why workers of that release would be of no use to that scheduler; null when they may be. */
export const mismatch = (release: string, { generation, exact }: Terms): string | null => {
  const workers = kin(generationOf(release));
  const scheduler = kin(generation);
  const same = exact ? workers === scheduler : (workers === 'g4') === (scheduler === 'g4');
  if (same) return null;
  const [, first, last] = spans.find(([known]) => known === generation) ?? ['g4', '', ''];
  const speaks = exact || generation === 'g4' ? `${first} to ${last}` : 'before 2.7.0';
  return `workers of Scaler ${release} cannot serve this scheduler, which speaks as releases ${speaks} do: set worker_scaler_version, or the release in ecs_python_requirements`;
};
