import type { MonitoredWorker } from './messages.ts';
import { taskIdOfWorker } from './workerId.ts';

/** By Fargate task, its connected workers and how many tasks each has. */
export type Connected = Record<string, Record<string, number>>;

/** What a list of workers changes. */
export interface ConnectedChange {
  connected: Connected;
  /** Fargate tasks of which something may have changed. */
  touched: Set<string>;
}

const sentBy = ({ load }: MonitoredWorker): number => load?.sent ?? 0;

function byTask(workers: readonly MonitoredWorker[]): Connected {
  const connected: Connected = {};
  for (const worker of workers) {
    const taskId = taskIdOfWorker(worker.workerId);
    if (taskId === null) continue;
    const own = connected[taskId] ?? {};
    own[worker.workerId] = sentBy(worker);
    connected[taskId] = own;
  }
  return connected;
}

function isSame(a: Record<string, number>, b: Record<string, number>): boolean {
  for (const id in a) if (a[id] !== b[id]) return false;
  return Object.keys(a).length === Object.keys(b).length;
}

/** What all workers there are make of those that were known before. */
export function fromList(before: Connected, workers: readonly MonitoredWorker[]): ConnectedChange {
  const connected = byTask(workers);
  const touched = new Set<string>();
  for (const [taskId, own] of Object.entries(connected))
    if (!isSame(own, before[taskId] ?? {})) touched.add(taskId);
  for (const taskId in before) if (!(taskId in connected)) touched.add(taskId);
  return { connected, touched };
}

/** The last list of workers, and what was said of single workers since. */
export interface Listed {
  workers: MonitoredWorker[];
  /** Workers that have connected since. */
  added: string[];
}

/**
 * The same where the list before is at hand, and since then workers have only connected: read are the workers that
 * changed and those at its end. Null: something else has happened, so the whole list has to be read.
 */
export function fromListBefore(
  before: Connected,
  listed: Listed,
  workers: readonly MonitoredWorker[],
): ConnectedChange | null {
  const touched = new Set<string>();
  // A calm fleet: nothing is read.
  if (listed.workers === workers && listed.added.length === 0)
    return { connected: before, touched };
  if (listed.workers.length > workers.length) return null;
  const added = new Set(listed.added);
  let connected = before;
  for (const [i, worker] of workers.entries()) {
    const last = listed.workers[i];
    if (worker === last) continue;
    if (last !== undefined && !isSameWorker(worker, last)) return null;
    added.delete(worker.workerId);
    const taskId = taskIdOfWorker(worker.workerId);
    if (taskId === null && last === undefined) return null;
    if (taskId === null) continue;
    const sent = sentBy(worker);
    if (connected[taskId]?.[worker.workerId] === sent) continue;
    if (connected === before) connected = { ...before };
    connected[taskId] = { ...connected[taskId], [worker.workerId]: sent };
    touched.add(taskId);
  }
  // A worker that connected and is not listed.
  return added.size > 0 ? null : { connected, touched };
}

function isSameWorker(a: MonitoredWorker, b: MonitoredWorker): boolean {
  return a.workerId === b.workerId && a.managerId === b.managerId;
}
