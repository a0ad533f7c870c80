import type { GroupSeen } from './census.ts';
import type { ModelTask } from './ecs.ts';
import type { Watched } from './watched.ts';

/** How old a view of the work may be when a launch is decided, ms, beside the rhythm of the reports. */
const decidedMs = 15_000;

/**
 * What may be launched beyond what the scheduler asks. Its work may need more workers than the default policy asks for,
 * and a Fargate task that has lost workers for good counts for the others.
 */
export function createScalingGoal({ agenda, ecs, scheduler, settings }: Watched) {
  const { tasksPerWorker, monitored, policy, reportEverySeconds } = settings;
  /** What the stream has shown that the scheduler has to do. */
  let shown: { at: number; tasks: number; workers: number }[] = [];

  const isDeclarative = (): boolean => ['g3', 'g4'].includes(scheduler.release().generation);

  /** The workers that the work needs; 0: nothing may be looked ahead for. */
  function ahead(asked: number): number {
    if (tasksPerWorker === null || !monitored || !isDeclarative() || scheduler.neighbour) return 0;
    const limit = decidedMs + 2500 * reportEverySeconds;
    shown = shown.filter(({ at }) => agenda.now() - at <= limit);
    // Another policy asks for its whole number at once. Where that is one worker more than were connected between two
    // reports, or one, it looks like vanilla.
    const workers = [scheduler.workers(), ...shown.map((each) => each.workers)];
    const isLikeVanilla = asked > Math.min(...workers) && asked <= Math.max(...workers) + 1;
    if (policy !== 'vanilla' && asked !== 1 && !isLikeVanilla) return 0;
    return Math.ceil(Math.max(0, ...shown.map(({ tasks }) => tasks)) / tasksPerWorker);
  }

  function lostOf({ taskArn }: GroupSeen): number {
    const task = ecs.tasks.get(taskArn ?? '');
    if (!task) return 0;
    return scheduler.hasLostAll(task) ? scheduler.sizeOf(task) : scheduler.lostOf(task);
  }

  return {
    /** The scheduler reports its work now. */
    reported(tasks: number): void {
      shown.push({ at: agenda.now(), tasks, workers: scheduler.workers() });
    },
    /**
     * The most groups that may be there after a launch, when the scheduler has asked for so many workers. `staying`: the
     * groups. One that was killed counts with the workers that it had for as long as ECS does not tell: the scheduler
     * shows them meanwhile.
     */
    most(asked: number, staying: readonly GroupSeen[]): number {
      if (asked === 0) return 0;
      const lost = staying.reduce((sum, group) => sum + lostOf(group), 0);
      return Math.ceil((Math.max(asked, ahead(asked)) + lost) / settings.workersPerTask);
    },
    /** So many groups are not what it asks for when all is at rest. */
    isOther(groups: number, goal: number, asked: number, cap: number): boolean {
      const most =
        asked === 0 ? 0 : Math.ceil((asked + scheduler.lostWorkers()) / settings.workersPerTask);
      return groups < goal || groups > Math.min(cap, most);
    },
    /**
     * The same where they have different numbers of workers: too few workers, and there may be one group more; or more
     * groups than were needed if each had as few workers as the smallest. A larger one is not stopped for its size.
     */
    areOther(tasks: readonly ModelTask[], asked: number, cap: number): boolean {
      const sizes = tasks.map((task) => scheduler.sizeOf(task) - scheduler.lostOf(task));
      const workers = sizes.reduce((sum, size) => sum + size, 0);
      const most = Math.ceil(asked / Math.min(settings.workersPerTask, ...sizes));
      return (workers < asked && tasks.length < cap) || tasks.length > most;
    },
    /** So many groups are more than could get a task: tasks of other managers' workers are not counted. */
    isUseless(groups: number, asked: number): boolean {
      if (tasksPerWorker === null || !monitored) return false;
      const tasks = Math.min(scheduler.demand(), ...shown.slice(-3).map((each) => each.tasks));
      const others = scheduler.neighbour?.workers().length ?? 0;
      const useful = Math.ceil(Math.max(asked, tasks - others) / settings.workersPerTask);
      return groups > useful;
    },
  };
}
