import { closeSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LedgerView } from './ledger.ts';
import { type ManagerFile, readManagerFile } from './managerFile.ts';
import { peekJournal } from './peekJournal.ts';
import { isLockedBySocket } from './socketLock.ts';
import { isLockedByProgram } from './stateDir.ts';

/** The state directory of another manager, which no process uses. */
export interface Sibling {
  path: string;
  ledger: LedgerView;
  /** Null: it is not known which manager it belongs to. */
  manager: ManagerFile | null;
}

/** How many launches have no answer, those included that were given up, as long as no list has shown what they started. */
export function unansweredLaunches(ledger: LedgerView): number {
  const launches = [...ledger.openLaunches(), ...(ledger.inventoryOwed()?.launches ?? [])];
  return new Set(launches.map(({ label }) => label)).size;
}

async function isLocked(path: string): Promise<boolean> {
  const fd = openSync(join(path, 'lock'), 'r');
  try {
    return isLockedByProgram(fd) || (await isLockedBySocket(path));
  } finally {
    closeSync(fd);
  }
}

async function siblingAt(path: string): Promise<Sibling | null> {
  try {
    if (await isLocked(path)) return null;
    const ledger = peekJournal(path)?.ledger;
    if (!ledger || ledger.groupCount + unansweredLaunches(ledger) === 0) return null;
    return { path, ledger, manager: readManagerFile(path) };
  } catch {
    // No directory of ours, or of a later version: its own program will read it.
    return null;
  }
}

/**
 * The state directories beside this one that no process uses, and whose journals know of tasks or open launches: those
 * of managers with another id or scheduler address. What cannot be read is left out. Changes nothing.
 */
export async function findSiblings(stateDir: string): Promise<Sibling[]> {
  const root = dirname(stateDir);
  const found: Sibling[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === basename(stateDir)) continue;
    const sibling = await siblingAt(join(root, entry.name));
    if (sibling) found.push(sibling);
  }
  return found;
}
