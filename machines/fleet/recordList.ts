import type { ClusterFailure } from '../shared/domain.ts';
import { fleetSetup, readingOf } from './fleetSetup.ts';
import { withNextList } from './whenToList.ts';

/** Comes last: the other actions read the list by what was remembered before it. */
export const recordList = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  const { memory, leftOut } = readingOf(context, event);
  enqueue.assign({ lists: memory });
  for (const { cluster, reason } of leftOut)
    enqueue({ type: 'noteClusterLeftOut', params: { cluster, reason } });
});

/** What a cluster elsewhere holds is unknown, so the list may lack tasks of ours. */
export const onListIncomplete = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  const { reason: trouble } = readingOf(context, event).incomplete as ClusterFailure;
  enqueue.assign({ ...withNextList(context), denials: 0 });
  enqueue({ type: 'noteInventory', params: { trouble, blind: false } });
});
