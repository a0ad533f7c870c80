import type { ModelTask } from './ecs.ts';
import type { Watched } from './watched.ts';

/** ECS is looked at every so often, and tells of a moment ago. */
export const noticeMs = 10_000;
/** A look that fails is answered so late at the latest, and then one more is due, ms. */
export const unseenMs = 20_000;

/** What of our tasks is there, and what the daemon may take for there. `unseenAt`: when DescribeTasks last went wrong. */
export function createBeliefs({ agenda, ecs, ...world }: Watched, unseenAt: () => number) {
  /** Tasks whose groups the daemon may count on: it learns of a death a little later, and of none while it may not look. */
  function believedAlive(): ModelTask[] {
    const now = agenda.now();
    const owned =
      now - unseenAt() < unseenMs ? world.census()?.groups.map(({ taskArn }) => taskArn) : [];
    const isCounted = countsUnshown();
    return [...ecs.tasks.values()].filter((task) => {
      const known = task.endingAt !== null && now - task.endingAt > noticeMs && !isCounted(task);
      return task.ours && (!known || owned?.includes(task.taskArn));
    });
  }

  /** The groups that are not to leave, by their tasks. */
  const keptTasks = () =>
    new Set(world.census()?.groups.flatMap((each) => (each.drainRequested ? [] : each.taskArn)));

  /**
   * Whether a task that has ended counts all the same: ECS has forgotten it before a look could show its end, so it is denied
   * only, and that is not believed for a minute.
   */
  function countsUnshown(): (task: ModelTask) => boolean {
    const kept = keptTasks();
    return ({ endingAt, goneFrom, taskArn }) =>
      endingAt !== null && goneFrom - endingAt < noticeMs && kept.has(taskArn);
  }

  return {
    serving: (): number => believedAlive().filter(({ runningAt }) => runningAt !== null).length,

    standing: (): number => ecs.ours().filter((task) => ecs.wanted(task)).length,

    /**
     * What the daemon compares with the work that there is: all that it has not stopped. One whose end it cannot know
     * yet makes another one useless that is still booting.
     */
    staying: (): number =>
      believedAlive().filter((task) => ecs.wanted(task) || task.stopAskedAt === null).length,

    /** Tasks that open launches have asked for and that are not there yet. */
    coming(): number {
      let count = 0;
      for (const launch of world.life()?.journal?.ledger.openLaunches() ?? []) {
        const there = [...ecs.tasks.values()].filter(({ label }) => label === launch.label).length;
        count += Math.max(0, launch.count - there);
      }
      return count;
    },

    /** Groups that the daemon may count on, when it has just stopped one. */
    remaining(): number {
      // A group whose StopTask was refused stays as it is, and may be wanted again.
      const kept = keptTasks();
      const startedAt = world.life()?.startedAt ?? 0;
      const isCounted = countsUnshown();
      return [...ecs.tasks.values()].filter(
        (task) =>
          task.ours &&
          // What a life before asked for and ECS never heard is forgotten.
          (task.stopAskedAt === null ||
            (task.endingAt === null && (task.stopAskedAt < startedAt || kept.has(task.taskArn)))) &&
          (task.endingAt === null || agenda.now() - task.endingAt < unseenMs || isCounted(task)),
      ).length;
    },
  };
}
