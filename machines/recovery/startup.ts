import type { SpentBefore } from '../fleet/money.ts';
import type { FleetInput } from '../fleet/state.ts';
import type { Market } from '../shared/domain.ts';
import { groupIdsOf } from '../shared/ids.ts';
import type { InventoryReason, JournalFacts } from './journalFacts.ts';
import type { Replayed } from './replay.ts';

/** What a start finds in its state directory. */
export interface FoundJournal {
  ledger: JournalFacts;
  /**
   * `none`: no journal and no sign of an earlier run. `lost`: no journal, but there was a run. `damaged`: records may be
   * missing.
   */
  found: 'none' | 'lost' | 'whole' | 'damaged';
  /** The run before ended in order, with no launch open, and no record of it can be missing. */
  closedBefore: boolean;
  /** When the journal was last written, by the clock of then. */
  writtenAt: number;
}

/**
 * A run before this one may have ended before it answered a command, or before the answer arrived: no record says so.
 * A state directory without a journal has an identity that the scheduler does not know.
 */
export const mayOweResponse = ({ found }: Pick<FoundJournal, 'found'>): boolean => found !== 'none';

/** A journal that is new has nothing to count yet; one that did not count, or was damaged, knows too little. */
function spentBefore({ ledger, found }: Pick<FoundJournal, 'ledger' | 'found'>): SpentBefore {
  const { endedUsd } = ledger;
  const known = ledger.spent();
  const owed = ledger.inventoryOwed();
  const owes = (reason: InventoryReason) => owed?.reasons.includes(reason) ?? false;
  return {
    endedUsd,
    day: known?.day ?? null,
    usdAtMidnight: known?.usdAtMidnight ?? 0,
    unseenUsd: known?.unseenUsd,
    unseenAtMidnight: known?.unseenAtMidnight,
    // A launch that is given up may have started tasks that end before a list shows them.
    isLowerBound:
      owes('launchesAbandoned') ||
      (known === null ? found !== 'none' : known.isLowerBound || found === 'damaged'),
    mayHaveForgotten: owes('journalMissing'),
    mayHaveStarted: (owed?.launches ?? []).flatMap(({ count, market }) =>
      Array<Market>(count).fill(market),
    ),
  };
}

/** Since when a list of our tasks may still leave some out. */
function settlesFrom(
  { found, closedBefore, writtenAt }: FoundJournal,
  { givenUp, resend, lastLaunchAt }: Replayed,
  at: number,
): number {
  // The age of launches that are given up is unknown: their times are from another clock.
  if (found === 'none' || givenUp.length > 0) return at;
  // Every launch has its outcome in the journal, so no list has to show what it started.
  if (closedBefore && resend.length === 0) return 0;
  return Math.max(lastLaunchAt ?? 0, Math.min(at, writtenAt));
}

/** What the fleet manager takes over from the runs before. The ledger knows already what this start has given up. */
export function takenOver(
  journal: FoundJournal,
  replayed: Replayed,
  { at, epoch }: { at: number; epoch: string },
): Omit<FleetInput, 'settings'> {
  const { ledger } = journal;
  const { owned, resend, givenUp } = replayed;
  return {
    rotatesFrom: ledger.rotatesFrom,
    spent: spentBefore(journal),
    epoch,
    startedAt: at,
    owned,
    resend: resend.map((order) => ({
      order,
      groupIds: groupIdsOf(order.label, order.count),
      outcomeUnknown: true,
    })),
    openAtStart: [...resend.map(({ label }) => label), ...givenUp],
    launchesGivenUp: givenUp.length,
    // A journal that is missing is that of a first start: it has nothing to forget.
    journalIncomplete: (ledger.inventoryOwed()?.reasons ?? []).some(
      (reason) => reason !== 'journalMissing',
    ),
    lastLaunchAt: settlesFrom(journal, replayed, at),
  };
}

/** Why the first list of our tasks has to wait, and how long, s; null: it need not. */
export function firstListWait(
  { found }: Pick<FoundJournal, 'found'>,
  { lastLaunchAt, startedAt }: Pick<FleetInput, 'lastLaunchAt' | 'startedAt'>,
  settleMs: number,
): { seconds: number; reason: string } | null {
  const ms = lastLaunchAt + settleMs - startedAt;
  if (ms <= 0) return null;
  const reason =
    found === 'none' || found === 'lost'
      ? 'the state directory holds no journal, so an earlier run may have launched tasks a moment ago'
      : 'the run before did not end in order, and may have launched tasks a moment ago';
  return { seconds: Math.ceil(ms / 1000), reason };
}
