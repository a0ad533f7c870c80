import { assertEvent, type DoneActorEvent } from 'xstate';
import type { ClusterFailure, TaskList } from '../shared/domain.ts';
import { fleetSetup, listRead } from './fleetSetup.ts';
import { withNextList } from './whenToList.ts';

/** Reads a list once: it can have all tasks of a large fleet, and guards and actions go by what it says. */
export const readTaskList = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  enqueue.raise(listRead(context, (event as DoneActorEvent<TaskList>).output));
});

export const recordList = fleetSetup.enqueueActions(({ event, enqueue }) => {
  assertEvent(event, 'list.read');
  const { memory, leftOut } = event.reading;
  enqueue.assign({ lists: memory });
  for (const { cluster, reason } of leftOut)
    enqueue({ type: 'noteClusterLeftOut', params: { cluster, reason } });
});

/** What a cluster elsewhere holds is unknown, so the list may lack tasks of ours. */
export const onListIncomplete = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'list.read');
  const { reason: trouble } = event.reading.incomplete as ClusterFailure;
  enqueue.assign({ ...withNextList(context), denials: 0 });
  enqueue({ type: 'noteInventory', params: { trouble, blind: false } });
});
