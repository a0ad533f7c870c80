import type { FleetInput } from '../../machines/fleet/state.ts';
import { type Home, homeUsed } from '../../machines/recovery/places.ts';
import { replay } from '../../machines/recovery/replay.ts';
import { takenOver } from '../../machines/recovery/startup.ts';
import type { Journal } from '../store/journal.ts';
import { inventoryOwedFor } from './ledgerEffects.ts';

/** What a start takes over from the runs before it; its own beginning is journaled. */
export const recover = (
  journal: Pick<Journal, 'ledger' | 'note' | 'found' | 'closedBefore' | 'writtenAt'>,
  start: {
    at: number;
    epoch: string;
    home: Home;
    requestHashOf: Parameters<typeof replay>[1]['requestHashOf'];
  },
): Omit<FleetInput, 'settings'> => {
  const { at, epoch, home, requestHashOf } = start;
  const { ledger, found, writtenAt } = journal;
  const replayed = replay(ledger, { now: at, writtenAt, requestHashOf });
  // Before all that is noted by the clock of this run: the ledger takes every time before it for one of the clock of then.
  journal.note({ kind: 'start', epoch, ...(found !== 'none' && { writtenAt }), at });
  const used = homeUsed(ledger, home);
  if (used) journal.note({ kind: 'placeUsed', ...used, at });
  // Before the launches are given up: a write that is cut short between the two must not forget the reason.
  for (const launch of ledger.openLaunches())
    if (replayed.givenUp.includes(launch.label)) journal.note(inventoryOwedFor(launch, at));
  for (const label of replayed.givenUp)
    journal.note({ kind: 'settled', label, at, groups: [], refusals: [] });
  // With no journal a run before us may have launched a moment ago; a start right after us must know that, too.
  if (found === 'none') journal.note({ kind: 'lastLaunch', at });
  return takenOver(journal, replayed, { at, epoch });
};
