import type { MonitoredWorker } from '../../../machines/scheduler/messages.ts';
import {
  BYTES,
  element,
  type Frame,
  type ListAt,
  POINTERS,
  STRUCTS,
  type StructAt,
} from './frame.ts';
import { idText, isIdText } from './idText.ts';
import { bitAt, data, numberAt, ofKind } from './read.ts';
import * as layouts from './schema/layouts.ts';

const { workerId, free, sent, queued, processorStatuses } = layouts.WorkerStatus;
const { hasTask, taskAgeSeconds } = layouts.WideProcessorStatus;
const { workerManagerID, workerIDs } = layouts.ManagedWorkers;

/** What one list says, in the order of the wire. */
interface Wire {
  ids: string[];
  /** For each worker free, sent and queued; how many tasks it runs, and their ages added up. */
  numbers: Uint32Array;
  /** Ids of the managers, or of the groups in the oldest generation. */
  owners: string[];
  /** The workers of each owner. */
  owned: string[][];
}

const numbersEach = 5;

export interface WorkerList {
  /** With an equal list right before, the same array; and an entry that has not changed is the same object. */
  workers: MonitoredWorker[];
  owners: string[];
}

/**
 * Reads the lists of all workers that a scheduler publishes each second. From one list to the next most of it is the
 * same, so each is compared with the one before: what is equal costs no text and no object.
 */
export class WorkerLists {
  #wire: Wire = { ids: [], numbers: new Uint32Array(0), owners: [], owned: [] };
  #workers: MonitoredWorker[] = [];

  /** `owner`: what the second list of the message names. Throws a ProtocolFailure. */
  read(
    frame: Frame,
    { workers, owners }: { workers: StructAt | null; owners: StructAt | null },
    owner: 'managerId' | 'groupId',
  ): WorkerList {
    const before = this.#wire;
    const wire = { ...readWorkers(frame, workers, before), ...readOwners(frame, owners, before) };
    const isAlike =
      sameTexts(wire.ids, before.ids) &&
      sameTexts(wire.owners, before.owners) &&
      wire.owned.every((ids, i) => sameTexts(ids, before.owned[i] ?? [])) &&
      this.#workers.length >= wire.ids.length;
    const next = isAlike ? withNumbers(this.#workers, wire, before) : workersOf(wire, owner);
    this.#wire = wire;
    this.#workers = isAlike ? next : withUnchanged(next, this.#workers);
    return { workers: this.#workers, owners: wire.owners };
  }
}

/** The text of an id; that at the same place in the list before if it is equal. */
function idAt(frame: Frame, list: ListAt | null, before: string | undefined): string {
  const isSame =
    before !== undefined &&
    list?.element === BYTES &&
    isIdText(frame.bytes, list.byte, list.count, before);
  return isSame ? before : idText(data(frame, list));
}

function readWorkers(
  frame: Frame,
  at: StructAt | null,
  before: Wire,
): Pick<Wire, 'ids' | 'numbers'> {
  const list = at && ofKind(STRUCTS, frame.list(at, 0));
  if (!list) return { ids: [], numbers: new Uint32Array(0) };
  frame.spend(list.count);
  const ids: string[] = [];
  const numbers = new Uint32Array(numbersEach * list.count);
  for (let i = 0; i < list.count; i++) {
    const worker = element(list, i);
    frame.spend(4);
    ids.push(idAt(frame, frame.list(worker, workerId[1]), before.ids[i]));
    const at = numbersEach * i;
    numbers[at] = numberAt(frame, worker, free[1]);
    numbers[at + 1] = numberAt(frame, worker, sent[1]);
    numbers[at + 2] = numberAt(frame, worker, queued[1]);
    if (numbers[at + 1] === 0) continue;
    const { tasks, ageSeconds } = readRunning(frame, frame.list(worker, processorStatuses[1]));
    numbers[at + 3] = tasks;
    numbers[at + 4] = ageSeconds;
  }
  return { ids, numbers };
}

/** How many tasks the processors of a worker have, and their ages; of earlier releases, which do not say them, none. */
function readRunning(frame: Frame, at: ListAt | null): { tasks: number; ageSeconds: number } {
  const list = ofKind(STRUCTS, at);
  const running = { tasks: 0, ageSeconds: 0 };
  if (!list || 8 * list.dataWords < taskAgeSeconds[1] + 4) return running;
  frame.spend(list.count);
  for (let i = 0; i < list.count; i++) {
    const processor = element(list, i);
    if (!bitAt(frame, processor, hasTask[1])) continue;
    running.tasks++;
    running.ageSeconds += numberAt(frame, processor, taskAgeSeconds[1]);
  }
  return running;
}

function readOwners(
  frame: Frame,
  at: StructAt | null,
  before: Wire,
): Pick<Wire, 'owners' | 'owned'> {
  const list = at && ofKind(STRUCTS, frame.list(at, 0));
  const owners: string[] = [];
  const owned: string[][] = [];
  if (!list) return { owners, owned };
  frame.spend(list.count);
  for (let i = 0; i < list.count; i++) {
    const one = element(list, i);
    frame.spend(2);
    owners.push(idAt(frame, frame.list(one, workerManagerID[1]), before.owners[i]));
    owned.push(readIds(frame, frame.list(one, workerIDs[1]), before.owned[i] ?? []));
  }
  return { owners, owned };
}

function readIds(frame: Frame, at: ListAt | null, before: readonly string[]): string[] {
  const list = ofKind(POINTERS, at);
  const ids: string[] = [];
  if (!list) return ids;
  frame.spend(list.count);
  for (let i = 0; i < list.count; i++) ids.push(idAt(frame, frame.listIn(list, i), before[i]));
  return ids;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function loadAt({ numbers }: Wire, i: number): MonitoredWorker['load'] {
  const own = numbers.subarray(numbersEach * i, numbersEach * (i + 1));
  const [free = 0, sent = 0, queued = 0, tasks = 0, ageSeconds = 0] = own;
  return { free, sent, queued, ...(tasks > 0 && { running: { tasks, ageSeconds } }) };
}

const sameNumbers = (a: Uint32Array, b: Uint32Array, i: number): boolean => {
  for (let at = numbersEach * i; at < numbersEach * (i + 1); at++)
    if (a[at] !== b[at]) return false;
  return true;
};

/** The same workers with other numbers; the same array if there are none. */
function withNumbers(workers: MonitoredWorker[], wire: Wire, before: Wire): MonitoredWorker[] {
  let next = workers;
  for (let i = 0; i < wire.ids.length; i++) {
    if (sameNumbers(wire.numbers, before.numbers, i)) continue;
    if (next === workers) next = [...workers];
    next[i] = { ...(workers[i] as MonitoredWorker), load: loadAt(wire, i) };
  }
  return next;
}

/** Joins workers with their owners. An owner may name workers that are not listed: connected, and not counted yet. */
function workersOf(wire: Wire, owner: 'managerId' | 'groupId'): MonitoredWorker[] {
  const workers = new Map<string, MonitoredWorker>();
  const nothing = { managerId: null, groupId: null };
  for (const [i, id] of wire.ids.entries())
    workers.set(id, { workerId: id, ...nothing, load: loadAt(wire, i) });
  for (const [i, ids] of wire.owned.entries())
    for (const id of ids) {
      const worker = workers.get(id) ?? { workerId: id, ...nothing, load: null };
      worker[owner] = wire.owners[i] ?? null;
      workers.set(id, worker);
    }
  return [...workers.values()];
}

/** The list with the entries of the one before where these are equal. */
function withUnchanged(
  workers: MonitoredWorker[],
  before: readonly MonitoredWorker[],
): MonitoredWorker[] {
  return workers.map((worker, i) => {
    const last = before[i];
    return last && isSame(worker, last) ? last : worker;
  });
}

function isSame(a: MonitoredWorker, b: MonitoredWorker): boolean {
  return (
    a.workerId === b.workerId &&
    a.managerId === b.managerId &&
    a.groupId === b.groupId &&
    a.load?.free === b.load?.free &&
    a.load?.sent === b.load?.sent &&
    a.load?.queued === b.load?.queued &&
    a.load?.running?.tasks === b.load?.running?.tasks &&
    a.load?.running?.ageSeconds === b.load?.running?.ageSeconds
  );
}
