import { randomUUID } from 'node:crypto';
import { fromCallback } from 'xstate';
import type { WorkerLoad } from '../../machines/monitor.ts';
import type { Address } from '../address.ts';
import { now } from '../clock.ts';
import type { Connect } from '../net/connection.ts';
import type { Log } from '../observe/log.ts';
import { ProtocolFailure } from '../protocol/failure.ts';
import { decodeMonitor, type MonitorMessage } from '../protocol/monitor.ts';

export interface MonitorSettings {
  connect: Connect;
  /** Null: the scheduler's address has no monitor address beside it. */
  address: Address | null;
  /** Fargate task ids of ours: what is said of others is not passed on. */
  ours: () => Iterable<string>;
  /** Also told what the machines are told; null: nothing is known any more. */
  heard?: (loads: Record<string, WorkerLoad> | null) => void;
}

/** The Fargate task that a worker id names: `Worker|ECS-<task id>|...`. */
export const taskOf = (workerId: string): string | null =>
  /^Worker\|ECS-([0-9a-z]+)\|/i.exec(workerId)?.[1] ?? null;

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
        const load = loads.get(task) ?? { workers: 0, tasks: 0 };
        loads.set(task, { workers: load.workers + 1, tasks: load.tasks + tasks });
      }
      const changed: Record<string, WorkerLoad> = {};
      for (const task of told.keys())
        if (!loads.has(task)) changed[task] = { workers: 0, tasks: 0 };
      for (const task of ours ?? []) changed[task] = loads.get(task) ?? { workers: 0, tasks: 0 };
      for (const [task, load] of loads) if (!same(told.get(task), load)) changed[task] = load;
      told = loads;
      return ours !== null || Object.keys(changed).length > 0 ? changed : null;
    },
  };
};

/** How often everything about ours is told again, ms. */
const wholeEvery = 10_000;

/**
 * What to pass on of each message: what changed, all about a task that has just become ours, and now and
 * then all there is. For workers may come before their group, and before it knows its task.
 */
export const monitorTeller = (ours: () => Iterable<string>) => {
  const keeper = loadKeeper();
  let known: ReadonlySet<string> | null = null;
  let wholeAt = 0;
  return (message: MonitorMessage): Record<string, WorkerLoad> | null => {
    if (message.type !== 'monitor.workers') return known && keeper.changes(message, null);
    const before = known;
    known = new Set(ours());
    if (before === null || now() - wholeAt >= wholeEvery) {
      wholeAt = now();
      return keeper.changes(message, known);
    }
    const newcomers = [...known].filter((task) => !before.has(task));
    return keeper.changes(message, newcomers.length > 0 ? newcomers : null);
  };
};

/** One connection to the monitor stream: it says nothing, reads everything, passes on what changed. */
export const monitorSocket = ({ connect, address, ours, heard }: MonitorSettings, log: Log) =>
  fromCallback(({ sendBack }) => {
    // Without one this stays as it is: nothing will ever be heard, and nobody waits for it.
    if (address === null) return;
    const tell = monitorTeller(ours);
    const connection = connect(
      { address, identity: `scaler-ecs-monitor|${randomUUID().replaceAll('-', '')}` },
      {
        onOpen: () => sendBack({ type: 'socket.open' }),
        onMessage(payload) {
          try {
            const message = decodeMonitor(payload);
            const loads = message && tell(message);
            if (loads === null) return;
            heard?.(loads);
            sendBack({ type: 'monitor.heard', at: now(), loads });
          } catch (error) {
            if (!(error instanceof ProtocolFailure)) throw error;
            log.debug({ reason: error.message }, 'monitor.unreadable');
          }
        },
        onClosed({ kind, reason }) {
          heard?.(null);
          sendBack({
            type: 'socket.closed',
            reason: `${kind}: ${reason}`,
            jitter: Math.random(),
          });
        },
      },
    );
    return () => connection.destroy();
  });
