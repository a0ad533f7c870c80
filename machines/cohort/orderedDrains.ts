import { taskIdOf } from '../shared/ids.ts';
import { stopEvent, stopping, type Wait, withDrain } from './drain.ts';
import {
  awaitsStop,
  type CohortRecords,
  isToldToStop,
  type Outbox,
  type Transition,
} from './groupRecords.ts';

/* Drains of groups that an operator or the scheduler has named. What becomes of them is in `drain.ts`. */

/** A person wants these groups to leave, whatever the scheduler desires: at an idle moment, and for good. */
export function evicted(records: CohortRecords, groupIds: string[], wait: Wait): Transition {
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const groupId of groupIds) {
    const record = groups[groupId];
    if (!record || record.evicted) continue;
    if (isToldToStop(record) && !awaitsStop(record)) continue;
    if (record.drainRequested) {
      groups[groupId] = { ...record, evicted: true };
      continue;
    }
    const [next, event] = withDrain(record, wait);
    groups[groupId] = { ...next, evicted: true };
    outbox.push([groupId, event]);
  }
  return { ...records, groups, outbox };
}

/** Exactly these must leave, and now: the scheduler itself has chosen them. */
export function released(records: CohortRecords, taskIds: string[], at: number): Transition {
  const named = new Set(taskIds);
  const groups = { ...records.groups };
  const outbox: Outbox = [];
  for (const [groupId, record] of Object.entries(groups)) {
    const { taskArn } = record;
    if (taskArn === null || !named.has(taskIdOf(taskArn))) continue;
    if (isToldToStop(record)) {
      groups[groupId] = { ...record, stopsForGood: true };
      continue;
    }
    const stop = stopping({ ...record, drainDeadline: null }, at);
    groups[groupId] = { ...record, drainRequested: true, ...stop, stopsForGood: true };
    outbox.push([groupId, stopEvent(record, at)]);
  }
  return { ...records, groups, outbox };
}
