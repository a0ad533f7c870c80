import { cpus } from 'node:os';

export interface Check {
  what: string;
  /** The greatest of what single runs showed on several machines: other caches change a figure by half, beside the same loop. */
  usual: number;
  unit: string;
  /** A number that is not a measurement: no tolerance. */
  exact?: true;
}

/** What `--store` measured last on each machine, by what was measured. */
export type StoredChecks = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** How far a value may be above the one that is stored. */
const tolerance = 1.2;

/** This machine, with the release of Node.js. */
export function thisMachine(): string {
  const [node = ''] = process.versions.node.split('.');
  return `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'unknown make'}, Node.js ${node}`;
}

/** The most that passes: on a machine with stored values a fifth more than its own, elsewhere than the usual. */
export function limitOf(
  { what, usual, exact }: Check,
  machine: string,
  stored: StoredChecks,
): number {
  return exact ? usual : (stored[machine]?.[what] ?? usual) * tolerance;
}
