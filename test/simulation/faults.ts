import type { Agenda } from './agenda.ts';
import type { Trap } from './client.ts';
import type { Disk } from './disk.ts';
import type { Ecs } from './ecs.ts';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import type { SimulationSettings } from './script.ts';

/** Which faults of the world are on at the moment. */
export function createFaults({
  agenda,
  ecs,
  disk,
  scheduler,
  traps,
  settings,
  isLimited,
}: {
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  scheduler: Scheduler;
  traps: Trap[];
  settings: SimulationSettings;
  /** AWS's own buckets are in force. */
  isLimited(): boolean;
}) {
  return {
    /** Something may keep StopTask from being sent, or the daemon from knowing of a task. */
    hinderStops: ({ owner }: Life, since: number): boolean =>
      disk.trouble !== 'ok' ||
      settings.scarceCalls ||
      ecs.isClusterGone(settings.cluster) ||
      isLimited() ||
      (owner.frozenUntil ?? 0) > since ||
      traps.some(({ until, operations }) => until > since && operations.includes('StopTask')),

    areNone(life: Life | null): boolean {
      const { noCapacity, noSpot, slowStarts, quota, ...next } = ecs.odd;
      const now = agenda.now();
      const isShort =
        noCapacity || noSpot || slowStarts || quota !== null || ecs.isClusterGone(settings.cluster);
      const comes = next.partial + next.ghosts + next.stuck + next.startFailures;
      return (
        disk.trouble === 'ok' &&
        !isShort &&
        !isLimited() &&
        !ecs.deniesAny() &&
        !scheduler.isLying() &&
        comes + ecs.troubles.length === 0 &&
        !traps.some(({ until, left }) => until > now && left > 0) &&
        Object.values(scheduler.faults).every((count) => count === 0) &&
        scheduler.isRunning() &&
        now >= (life?.owner.frozenUntil ?? 0)
      );
    },
  };
}
