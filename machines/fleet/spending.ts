import { assertEvent } from 'xstate';
import { noBill } from '../shared/bill.ts';
import { fleetSetup } from './fleetSetup.ts';
import { limitsReached } from './launchGate.ts';
import { moneySettings, type Spending, spendingOf, spentOf, withBill, withDay } from './money.ts';

export const recordBill = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'cohort.billed');
  const { cohortId, bill } = event;
  // A cohort that is gone has said its last before.
  if (!(cohortId in context.cohorts)) return;
  const money = withBill(context.money, cohortId, bill);
  enqueue.assign({ money });
  const { endedGapUsd } = context.money.bills[cohortId] ?? noBill;
  // The journal keeps it, for the runs that follow.
  if (bill.endedGapUsd > endedGapUsd || (money.isLowerBound && !context.money.isLowerBound))
    enqueue({ type: 'noteSpending', params: spentOf(money) });
});

/** At midnight UTC, and once after the start. */
export const beginDay = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'tick');
  const { money } = context;
  if (moneySettings(context).prices === null) return;
  const next = withDay(context, event.now);
  if (next === money && money.dayNoted) return;
  enqueue.assign({ money: { ...next, dayNoted: true } });
  enqueue({ type: 'noteSpending', params: spentOf(next) });
});

export const onLimit = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { now, money } = context;
  const spending = spendingOf(context) as Spending;
  enqueue.assign({ money: { ...money, limitedSince: now, clearSince: null } });
  const { onLimit } = moneySettings(context);
  const limits = limitsReached(context);
  enqueue({ type: 'noteMoneyLimit', params: { limits, onLimit, ...spending } });
});

export const watchLimit = fleetSetup.assign({
  money: ({ context }) => {
    const { now, money } = context;
    const clearSince = limitsReached(context).length > 0 ? null : (money.clearSince ?? now);
    return { ...money, clearSince };
  },
});

export const onLimitCleared = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const spending = spendingOf(context) as Spending;
  enqueue.assign({ money: { ...context.money, limitedSince: null, clearSince: null } });
  const { onLimit } = moneySettings(context);
  enqueue({ type: 'noteMoneyLimit', params: { limits: [], onLimit, ...spending } });
});
