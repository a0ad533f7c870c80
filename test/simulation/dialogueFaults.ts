import type { Generation } from '../../machines/scheduler/messages.ts';
import type { Random } from './random.ts';
import { type Magic, releaseNamed, releases } from './scheduler/releases.ts';
import type { Lost } from './scheduler/scheduler.ts';

/** The scheduler that a script begins with, or goes on with. */
export interface ScheduledRelease {
  release: string;
  magic: Magic;
}

/** What happens to the dialogue with the scheduler. `at` and `ms` in milliseconds from the beginning. */
export type DialogueHappening =
  /** The connection breaks; the scheduler goes on. */
  | { at: number; kind: 'cut' }
  /** The connection breaks as soon as such a message is on its way, and takes it along. */
  | { at: number; kind: 'lose'; what: Lost }
  /** Another process takes the scheduler's place, which may be of another release. `graceful`: it ends in order. */
  | ({ at: number; kind: 'replace'; graceful: boolean; downMs: number } & ScheduledRelease)
  /** A client ends the whole cluster. */
  | { at: number; kind: 'shutdownCluster'; downMs: number }
  /** Tasks are being cancelled for so long. */
  | { at: number; kind: 'cancel'; count: number; ms: number }
  /** Another manager has our identity for so long. `leaves`: and leaves its tasks. */
  | { at: number; kind: 'rival'; ms: number; leaves: boolean }
  /** Fargate tasks run out of memory. */
  | { at: number; kind: 'end'; end: 'oom'; count: number }
  /** The other manager of a scheduler of groups ends. */
  | { at: number; kind: 'neighbourEnds' };

export const dialogueFaultNames = [
  ...['cut', 'commandLost', 'responseLost', 'schedulerEnds', 'schedulerDies', 'schedulerDied'],
  ...['clusterShutdown', 'cancel', 'rival'],
] as const;

/** How many of a hundred seeds begin with a scheduler of that generation. */
const shares: Record<Generation, number> = { g1: 13, g1b: 13, g2: 22, g23: 14, g3: 24, g4: 14 };
const hundred = Object.entries(shares).flatMap(([generation, share]) =>
  Array.from({ length: share }, () => generation),
);

function anyRelease(random: Random): ScheduledRelease {
  const generation = random.pick(hundred);
  const release = random.pick(releases.filter((each) => each.generation === generation));
  return { release: release.release, magic: random.pick(release.reached) };
}

/** What of the dialogue a seed decides for good. */
export interface DialogueSettings {
  scheduler: ScheduledRelease;
  /** Another manager uses a scheduler of groups, too. */
  neighbour: boolean;
  /** The workers' release that a person has chosen; null: it follows the scheduler. */
  workerRelease: string | null;
}

/** A scheduler that says what it desires on each heartbeat. */
export const plainDialogue: DialogueSettings = {
  scheduler: { release: '2.5.5', magic: 1 },
  neighbour: false,
  workerRelease: null,
};

export function drawDialogueSettings(random: Random): DialogueSettings {
  const scheduler = anyRelease(random);
  const { generation } = releaseNamed(scheduler.release);
  const neighbour = (generation === 'g1' || generation === 'g1b') && random.chance(0.4);
  const workerRelease = random.chance(0.08) ? random.pick(releases).release : null;
  return { scheduler, neighbour, workerRelease };
}

const second = 1000;

export function drawDialogueFaults(
  random: Random,
  { scheduler, neighbour }: DialogueSettings,
  lastAt: number,
): DialogueHappening[] {
  const moment = () => random.between(12 * second, lastAt);
  const drawn: DialogueHappening[] = [];
  const { generation } = releaseNamed(scheduler.release);
  const isByUnits = generation === 'g1' || generation === 'g1b' || generation === 'g2';
  for (let n = random.int(0, 2); n > 0; n--) drawn.push({ at: moment(), kind: 'cut' });
  if (generation === 'g23' || isByUnits)
    for (let n = random.int(0, 3); n > 0; n--)
      drawn.push({ at: moment(), kind: 'lose', what: random.pick(['command', 'response']) });
  for (let n = random.pick([0, 0, 1, 1, 2]); n > 0; n--) {
    const next = random.chance(0.7) ? scheduler : anyRelease(random);
    const downMs = random.between(1, 20) * second;
    drawn.push({
      ...{ at: moment(), kind: 'replace', graceful: random.chance(0.5), downMs, ...next },
    });
  }
  for (let n = random.pick([0, 0, 1, 3]); n > 0; n--) {
    const ms = random.between(1, random.chance(0.1) ? 50 : 15) * second;
    drawn.push({ at: moment(), kind: 'cancel', count: random.int(1, 3), ms });
  }
  if (random.chance(0.4)) {
    // Killed workers say nothing; some while a task of theirs is being cancelled.
    const at = moment();
    if (random.chance(0.4)) drawn.push({ at, kind: 'cancel', count: 2, ms: 40 * second });
    drawn.push({ at: at + 3 * second, kind: 'end', end: 'oom', count: random.int(1, 2) });
  }
  if (random.chance(generation === 'g4' ? 0.4 : 0.04))
    drawn.push({ at: moment(), kind: 'shutdownCluster', downMs: 3000 });
  if (random.chance(0.08)) {
    const ms = random.between(20, 90) * second;
    drawn.push({
      at: random.between(60 * second, lastAt + 40 * second),
      kind: 'rival',
      ms,
      leaves: random.chance(0.3),
    });
  }
  if (neighbour && random.chance(0.5)) drawn.push({ at: moment(), kind: 'neighbourEnds' });
  return drawn;
}

/**
 * The vanilla policy of a scheduler of groups never comes to rest with fewer tasks than one group has workers: it ends
 * the last group, and starts it again.
 */
export function settlingDemand(demand: number, releasesUsed: readonly string[]): number {
  const isByGroups = releasesUsed.some((release) => {
    const { generation } = releaseNamed(release);
    return generation === 'g1' || generation === 'g1b';
  });
  return isByGroups && demand > 0 ? Math.max(8, demand) : demand;
}
