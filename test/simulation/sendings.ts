import { echoLimit } from '../../machines/scheduler/session.ts';
import type { Watched } from './watched.ts';

/** The daemon's time is that of its last tick. */
const tickSlack = 1000;
/** Within that time, ms, after nothing is wanted any more the last launch is sent. */
const unwantedMs = 2000;

/** What must hold at the moment at which a launch is sent first, however long ago it was decided. */
export function createSendings(
  { agenda, settings, broken, life }: Watched,
  isUnits: () => boolean,
) {
  const known = new Set<string>();

  return {
    sent(
      label: string,
      { echoedAt, zeroSince }: { echoedAt: number | null; zeroSince: number | null },
    ): void {
      const present = life();
      const isAgain = known.has(label) || present?.openAtStart.has(label);
      known.add(label);
      if (!present || isAgain) return;
      const now = agenda.now();
      const age = now - (echoedAt ?? 0);
      const limit = echoLimit(settings.heartbeatIntervalSeconds * 1000);
      if (age > limit + tickSlack)
        broken('launchedUnheard', `${label} is sent: the last echo is ${age} ms old`);
      if (present.stopAskedAt !== null && now > present.stopAskedAt)
        broken('launchedLate', `${label}: ${now - present.stopAskedAt} ms after the order to stop`);
      if (zeroSince !== null && now - zeroSince > unwantedMs && !isUnits())
        broken('launchedLate', `${label}: nothing is wanted for ${now - zeroSince} ms`);
    },
  };
}
