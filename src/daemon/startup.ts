import type { SpentBefore } from '../../machines/fleet/money.ts';
import type { FleetInput } from '../../machines/fleet/state.ts';
import type { Market } from '../../machines/shared/domain.ts';
import { groupIdsOf } from '../../machines/shared/ids.ts';
import type { Journal } from '../store/journal.ts';
import type { InventoryReason } from '../store/records.ts';
import { replay } from '../store/replay.ts';
import { type Home, homeUsed, inventoryOwedFor } from './launchClusters.ts';

/**
 * A run before this one may have ended before it answered a command, or before the answer arrived: no record says so.
 * A state directory without a journal has an identity that the scheduler does not know.
 */
export const mayOweResponse = ({ found }: Pick<Journal, 'found'>): boolean => found !== 'none';

/** A journal that is new has nothing to count yet; one that did not count, or was damaged, knows too little. */
function spentBefore({ ledger, found }: Pick<Journal, 'ledger' | 'found'>): SpentBefore {
  const { endedUsd } = ledger;
  const known = ledger.spent();
  const owes = (reason: InventoryReason) =>
    ledger.inventoryOwed()?.reasons.includes(reason) ?? false;
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
  };
}

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
  const { owned, resend, givenUp, lastLaunchAt } = replay(journal.ledger, {
    now: at,
    writtenAt: journal.writtenAt,
    requestHashOf,
  });
  // Before all that is noted by the clock of this run: the ledger takes every time before it for one of the clock of then.
  const written = journal.found === 'none' ? {} : { writtenAt: journal.writtenAt };
  journal.note({ kind: 'start', epoch, ...written, at });
  const used = homeUsed(journal.ledger, home, at);
  if (used) journal.note(used);
  // Before the launches are given up: a write that is cut short between the two must not forget the reason.
  for (const launch of journal.ledger.openLaunches())
    if (givenUp.includes(launch.label)) journal.note(inventoryOwedFor(launch, at));
  for (const label of givenUp)
    journal.note({ kind: 'settled', label, at, groups: [], refusals: [] });
  // With no journal a run before us may have launched a moment ago; a start right after us must know that, too.
  if (journal.found === 'none') journal.note({ kind: 'lastLaunch', at });
  return {
    rotatesFrom: journal.ledger.rotatesFrom,
    spent: {
      ...spentBefore(journal),
      mayHaveStarted: (journal.ledger.inventoryOwed()?.launches ?? []).flatMap(
        ({ count, market }) => Array<Market>(count).fill(market),
      ),
    },
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
    journalIncomplete: (journal.ledger.inventoryOwed()?.reasons ?? []).some(
      (reason) => reason !== 'journalMissing',
    ),
    lastLaunchAt: settlesFrom(),
  };

  /** Since when a list of our tasks may still leave some out. */
  function settlesFrom(): number {
    // The age of launches that are given up is unknown: their times are from another clock.
    if (journal.found === 'none' || givenUp.length > 0) return at;
    // Every launch has its outcome in the journal, so no list has to show what it started.
    if (journal.closedBefore && resend.length === 0) return 0;
    return Math.max(lastLaunchAt ?? 0, Math.min(at, journal.writtenAt));
  }
};

/** Why the first list of our tasks has to wait, and how long, s; null: it need not. */
export function firstListWait(
  { found }: Pick<Journal, 'found'>,
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
