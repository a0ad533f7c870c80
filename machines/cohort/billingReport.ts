import { billOf, sameBill } from '../shared/bill.ts';
import { parent } from '../shared/parent.ts';
import { billedGroups } from './billing.ts';
import { cohortSetup } from './cohortSetup.ts';
import type { CohortEvent } from './messages.ts';

/** Reports to the fleet manager what the groups cost, where that has changed and prices are known. */
export const reportBill = cohortSetup.enqueueActions(({ context, enqueue }) => {
  const { cohortId, groups, endedUsd, prices, lastPolledAt, lastBill } = context;
  if (prices === undefined) return;
  const bill = billOf(billedGroups(groups), endedUsd, prices, lastPolledAt, context);
  if (sameBill(lastBill, bill)) return;
  enqueue.assign({ lastBill: bill });
  enqueue.sendTo(parent, { type: 'cohort.billed', cohortId, bill } satisfies CohortEvent);
});
