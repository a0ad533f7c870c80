import { noticeMs } from './beliefs.ts';
import type { Census } from './census.ts';
import type { ModelTask } from './ecs.ts';
import type { Watched } from './watched.ts';

/** The daemon counts the age from what ECS shows, and looks every few seconds, ms. */
const ageSlackMs = 5000;
/** From the age to the replacement's registration, ms: ticks, a launch, its boot, its workers. */
const readyMs = 75_000;
/** An idle moment that is surely noticed, ms. */
const noticedMs = 10_000;

/** What the invariants know at the moment. */
export interface Calm {
  /** Groups that the scheduler desires; null: not known for sure, or something is in the way of launches or stops. */
  goal: number | null;
  census: Census | null;
}

/** What max_lifetime promises: a task that is too old is replaced first, and leaves at an idle moment. */
export function createLifetimeRules({ agenda, ecs, scheduler, settings, broken }: Watched) {
  /** Since when nothing is in the way of the next replacement; null: something is. */
  let since: number | null = null;
  let goalThen = 0;
  /** Old tasks that had an idle moment at which they could have left. */
  let passed = new Set<ModelTask>();
  const idleSince = new Map<ModelTask, number>();

  const lifetimeMs = (): number =>
    (settings.wide?.maxLifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000;

  const isOld = (task: ModelTask, slackMs: number): boolean =>
    task.ours && agenda.now() - task.createdAt >= lifetimeMs() + slackMs;

  const rotating = (): ModelTask[] =>
    [...ecs.tasks.values()].filter(
      (task) => isOld(task, ageSlackMs) && ecs.wanted(task) && scheduler.connected.has(task),
    );

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
      if (lifetimeMs() === Number.POSITIVE_INFINITY) return 0;
      const now = agenda.now();
      const old = [...ecs.tasks.values()].filter(
        (task) =>
          isOld(task, -ageSlackMs) &&
          task.stopAskedAt === null &&
          now - (task.endingAt ?? now) < noticeMs,
      );
      return Math.min(old.length, cohorts);
    },

    /** One of the old ones is told to stop: the next one has its time. */
    stopped(task: ModelTask): void {
      if (isOld(task, -ageSlackMs)) reset();
    },

    /** Once a second. */
    check(calm: () => Calm): void {
      if (lifetimeMs() === Number.POSITIVE_INFINITY) return;
      const { goal, census } = calm();
      noteIdle();
      const now = agenda.now();
      const old = rotating();
      const alive = ecs.ours();
      const isSteady = alive.every((task) => ecs.wanted(task)) && alive.length >= (goal ?? 0);
      const hasRoom = alive.length < (settings.maxTasks ?? Number.POSITIVE_INFINITY);
      const isReplaced = alive.length > (goal ?? 0);
      const isDue = old.length > 0 && isSteady && (hasRoom || isReplaced);
      if (!census || !goal || !isDue) {
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
