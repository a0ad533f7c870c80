import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupIdsOf } from '../../machines/shared/ids.ts';
import { readFrames } from './frames.ts';
import { Ledger, type LedgerView } from './ledger.ts';
import { longestJournal, versionOf } from './readJournal.ts';
import { type JournalRecord, parseRecord } from './records.ts';
import { StoreFailure, wordsOf } from './storeFailure.ts';
import { upgradeRecord } from './upgrade.ts';

export interface PeekedJournal {
  ledger: LedgerView;
  /** When the launch of a group was decided on, by group, as far as it is not compacted yet; milliseconds since the epoch. */
  requestedAt: ReadonlyMap<string, number>;
  /** When the journal was last written. */
  writtenAt: number;
}

/**
 * Reads the journal of a state directory without any trace, also while its daemon writes: what cannot be read is left
 * out, and nothing is repaired. Null: there is none. Throws a StoreFailure `version` or `journal`.
 */
export function peekJournal(dir: string): PeekedJournal | null {
  const path = join(dir, 'journal');
  const file = read(path);
  if (file === null) return null;
  const { records: values } = readFrames(file.bytes);
  if (values.length === 0) return null;
  const version = versionOf(path, values[0]);
  const records = values
    .slice(1)
    .map((value) => parseRecord(upgradeRecord(value, version)))
    .filter((record): record is JournalRecord => record !== null);
  const requestedAt = new Map<string, number>();
  for (const record of records)
    if (record.kind === 'launch')
      for (const groupId of groupIdsOf(record.label, record.count))
        requestedAt.set(groupId, requestedAt.get(groupId) ?? record.at);
  return { ledger: Ledger.replay(records), requestedAt, writtenAt: file.writtenAt };
}

function read(path: string): { bytes: Uint8Array; writtenAt: number } | null {
  try {
    const fd = openSync(path, 'r');
    try {
      const { size, mtimeMs } = fstatSync(fd);
      if (size > longestJournal) throw new RangeError(`it has ${size} bytes`);
      return { bytes: readFileSync(fd), writtenAt: mtimeMs };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const message = `The journal ${path} cannot be read: ${wordsOf(error)}`;
    throw new StoreFailure('journal', message, { cause: error });
  }
}
