import type { Life } from './life.ts';
import type { Watched } from './watched.ts';

/** From a second request to the last StopTask, ms: ticks, calls that wait for their turn, an answer that is waited for. */
const stopAllMs = 12_000;
/** StopTask may wait so long for a cancellation, ms. */
const heldMs = 31_000;
/** src/daemon/signals ends the process so long after the third request, ms. */
export const forceAfterMs = 5000;

/** The invariant of a second request to stop: each known group is told to stop now, at work or not. */
export function createStopRules({ agenda, ecs, scheduler, broken, judge }: Watched) {
  return {
    stoppedAgain(life: Life, isHindered: (since: number) => boolean): void {
      const at = agenda.now();
      const known = life.journal?.ledger.groups().map(({ taskArn }) => taskArn) ?? [];
      agenda.after(stopAllMs, () => {
        const isOver = life.owner.dead || life.ended;
        if (!judge.judges('stopIgnored', { 'it has ended': isOver, 'a fault': isHindered(at) }))
          return;
        for (const taskArn of known) {
          const task = ecs.tasks.get(taskArn);
          if (!task || !ecs.wanted(task) || task.stopAskedAt !== null) continue;
          const isCanceled = [...scheduler.cancellations.values()].some(
            (each) => each.task === task,
          );
          const isHeld = agenda.now() - (scheduler.canceledUntil.get(task) ?? 0) < heldMs;
          if (!isCanceled && !isHeld)
            broken(
              'stopIgnored',
              `${taskArn.slice(-3)} is not told to stop after a second request`,
            );
        }
      });
    },
  };
}
