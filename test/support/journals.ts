import { Ledger } from '../../src/store/ledger.ts';
import type { JournalRecord, LaunchRecord } from '../../src/store/records.ts';

/** An open launch of an earlier run. */
export const openLaunch: LaunchRecord = {
  kind: 'launch',
  label: 'e1-1',
  clientToken: 'se-e1-1',
  count: 2,
  revision: 'rev:1',
  market: 'onDemand',
  requestHash: 'h',
  at: 50_000,
};

/** What a start finds, with these records. */
export function journalOf(
  found: 'none' | 'lost' | 'whole' | 'damaged',
  ...records: JournalRecord[]
) {
  const ledger = Ledger.replay(records);
  const note = (record: JournalRecord) => ledger.apply(record);
  return { found, closedBefore: false, writtenAt: 0, ledger, note };
}
