import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fleetOwnershipTag } from '../aws/launch/ownershipTag.ts';
import type { Config } from '../config/config.ts';
import { readManagerFile } from '../store/managerFile.ts';

/**
 * The configuration with the state directory to use. A manager with a `fleet_id` keeps the one it has, also one that
 * is named by an id and an address: of several the one whose journal was last written. Changes nothing on disk.
 */
export function withStateDir(config: Config): Config {
  const { fleetId, stateDir, formerStateDir: former } = config;
  if (fleetId === null) return config;
  const tagged = dirsWithTag(dirname(stateDir), fleetOwnershipTag(fleetId));
  const [latest] = [...new Set([stateDir, ...tagged])].filter(hasJournal).sort(byJournal);
  // It is from before there was a fleet_id, or has lost the file that says so.
  const kept = latest ?? (former !== null && hasJournal(former) ? former : stateDir);
  return { ...config, stateDir: kept };
}

/** The directories of managers whose tasks carry the ownership tag. */
function dirsWithTag(root: string, tag: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(root, name))
      .filter((dir) => readManagerFile(dir)?.mark === tag);
  } catch {
    // There is no such directory yet, or it cannot be read, which openStateDir reports.
    return [];
  }
}

function writtenAt(dir: string): number | null {
  try {
    return statSync(join(dir, 'journal')).mtimeMs;
  } catch {
    return null;
  }
}

function hasJournal(dir: string): boolean {
  return writtenAt(dir) !== null;
}

/** The last written first. */
function byJournal(one: string, other: string): number {
  return (writtenAt(other) ?? 0) - (writtenAt(one) ?? 0);
}
