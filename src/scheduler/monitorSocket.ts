import { randomUUID } from 'node:crypto';
import { fromCallback } from 'xstate';
import type { MonitorMessage } from '../../machines/scheduler/messages.ts';
import type { WorkerLoad } from '../../machines/scheduler/monitor.ts';
import type { Address } from '../shared/address.ts';
import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { ProtocolFailure } from './protocol/failure.ts';
import { decodeMonitor } from './protocol/monitor.ts';
import type { Connect } from './transport/connection.ts';

/** What the monitor of a scheduler of groups shows; it names no worker's Fargate task. */
export interface GroupsSight {
  /** The groups it has been told of, by their ids. */
  known: ReadonlySet<string>;
  /** Since when it has had workers, and none of them any work. */
  calmSince: number | null;
}

export interface MonitorSettings {
  connect: Connect;
  workerManagerID: string;
  /** Null: the scheduler's address has no monitor address beside it. */
  address: Address | null;
  /** Fargate task ids of ours: what is said of others is not passed on. */
  ours: () => Iterable<string>;
  /** Also told what the machines are told; null: nothing is known any more. */
  heard?: (loads: Record<string, WorkerLoad> | null) => void;
  /** Null: it is none that speaks of groups, for all that is known. */
  grouped?: (sight: GroupsSight | null) => void;
  /** Each message as it comes; null: no more will come over this line. */
  whole?: (message: MonitorMessage | null) => void;
}

/** The Fargate task that a worker id names: `Worker|ECS-<task id>|...`; it may not know its own. */
export const taskOf = (workerId: string): string | null =>
  /^Worker\|ECS-(?!unknown\|)([0-9a-z]+)\|/i.exec(workerId)?.[1] ?? null;

const same = (a: WorkerLoad | undefined, b: WorkerLoad): boolean =>
  a?.workers === b.workers && a.tasks === b.tasks;

/** Adds up workers to Fargate tasks, and tells what changed. */
export const loadKeeper = () => {
  let workers = new Map<string, { task: string; tasks: number }>();
  let told = new Map<string, WorkerLoad>();

  const take = (message: MonitorMessage): boolean => {
    if (message.type === 'monitor.task') return false;
    if (message.type === 'monitor.worker') {
      const task = taskOf(message.workerId);
      if (task === null) return false;
      if (!message.connected) return workers.delete(message.workerId);
      if (workers.has(message.workerId)) return false;
      workers.set(message.workerId, { task, tasks: 0 });
      return true;
    }
    workers = new Map(
      message.workers.flatMap(({ workerId, load }) => {
        const task = taskOf(workerId);
        return task === null ? [] : [[workerId, { task, tasks: load?.sent ?? 0 }]];
      }),
    );
    return true;
  };

  return {
    /** Null: nothing changed. All of `ours` are told of, whether or not they changed or have a worker. */
    changes(
      message: MonitorMessage,
      ours: Iterable<string> | null,
    ): Record<string, WorkerLoad> | null {
      if (!take(message) && ours === null) return null;
      const loads = new Map<string, WorkerLoad>();
      for (const { task, tasks } of workers.values()) {
        const load = loads.get(task) ?? noLoad;
        loads.set(task, { ...load, workers: load.workers + 1, tasks: load.tasks + tasks });
      }
      const changed: Record<string, WorkerLoad> = {};
      for (const task of told.keys()) if (!loads.has(task)) changed[task] = noLoad;
      for (const task of ours ?? []) changed[task] = loads.get(task) ?? noLoad;
      for (const [task, load] of loads) if (!same(told.get(task), load)) changed[task] = load;
      told = loads;
      return ours !== null || Object.keys(changed).length > 0 ? changed : null;
    },
  };
};

/** Cancellations are held by the effect of StopTask as yet. */
const noLoad: WorkerLoad = { workers: 0, tasks: 0, canceling: 0 };

/** How often everything about ours is told again, ms. */
const wholeEvery = 10_000;

/** The oldest generation's groups. One release of the next shows its managers in their place. */
const groupsOf = (message: MonitorMessage, managerId: string): string[] | null =>
  message.type !== 'monitor.workers' || message.groups?.includes(managerId) ? null : message.groups;

/** Workers that may be ours and name no task: then nobody can say which task has none. */
const untraced = (message: MonitorMessage, managerId: string): boolean =>
  message.type === 'monitor.workers' &&
  message.workers.some(
    (worker) =>
      taskOf(worker.workerId) === null &&
      (worker.managerId === managerId || groupsOf(message, managerId) !== null),
  );

/**
 * What to pass on of each message: what changed, all about a task that has just become ours, and now and
 * then all there is. For workers may come before their group, and before it knows its task. Undefined:
 * nothing new; null: nothing is known any more.
 */
export const monitorTeller = (ours: () => Iterable<string>, managerId: string) => {
  let keeper = loadKeeper();
  let known: ReadonlySet<string> | null = null;
  let wholeAt = 0;
  return (message: MonitorMessage): Record<string, WorkerLoad> | null | undefined => {
    if (message.type !== 'monitor.workers')
      return (known && keeper.changes(message, null)) ?? undefined;
    const before = known;
    if (untraced(message, managerId)) {
      known = null;
      keeper = loadKeeper();
      return before === null ? undefined : null;
    }
    known = new Set(ours());
    if (before === null || now() - wholeAt >= wholeEvery) {
      wholeAt = now();
      return keeper.changes(message, known) ?? undefined;
    }
    const newcomers = [...known].filter((task) => !before.has(task));
    return keeper.changes(message, newcomers.length > 0 ? newcomers : null) ?? undefined;
  };
};

/** Keeps what a scheduler of groups shows; undefined: the message is about something else. */
export const groupsTeller = (managerId: string) => {
  let calmSince: number | null = null;
  return (message: MonitorMessage): GroupsSight | null | undefined => {
    if (message.type !== 'monitor.workers') return undefined;
    const groups = groupsOf(message, managerId);
    const calm = message.workers.length > 0 && message.workers.every(({ load }) => !load?.sent);
    calmSince = calm ? (calmSince ?? now()) : null;
    return groups && { known: new Set(groups), calmSince };
  };
};

/** A scheduler publishes once a second; a line that says nothing for so long is none, ms. */
const silentMs = 30_000;

/** One connection to the monitor stream: it says nothing, reads everything, passes on what changed. */
export const monitorSocket = (settings: MonitorSettings, log: Log) =>
  fromCallback(({ sendBack }) => {
    const { connect, address, workerManagerID, ours, heard, grouped, whole } = settings;
    // Without one this stays as it is: nothing will ever be heard, and nobody waits for it.
    if (address === null) return;
    const tell = monitorTeller(ours, workerManagerID);
    const tellGroups = groupsTeller(workerManagerID);
    let silent = false;
    const watchdog = setTimeout(() => {
      silent = true;
      connection.destroy();
    }, silentMs);
    const connection = connect(
      { address, identity: `scaler-ecs-monitor|${randomUUID().replaceAll('-', '')}` },
      {
        onOpen: () => sendBack({ type: 'socket.open' }),
        onMessage(payload) {
          watchdog.refresh();
          try {
            const message = decodeMonitor(payload);
            if (message === null) return;
            whole?.(message);
            const groups = tellGroups(message);
            if (groups !== undefined) grouped?.(groups);
            const loads = tell(message);
            if (loads === undefined) return;
            heard?.(loads);
            sendBack({ type: 'monitor.loads', at: now(), loads });
          } catch (error) {
            if (!(error instanceof ProtocolFailure)) throw error;
            log.debug({ reason: error.message }, 'monitor.unreadable');
          }
        },
        onClosed({ kind, reason }) {
          clearTimeout(watchdog);
          heard?.(null);
          grouped?.(null);
          whole?.(null);
          sendBack({
            type: 'socket.closed',
            reason: silent ? `nothing said for ${silentMs / 1000} s` : `${kind}: ${reason}`,
            jitter: Math.random(),
          });
        },
      },
    );
    return () => connection.destroy();
  });
