import type { Agenda } from './agenda.ts';
import type { BucketRates } from './buckets.ts';
import type { Trap } from './client.ts';
import type { Disk } from './disk.ts';
import type { Ecs } from './ecs.ts';
import { nameOf } from './nameOf.ts';
import type { Power } from './powers.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import type { Happening } from './script.ts';

export interface Stage {
  /** The cluster of the settings. */
  cluster(): string | undefined;
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  scheduler: Scheduler;
  traps: Trap[];
  /** A fault has shown. */
  meet(fault: string): void;
  /** Something of the wide profile has shown. */
  power(power: Power): void;
  /** What will be in the way of preparing AWS, one after the other. */
  hinderPreparing(troubles: ('unreachable' | 'denied')[]): void;
  kill(happening: Happening & { kind: 'kill' }): void;
  stop(happening: Happening & { kind: 'stop' }): void;
  restart(happening: Happening & { kind: 'restart' }): void;
  standStill(ms: number): void;
  /** AWS's own buckets; null: none that could be exceeded. */
  limitCalls(rates: BucketRates | null): void;
  /** The name under which the manager connects. */
  identity(): string;
  /** Another manager has our identity now. */
  isContested(): boolean;
  /** Another manager with our identity, for so long. */
  rival(ms: number, leaves: boolean): void;
}

/** Stop code, reason and exit code of each way to end; no exit code: wanted stopped long before it is. */
const ends = {
  exit: ['EssentialContainerExited', 'Essential container in task exited', 1],
  oom: ['EssentialContainerExited', 'OutOfMemoryError: Container killed due to memory usage', 137],
  spot: ['SpotInterruption', 'Your Spot Task was interrupted.', null],
  maintenance: [
    'ServiceSchedulerInitiated',
    'ECS is performing maintenance on the underlying infrastructure hosting the task',
    null,
  ],
  outside: ['UserInitiated', 'Task stopped by user', null],
} as const;

/** Longer than any pause of the daemon, ms. */
const longMs = 100_000;
/** Half an hour. */
const hoursMs = 1_800_000;
const longKinds: readonly Happening['kind'][] = ['window', 'quota', 'schedulerFault'];

/** Makes one thing of a script happen to the world. */
export const createHappen = (stage: Stage) => {
  const { agenda, ecs, disk, scheduler, traps, meet } = stage;

  const forAWhile = (ms: number, on: () => void, off: () => void): void => {
    on();
    agenda.after(ms, off);
  };

  const endTasks = ({ end, count }: Happening & { kind: 'end' }): void => {
    const [code, reason, exitCode] = ends[end];
    const running = ecs.ours().filter((task) => ecs.wanted(task) && task.runningAt !== null);
    for (const task of running.slice(0, count)) {
      meet(end);
      const ms = exitCode === null ? 20_000 + (task.createdAt % 100_000) : 700;
      ecs.doom(task, ms, code, reason, exitCode);
    }
  };

  const startSchedulerFault = ({ at, fault, ms }: Happening & { kind: 'schedulerFault' }): void => {
    if (fault !== 'unseen') meet(fault);
    else if (scheduler.monitored) {
      meet(fault);
      scheduler.dropListeners('aborted');
    }
    if (fault === 'gone') {
      scheduler.drop('aborted');
      // Half of the time it said goodbye, and its workers leave.
      if (at % 2 < 1) for (const task of scheduler.connected.keys()) scheduler.dismiss(task);
    }
    forAWhile(
      ms,
      () => {
        scheduler.faults[fault]++;
      },
      () => {
        scheduler.faults[fault]--;
      },
    );
  };

  return (happening: Happening): void => {
    if (longKinds.includes(happening.kind) && 'ms' in happening && happening.ms > longMs)
      stage.power('long fault');
    const awayMs = happening.kind === 'kill' ? happening.downMs : 0;
    if (awayMs >= hoursMs || (happening.kind === 'standstill' && happening.ms >= hoursMs))
      stage.power('hours');
    switch (happening.kind) {
      case 'demand':
        if (happening.power) stage.power(happening.power);
        scheduler.setDemand(happening.tasks);
        break;
      case 'call': {
        const { operations, mishap, count, ms, power } = happening;
        traps.push({ operations, mishap, left: count, until: agenda.now() + ms, power });
        break;
      }
      case 'window': {
        const { window, ms } = happening;
        // Too little capacity shows at a launch.
        if (window !== 'noCapacity' && window !== 'noSpot') meet(window);
        const set = (on: boolean) => () => {
          ecs.odd[window] = on;
        };
        forAWhile(ms, set(true), set(false));
        break;
      }
      case 'delay': {
        const { of, by, ms } = happening;
        meet(of);
        const add = (more: number) => () => {
          ecs.odd[of] += more;
        };
        forAWhile(ms, add(by), add(-by));
        break;
      }
      case 'quota': {
        const set = (tasks: number | null) => () => {
          ecs.odd.quota = tasks;
        };
        forAWhile(happening.ms, set(happening.tasks), set(null));
        break;
      }
      case 'subnet': {
        const { subnet, trouble, ms } = happening;
        const mine = { subnet, trouble };
        forAWhile(
          ms,
          () => ecs.troubles.push(mine),
          () => ecs.troubles.splice(ecs.troubles.indexOf(mine), 1),
        );
        break;
      }
      case 'next':
        ecs.odd[happening.fate] += happening.count;
        break;
      case 'workersDie':
        if (scheduler.loseWorkers(happening.count) > 0) meet('workersDie');
        break;
      case 'end':
        endTasks(happening);
        break;
      case 'schedulerFault':
        startSchedulerFault(happening);
        break;
      case 'disk': {
        meet(nameOf(happening));
        if (happening.trouble === 'directorySyncFails') stage.power('directory not synced');
        if (happening.ms > longMs) stage.power('journal unwritable for long');
        const set = (trouble: typeof disk.trouble) => () => {
          disk.trouble = trouble;
        };
        forAWhile(happening.ms, set(happening.trouble), set('ok'));
        break;
      }
      case 'prepare':
        stage.hinderPreparing(Array.from({ length: happening.count }, () => happening.failure));
        break;
      case 'cut':
        meet('cut');
        scheduler.cut();
        break;
      case 'lose':
        scheduler.loseNext(happening.what);
        break;
      case 'replace':
        meet(happening.graceful ? 'schedulerEnds' : 'schedulerDies');
        scheduler.replace(happening.release, happening.magic, happening.graceful, happening.downMs);
        break;
      case 'shutdownCluster':
        if (stage.isContested()) break;
        scheduler.askShutdown(true);
        agenda.after(20_000, () => scheduler.askShutdown(false));
        // The workers of older schedulers are all that hears of it.
        if (scheduler.generation() !== 'g4')
          for (const task of scheduler.connected.keys()) scheduler.dismiss(task);
        break;
      case 'cancel':
        if (scheduler.cancel(happening.count, happening.ms) > 0) meet('cancel');
        break;
      case 'rival':
        stage.rival(happening.ms, happening.leaves);
        break;
      case 'neighbourEnds':
        scheduler.neighbour?.end();
        break;
      case 'kill':
        stage.kill(happening);
        break;
      case 'deleteCluster':
        meet('deleteCluster');
        ecs.deleteCluster(stage.cluster());
        break;
      case 'deny':
        if (ecs.deny(happening.count, happening.ms) === 0) break;
        meet('deny');
        stage.power('living tasks denied');
        break;
      case 'buckets': {
        const { rates, ms } = happening;
        forAWhile(
          ms,
          () => stage.limitCalls(rates),
          () => stage.limitCalls(null),
        );
        break;
      }
      case 'streamFault':
        if (!scheduler.lies(happening.fault)) break;
        meet(happening.fault);
        stage.power('stream lies');
        agenda.after(happening.ms, () => scheduler.lies(null));
        break;
      case 'forgetManager':
        if (!scheduler.forgetManager(stage.identity())) break;
        meet('forgetManager');
        stage.power('manager forgotten');
        break;
      case 'forgetWorkers':
        if (scheduler.forgetWorkers(happening.count) === 0) break;
        meet('forgetWorkers');
        stage.power('workers forgotten');
        break;
      case 'status':
        stage.power('unknown status');
        ecs.setStatusUnknown(true);
        if (happening.forMs !== null)
          agenda.after(happening.forMs, () => ecs.setStatusUnknown(false));
        break;
      case 'standstill':
        stage.standStill(happening.ms);
        break;
      case 'restart':
        stage.restart(happening);
        break;
      case 'stop':
        stage.stop(happening);
        break;
    }
  };
};
