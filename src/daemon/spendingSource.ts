import type { SnapshotFrom } from 'xstate';
import type { daemon } from '../../machines/daemon/daemon.ts';
import { spendingOf } from '../../machines/fleet/money.ts';
import type { Fleet } from '../../machines/fleet/state.ts';
import { now } from '../shared/clock.ts';
import { roundedSpending } from '../shared/usd.ts';

/** What the fleet manager of a running daemon knows; null: it is not there yet, or not any more. */
export function fleetIn({ children }: SnapshotFrom<typeof daemon>): Fleet | null {
  return children.fleetManager?.getSnapshot().context ?? null;
}

/** What the tasks cost now, for a log that is older than the fleet manager. */
export function spendingSource() {
  let fleet: () => Fleet | null = () => null;
  return {
    readFrom(found: () => Fleet | null): void {
      fleet = found;
    },
    read() {
      const context = fleet();
      const spending = context && spendingOf(context, now());
      return spending && roundedSpending(spending);
    },
  };
}
