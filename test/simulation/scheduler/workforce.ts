import type { MonitorMessage } from '../../../machines/scheduler/messages.ts';
import { taskIdOf } from '../../../machines/shared/ids.ts';
import type { Agenda } from '../agenda.ts';
import type { ModelTask } from '../ecs.ts';
import type { Random } from '../random.ts';
import type { ConnectedWorker } from './dialogue.ts';
import {
  canServe,
  knowsBackend,
  type Magic,
  namesItsTask,
  type SchedulerRelease,
  saysItsManager,
} from './releases.ts';

/** What a Fargate task has to do, and since when the monitor stream says so; null: not yet, for it is silent. */
export interface Work {
  tasks: number;
  since: number | null;
  /** The worker that has them. */
  worker: number;
}

/** A task of the scheduler that is being cancelled, and where. */
export interface Cancellation {
  id: string;
  task: ModelTask;
  workerId: string;
  /** Since when the monitor stream shows it; null: not yet. */
  shownSince: number | null;
}

export interface WorkforceSettings {
  workersPerTask: number;
  /** How often a Fargate task's work changes, per second. */
  restlessness: number;
  /** Such a Fargate task is at work for no more than a few reports; left out: none. */
  isWorkShort?: (task: ModelTask) => boolean;
}

export interface WorkforceWorld {
  /** What the scheduler is now. */
  process(): { release: SchedulerRelease; magic: Magic; managerId: string };
  isReachable(): boolean;
  tasksKnown(): number;
  publish(message: MonitorMessage): boolean;
  connected(task: ModelTask): void;
  /** The workers of this Fargate task have ended by themselves. */
  workersExit(task: ModelTask): void;
  /** A worker with a task being cancelled has left a scheduler that does not survive that. */
  dies(task: ModelTask): void;
  /** The scheduler has missed the heartbeats of killed workers for so long that it gives them up. */
  timedOut(task: ModelTask): void;
}

/** A scheduler declares a worker dead after that time without a heartbeat, ms. */
const workerTimeoutMs = 60_000;
const mostReportsAtWork = 3;
const searchEveryMs = 5000;
/** Workers give up after 300 s. */
const searches = 60;

/** The workers that have reached the scheduler, and what they have to do. */
export function createWorkforce(
  agenda: Agenda,
  random: Random,
  settings: WorkforceSettings,
  world: WorkforceWorld,
) {
  /** Alive and connected, by Fargate task, and since when. */
  const connected = new Map<ModelTask, number>();
  /** Killed, but still counted by the scheduler. */
  const lingering = new Map<ModelTask, { since: number; workerIds: Set<string> }>();
  const work = new Map<ModelTask, Work>();
  const cancellations = new Map<string, Cancellation>();
  /** When the last cancellation of a task of theirs was over, by Fargate task. */
  const canceledUntil = new Map<ModelTask, number>();
  let cancelled = 0;
  /** For how many reports in a row it has been at work; those whose work was ended for that. */
  const reportsAtWork = new Map<ModelTask, number>();
  const rested = new Set<ModelTask>();
  /** How many workers of a Fargate task have died for good, the last ones first. */
  const lost = new Map<ModelTask, number>();

  /** So that one that is to leave once it is idle does so, however long it might have been at work. */
  function endLongWork(task: ModelTask): void {
    const known = work.get(task);
    const reports = known !== undefined && known.tasks > 0 ? (reportsAtWork.get(task) ?? 0) + 1 : 0;
    reportsAtWork.set(task, reports);
    if (known === undefined || reports <= mostReportsAtWork) return;
    rested.add(task);
    work.set(task, { ...known, tasks: 0, since: null });
  }

  /** The workers that it was launched with. */
  const sizeOf = ({ worker }: ModelTask): number => worker.count ?? settings.workersPerTask;

  /** What was made of a task last: it is asked for many times a second. */
  const workerIds = new WeakMap<ModelTask, { release: SchedulerRelease; ids: readonly string[] }>();

  function workerIdsOf(task: ModelTask): readonly string[] {
    const { release } = world.process();
    const known = workerIds.get(task);
    const length = sizeOf(task) - (lost.get(task) ?? 0);
    if (known?.release === release && known.ids.length === length) return known.ids;
    const id = taskIdOf(task.taskArn);
    const name = namesItsTask(task.worker, release) ? `ECS-${id}` : `FIX|${id}`;
    const ids = Array.from({ length }, (_, i) => `Worker|${name}|${i}`);
    workerIds.set(task, { release, ids });
    return ids;
  }

  const sizes = (): number => [...connected.keys()].reduce((sum, task) => sum + sizeOf(task), 0);

  const isWork = (task: ModelTask): boolean => (work.get(task)?.tasks ?? 0) > 0;

  let gone: { workerId: string; managerId: string | null } | null = null;

  function tell(task: ModelTask, isConnected: boolean): void {
    const [workerId] = workerIdsOf(task);
    if (!isConnected && workerId && task.ours && !task.isRunning())
      gone = { workerId, managerId: world.process().managerId };
    for (const workerId of workerIdsOf(task))
      world.publish({ type: 'monitor.worker', workerId, connected: isConnected });
  }

  function endCancellation(id: string, state: 'canceled' | 'failedWorkerDied'): void {
    const cancellation = cancellations.get(id);
    if (!cancellations.delete(id) || !cancellation) return;
    const { workerId, task } = cancellation;
    canceledUntil.set(task, agenda.now());
    world.publish({ type: 'monitor.task', taskId: id, workerId, state });
  }

  /** Workers leave: one release does not survive that while a task of theirs is being cancelled. */
  function forget(task: ModelTask): void {
    const own = [...cancellations.values()].filter((each) => each.task === task);
    for (const { id } of own) endCancellation(id, 'failedWorkerDied');
    if (own.length > 0 && world.process().release.diesOfCancellation) world.dies(task);
  }

  /** They look for the scheduler as long as their Fargate task runs. */
  function search(task: ModelTask, tries = 0): void {
    if (!task.isRunning() || connected.has(task)) return;
    const { release, magic } = world.process();
    if (!world.isReachable() || !canServe(task.worker, release, magic)) {
      if (tries >= searches) world.workersExit(task);
      else agenda.after(searchEveryMs, () => search(task, tries + 1));
      return;
    }
    connected.set(task, agenda.now());
    tell(task, true);
    world.connected(task);
  }

  return {
    connected,
    work,
    cancellations,
    canceledUntil,
    lingering,
    workerIdsOf,

    /** The workers of this Fargate task come up. */
    start(task: ModelTask): void {
      agenda.after(random.between(2000, 15_000), () => {
        if (!task.isRunning()) return;
        if (knowsBackend(task.worker)) search(task);
        else world.workersExit(task);
      });
    },

    /** They say goodbye and leave. */
    leave(task: ModelTask): void {
      if (!connected.delete(task)) return;
      work.delete(task);
      tell(task, false);
      forget(task);
    },

    /** They were killed: the scheduler does not know yet. */
    kill(task: ModelTask): void {
      if (!connected.delete(task)) return;
      work.delete(task);
      const left = { since: agenda.now(), workerIds: new Set(workerIdsOf(task)) };
      lingering.set(task, left);
      agenda.after(workerTimeoutMs, () => {
        if (lingering.get(task) !== left) return;
        lingering.delete(task);
        world.timedOut(task);
        tell(task, false);
        forget(task);
      });
    },

    /** The Fargate task of a worker that the scheduler counts as connected. */
    taskOfWorker(workerId: string): ModelTask | undefined {
      return [...connected.keys(), ...lingering.keys()].find((task) =>
        workerIdsOf(task).includes(workerId),
      );
    },

    /** A manager has reported this worker dead. One that is alive registers again at once. */
    disconnect(task: ModelTask, workerId: string): void {
      const left = lingering.get(task);
      if (left?.workerIds.delete(workerId))
        world.publish({ type: 'monitor.worker', workerId, connected: false });
      if (left?.workerIds.size === 0) {
        lingering.delete(task);
        forget(task);
      }
    },

    /** Another process is in the scheduler's place: workers that survive that have to find it. `ends`: they end at that. */
    lose(ends: boolean): void {
      for (const id of [...cancellations.keys()]) cancellations.delete(id);
      lingering.clear();
      for (const task of [...connected.keys()]) {
        connected.delete(task);
        work.delete(task);
        if (ends) world.workersExit(task);
        else agenda.after(random.between(500, 8000), () => search(task));
      }
    },

    /** The scheduler gives up some that live: they register again. */
    forgetSome(count: number): number {
      const some = [...connected.keys()].slice(0, count);
      for (const task of some) {
        connected.delete(task);
        work.delete(task);
        tell(task, false);
        forget(task);
        agenda.after(random.between(500, 8000), () => search(task));
      }
      return some.length;
    },

    /** A worker of the Fargate task that was connected and has gone last; null: there is none. */
    lastGone: () => gone,

    /** Work comes and goes; more of it where there is more to do. As long as there is a task, one of them has it that has not been made to rest. */
    shiftWork(): void {
      const demand = world.tasksKnown();
      const count = sizes();
      for (const task of connected.keys()) if (settings.isWorkShort?.(task)) endLongWork(task);
      for (const task of connected.keys()) {
        const known = work.get(task);
        const isOver = demand === 0 && (known?.tasks ?? 0) > 0;
        if (known && !isOver && !random.chance(settings.restlessness)) continue;
        const tasks = random.chance(Math.min(0.8, demand / (8 * count))) ? random.int(1, 9) : 0;
        const worker = random.int(0, sizeOf(task) - 1) % workerIdsOf(task).length;
        if (known?.tasks !== tasks) work.set(task, { tasks, since: null, worker });
      }
      const first = [...connected.keys()].find((task) => !rested.has(task));
      if (demand > 0 && first && ![...connected.keys()].some(isWork))
        work.set(first, { tasks: Math.min(demand, 9), since: null, worker: 0 });
    },

    /** A worker without a task dies in so many of the Fargate tasks; nothing starts it again. */
    loseWorkers(count: number): number {
      const able = [...connected.keys()].filter(
        (task) =>
          task.ours &&
          workerIdsOf(task).length > 1 &&
          work.get(task)?.worker !== workerIdsOf(task).length - 1,
      );
      for (const task of able.slice(0, count)) {
        const gone = workerIdsOf(task).at(-1) as string;
        lost.set(task, (lost.get(task) ?? 0) + 1);
        world.publish({ type: 'monitor.worker', workerId: gone, connected: false });
      }
      return Math.min(count, able.length);
    },
    sizeOf,
    sizes,
    lostWorkers: (): number =>
      [...connected.keys()].reduce((sum, task) => sum + (lost.get(task) ?? 0), 0),
    /** The same of one Fargate task, as long as the scheduler counts its other workers: it may be dead already. */
    lostOf: (task: ModelTask): number =>
      connected.has(task) || lingering.has(task) ? (lost.get(task) ?? 0) : 0,
    /** Some of its workers have died for good, and the others leave with it. */
    hasLostAll: (task: ModelTask): boolean =>
      task.endingAt !== null && lost.has(task) && !connected.has(task) && !lingering.has(task),

    /** Some tasks are cancelled; that takes so long. */
    cancel(count: number, ms: number): number {
      const busy = [...connected.keys()].filter(isWork).slice(0, count);
      for (const task of busy) {
        const id = `task-${++cancelled}`;
        const workerId = workerIdsOf(task)[work.get(task)?.worker ?? 0] as string;
        const isShown = world.publish({
          ...{ type: 'monitor.task', taskId: id, workerId, state: 'canceling' },
        });
        const shownSince = isShown ? agenda.now() : null;
        cancellations.set(id, { id, task, workerId, shownSince });
        agenda.after(ms, () => endCancellation(id, 'canceled'));
      }
      return busy.length;
    },

    /** All that the scheduler counts as connected, with what waits inside each. */
    list(): (ConnectedWorker & { sent: number })[] {
      const { release, managerId: ours } = world.process();
      const managerOf = ({ worker }: ModelTask) =>
        saysItsManager(worker, release) ? (worker.managerId ?? ours) : null;
      const alive = [...connected.keys()].flatMap((task) =>
        workerIdsOf(task).map((workerId, i) => {
          const own = work.get(task);
          const tasks = own?.worker === i ? own.tasks : 0;
          const managerId = managerOf(task);
          return { workerId, managerId, queued: Math.max(0, tasks - 1), sent: tasks };
        }),
      );
      const dead = [...lingering].flatMap(([task, { workerIds }]) =>
        [...workerIds].map((workerId) => ({
          ...{ workerId, managerId: managerOf(task), queued: 0, sent: 0 },
        })),
      );
      return [...alive, ...dead];
    },
  };
}

export type Workforce = ReturnType<typeof createWorkforce>;
