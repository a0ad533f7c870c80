import {
  limitSettings,
  limitStates,
  moneySettings,
  type Payer,
  spendingOf,
} from '../../../machines/fleet/money.ts';
import type { Money } from '../../control/money.ts';

/** What the fleet costs, for an operator; null: no price is known. `at`: milliseconds since the epoch. */
export function moneyView(fleet: Payer, at: number): Money | null {
  const spending = spendingOf(fleet, at);
  if (spending === null) return null;
  return {
    perHour: spending.usdPerHour,
    today: spending.usdToday,
    total: spending.usdTotal,
    isLowerBound: spending.isLowerBound,
    limitedSince: fleet.money.limitedSince,
    onLimit: moneySettings(fleet).onLimit,
    limits: limitStates({ ...fleet, now: at }, 'onDemand').map(({ limit, allowed, spent }) => ({
      ...{ name: limitSettings[limit], usd: allowed, spent },
    })),
  };
}
