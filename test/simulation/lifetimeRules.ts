import { echoLimit } from '../../machines/scheduler/session.ts';
import { noticeMs } from './beliefs.ts';
import type { Census } from './census.ts';
import type { ModelTask } from './ecs.ts';
import { desiredOfUs } from './scheduler/requests.ts';
import type { Watched } from './watched.ts';

/** The daemon counts the age from what ECS shows, and looks every few seconds, ms. */
const ageSlackMs = 5000;
/** From the age to the replacement's registration, ms: ticks, a launch, its boot, its workers. */
const readyMs = 75_000;
/** An idle moment that is surely noticed, ms. */
const noticedMs = 10_000;

/** The monitor stream shows what it has to show every so often, ms, beside the rhythm of its reports. */
const knownMs = 4000;

/** What the invariants know of the present life. */
export interface Present {
  /** Groups that the scheduler desires. */
  goal: number | null;
  /** Workers that its last command asks for. */
  asked: number;
  echoedAt: number | null;
  isLooked: boolean;
  /** The last command stands, and workers can serve it. */
  isKnown: boolean;
  isJustBack: boolean;
  isUnits: boolean;
}

/**
 * The invariants of max_lifetime: a task that is too old is replaced first, and leaves at an idle moment. And that the fleet
 * does not grow where the default policy only asks for what is connected, with max_lifetime or without.
 */
export function createLifetimeRules(world: Watched) {
  const { agenda, ecs, scheduler, settings, broken } = world;
  /** Since when nothing is in the way of the next replacement; null: something is. */
  let since: number | null = null;
  let goalThen = 0;
  /** Old tasks that had an idle moment at which they could have left. */
  let passed = new Set<ModelTask>();
  const idleSince = new Map<ModelTask, number>();

  const lifetimeMs = (): number =>
    (settings.wide?.maxLifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000;

  const isLifetimeLimited = (): boolean => lifetimeMs() !== Number.POSITIVE_INFINITY;

  const isOld = (task: ModelTask, slackMs: number): boolean =>
    task.ours && agenda.now() - task.createdAt >= lifetimeMs() + slackMs;

  const rotating = (): ModelTask[] =>
    [...ecs.tasks.values()].filter(
      (task) => isOld(task, ageSlackMs) && ecs.wanted(task) && scheduler.connected.has(task),
    );

  /** The groups that are desired, while nothing is in the way of a launch or a stop; null: something may be. */
  function steadyGoal({ goal, echoedAt, ...present }: Present): number | null {
    const life = world.life();
    const census = world.census();
    if (!life || !census || life.stopAskedAt !== null || present.isUnits) return null;
    const now = agenda.now();
    const heardSince = scheduler.heardSince(life.owner);
    const isHeard =
      heardSince !== null && now - heardSince > knownMs + 1000 * settings.reportEverySeconds;
    const isEchoed = now - (echoedAt ?? 0) < echoLimit(settings.heartbeatIntervalSeconds * 1000);
    const isFree = census.breakers === 0 && census.money !== 'limited' && !settings.scarceCalls;
    const isActive = census.lifecycle === 'active' && present.isLooked && present.isKnown;
    const isQuiet = world.isCalm() && !present.isJustBack;
    return isHeard && isEchoed && isFree && isActive && isQuiet ? goal : null;
  }

  /**
   * Workers that were asked for before replacements connected. The default policy asks for what is connected where that
   * suffices, so for each old group and for its replacement until the old one has left.
   */
  let withoutReplacements = 0;

  /** Workers that the last command asks for that the daemon has heard. */
  let lastAsked = 0;

  /**
   * Groups that were there when the default policy came to ask for what is connected, and the daemon had heard that; null:
   * it asks for something else. The daemon cannot act on what a silent scheduler would say. A restart does not let the fleet
   * grow, either: the journal keeps what was desired before a replacement.
   */
  let content: number | null = null;

  const stayingIn = (census: Census): number =>
    census.groups.filter(({ drainRequested }) => !drainRequested).length;

  function asksForWhatIsThere(): boolean {
    const [said] = scheduler.wouldSay(world.identity());
    return (
      said?.type === 'desired' &&
      desiredOfUs(said.requests) === scheduler.workers() &&
      scheduler.lingering.size === 0
    );
  }

  /** A task that no list shows yet, of another life or of a rival, is asked for as well, and the daemon cannot know it. */
  function isUnlistedAskedFor({ groups }: Census): boolean {
    const known = new Set(groups.map(({ taskArn }) => taskArn));
    return [...scheduler.connected.keys()].some(({ taskArn }) => !known.has(taskArn));
  }

  /**
   * The daemon acts on what was asked for before workers died, or on work that it was shown and that has gone since. No
   * seed has needed this excuse with max_lifetime: there it would hide a fleet that grows by its replacements.
   */
  const isMoreAskedFor = ({ desired }: Census): boolean =>
    !isLifetimeLimited() &&
    (lastAsked > scheduler.workers() ||
      (desired ?? 0) > Math.ceil(lastAsked / settings.workersPerTask));

  function noteContent({ goal, asked }: Present): void {
    const census = world.census();
    const isActive = census?.lifecycle === 'active';
    const isWhole = isLifetimeLimited() || census === null || !isUnlistedAskedFor(census);
    if (settings.policy !== 'vanilla' || !isWhole || !asksForWhatIsThere()) content = null;
    else if (isActive && goal !== null && asked === scheduler.workers())
      content ??= Math.max(stayingIn(census), ecs.ours().length);
  }

  function reset(): void {
    since = null;
    passed = new Set();
  }

  function noteIdle(): void {
    for (const [task, { tasks }] of scheduler.work)
      if (tasks > 0 || !scheduler.connected.has(task)) idleSince.delete(task);
      else if (!idleSince.has(task)) idleSince.set(task, agenda.now());
  }

  return {
    /** Groups that may be launched beyond what is desired, in the place of old ones: one in each cohort at a time. */
    extra(cohorts: number): number {
      if (!isLifetimeLimited()) return 0;
      const now = agenda.now();
      const old = [...ecs.tasks.values()].filter(
        (task) =>
          isOld(task, -ageSlackMs) &&
          // What a life before asked for and ECS never heard is forgotten.
          (ecs.wanted(task) ||
            (task.stopAskedAt === null && now - (task.endingAt ?? now) < noticeMs)),
      );
      return Math.min(old.length, cohorts);
    },

    /** It may leave for its age, while the default policy asks for it and for its replacement: no command asks for fewer. */
    isAskedTwice: (task: ModelTask): boolean =>
      settings.policy === 'vanilla' && isOld(task, -ageSlackMs),
    /** The daemon has heard a command. What was asked for before is in its journal, also after a restart. */
    asked(workers: number): void {
      lastAsked = workers;
      const isSame = workers > withoutReplacements && workers === scheduler.workers();
      if (!isSame || rotating().length === 0) withoutReplacements = workers;
    },
    /** The fewest groups that may be left when such a one leaves, where so many were asked for: others may leave with it. */
    least: (asked: number): number =>
      Math.min(asked, Math.ceil(withoutReplacements / settings.workersPerTask)),

    journalLost(): void {
      content = null;
    },

    /** A launch does not let the fleet grow where nothing asks for more. */
    launched(label: string, census: Census): void {
      if (content === null) return;
      // What has come to be asked for in this moment counts, too.
      if (!asksForWhatIsThere() || isMoreAskedFor(census) || isUnlistedAskedFor(census)) return;
      const most = content + this.extra(census.cohorts);
      const staying = stayingIn(census);
      if (staying > most)
        broken('overLaunched', `${staying} groups where ${content} were enough: ${label}`);
    },

    /** One of the old ones is told to stop: the next one has its time. */
    stopped(task: ModelTask): void {
      if (isOld(task, -ageSlackMs)) reset();
    },

    /** Once a second. */
    check(present: () => Present): void {
      const seen = present();
      const goal = steadyGoal(seen);
      noteContent(seen);
      if (!isLifetimeLimited()) return;
      noteIdle();
      const now = agenda.now();
      const old = rotating();
      const alive = ecs.ours();
      const isSteady = alive.every((task) => ecs.wanted(task)) && alive.length >= (goal ?? 0);
      const hasRoom = alive.length < (settings.maxTasks ?? Number.POSITIVE_INFINITY);
      const isReplaced = alive.length > (goal ?? 0);
      const isDue = old.length > 0 && isSteady && (hasRoom || isReplaced);
      if (!goal || !isDue) {
        reset();
        return;
      }
      if (since === null || goal !== goalThen) {
        reset();
        since = now;
        goalThen = goal;
      }
      const minIdleMs = (settings.wide?.minIdleSeconds ?? 0) * 1000;
      const idleMs = noticedMs + minIdleMs + 2000 * settings.reportEverySeconds;
      const from = since + readyMs + settings.cooldownSeconds * 1000;
      for (const task of old)
        if (now - Math.max(from, idleSince.get(task) ?? now) >= idleMs) passed.add(task);
      // Which of them is the next one is the daemon's choice.
      if (old.every((task) => passed.has(task)))
        broken(
          'tooOld',
          `${old.length} tasks are older than max_lifetime, and idle; ${alive.length} alive, ${goal} wanted for ${now - since} ms`,
        );
    },
  };
}

export type LifetimeRules = ReturnType<typeof createLifetimeRules>;
