import type { Work } from './scheduler/workforce.ts';
import type { Watched } from './watched.ts';

/** The monitor stream speaks once a second; what it has said for so long is known. */
const knownMs = 4000;

/** Groups that stay and have nothing to do. */
export function createIdlers({ agenda, ecs, scheduler, settings, ...world }: Watched) {
  const lateMs = (settings.reportEverySeconds - 1) * 1000;

  /** A daemon that stands still reads nothing: what was shown meanwhile is news to it. */
  const wokeAt = (): number => world.life()?.owner.frozenUntil ?? 0;

  /** What a silent stream has not told cannot be known. */
  const isKnown = ({ since }: Work): boolean =>
    since !== null && agenda.now() - Math.max(since, wokeAt()) > knownMs;

  /** A group that stays and has nothing to do, as has been known for a while. */
  const idler = (): string | undefined => {
    const life = world.life();
    const now = agenda.now();
    const heardSince = life && scheduler.heardSince(life.owner);
    if (heardSince === null || heardSince === undefined || now - heardSince < knownMs + lateMs)
      return;
    return world.census()?.groups.find(({ taskArn, state, drainRequested, registered }) => {
      const task = ecs.tasks.get(taskArn ?? '');
      const work = task && scheduler.work.get(task);
      return (
        state === 'running' && !drainRequested && registered && work?.tasks === 0 && isKnown(work)
      );
    })?.groupId;
  };

  return { idler, isKnown };
}
