import type { ModelTask } from './ecs.ts';
import type { Watched } from './watched.ts';

/** The monitor stream speaks once a second; what it has said for so long is known, ms. */
const knownMs = 4000;
/** What was asked for so long ago may still be what a drain was decided on, ms. */
const decidedMs = 5000;
/** A look a second. */
const lookMs = 1000;
/** A task that died so long ago may still count as alive, ms. */
const unnoticedMs = 60_000;

/** How things were when a group began to be on its way out. */
interface Decision {
  at: number;
  /** Workers of the groups that stayed, and those that were asked for. */
  left: number;
  asked: number;
}

/**
 * The invariants of min_idle_seconds and degraded_grace: a group is not stopped before it was idle for that long; and one that
 * has lost workers leaves for that no sooner than after its grace, and once there are enough workers without it.
 */
export function createIdleRules({ agenda, ecs, scheduler, settings, ...world }: Watched) {
  const { monitored, wide } = settings;
  /** When each task was last known to be at work. */
  const busyAt = new Map<ModelTask, number>();
  /** Since when each of them has only some of its workers. */
  const shortSince = new Map<ModelTask, number>();
  const decisions = new Map<ModelTask, Decision>();
  /** Since when each is seen to be told to stop: its StopTask may wait for its turn. */
  const stopSeenAt = new Map<string, number>();
  let asks: { until: number; workers: number }[] = [];
  let asked: number | null = null;

  const isShown = (task: ModelTask, waitedMs = 0): boolean => {
    const since = scheduler.work.get(task)?.since ?? null;
    return since !== null && agenda.now() - since > knownMs + waitedMs;
  };

  const workersOf = (task: ModelTask): number => scheduler.workerIdsOf(task).length;

  /** Workers that the daemon may count on, without those of groups on their way out. */
  function workersLeft(leaving: ReadonlySet<string>): number {
    const now = agenda.now();
    return [...ecs.tasks.values()]
      .filter(
        (task) =>
          task.ours &&
          !leaving.has(task.taskArn) &&
          (scheduler.connected.has(task) ||
            (task.endingAt !== null && now - task.endingAt < unnoticedMs)),
      )
      .reduce((sum, task) => sum + workersOf(task), 0);
  }

  const leastAsked = (): number =>
    Math.min(
      asked ?? 0,
      ...asks.filter(({ until }) => agenda.now() - until < decidedMs).map(({ workers }) => workers),
    );

  const leavingNow = (): Set<string> =>
    new Set(
      world
        .census()
        ?.groups.flatMap(({ taskArn, drainRequested }) => (drainRequested ? (taskArn ?? []) : [])),
    );

  const decisionNow = (leaving: ReadonlySet<string>): Decision => ({
    ...{ at: agenda.now(), left: workersLeft(leaving), asked: leastAsked() },
  });

  function noteDecisions(): void {
    const leaving = leavingNow();
    for (const { taskArn, state } of world.census()?.groups ?? [])
      if (taskArn !== null && !state.startsWith('draining.stopping')) stopSeenAt.delete(taskArn);
      else if (taskArn !== null && !stopSeenAt.has(taskArn)) stopSeenAt.set(taskArn, agenda.now());
    for (const task of ecs.tasks.values())
      if (!leaving.has(task.taskArn)) decisions.delete(task);
      else if (!decisions.has(task)) decisions.set(task, decisionNow(leaving));
  }

  /** It leaves because it has lost workers. */
  function checkReplaced(task: ModelTask, name: string): void {
    // It is so new that no look has shown it yet.
    const decision = decisions.get(task) ?? decisionNow(leavingNow().add(task.taskArn));
    const since = shortSince.get(task);
    if (since === undefined || (wide?.maxLifetimeSeconds ?? null) !== null) return;
    const ms = decision.at - since;
    if (ms < (wide?.degradedGraceSeconds ?? 0) * 1000 - lookMs)
      world.broken('replacedEarly', `${name} lacks workers for ${ms} ms only`);
    const { left, asked } = decision;
    if (left < asked && settings.reportEverySeconds === 1)
      world.broken('replacedEarly', `${name} leaves ${left} workers, ${asked} are asked for`);
  }

  return {
    born(): void {
      asks = [];
      asked = null;
      decisions.clear();
      stopSeenAt.clear();
    },
    asked(workers: number): void {
      if (asked !== null) asks.push({ until: agenda.now(), workers: asked });
      asks = asks.filter(({ until }) => agenda.now() - until < decidedMs);
      asked = workers;
    },
    /** Once a second. */
    check(): void {
      if (!wide || !monitored) return;
      const now = agenda.now();
      for (const [task, { tasks }] of scheduler.work)
        if (tasks > 0 && isShown(task)) busyAt.set(task, now);
      for (const task of scheduler.connected.keys())
        if (workersOf(task) < scheduler.sizeOf(task) && !shortSince.has(task))
          shortSince.set(task, now);
      noteDecisions();
    },
    /** It is told to stop, and the scheduler has not named it. */
    stopped(task: ModelTask, reason: string): void {
      const life = world.life();
      if (!wide || !monitored || !life || life.stopAskedAt !== null) return;
      const waitedMs = agenda.now() - (stopSeenAt.get(task.taskArn) ?? agenda.now());
      const heardSince = scheduler.heardSince(life.owner);
      const name = `StopTask ${task.taskArn.slice(-3)}`;
      if (reason.includes('it is replaced')) checkReplaced(task, name);
      const lastBusyAt = busyAt.get(task);
      const isIdle = scheduler.work.get(task)?.tasks === 0 && isShown(task, waitedMs);
      if (!isIdle || lastBusyAt === undefined) return;
      // It has heard all that was shown since then.
      const from = lastBusyAt - knownMs - 1000 * settings.reportEverySeconds;
      const hasHeard =
        heardSince !== null && heardSince < from && (life.owner.frozenUntil ?? 0) < from;
      const ms = agenda.now() - waitedMs - lastBusyAt;
      if (hasHeard && ms < wide.minIdleSeconds * 1000 - lookMs)
        world.broken('stoppedEarly', `${name}: it was at work ${ms} ms before`);
    },
  };
}

export type IdleRules = ReturnType<typeof createIdleRules>;
