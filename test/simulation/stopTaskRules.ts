import type { StopTaskCommandInput } from '@aws-sdk/client-ecs';
import { echoLimit } from '../../machines/scheduler/session.ts';
import { noticeMs, unseenMs } from './beliefs.ts';
import type { DialogueRules } from './dialogueRules.ts';
import type { ModelTask } from './ecs.ts';
import type { IdleRules } from './idleRules.ts';
import { createIdlers } from './idlers.ts';
import type { LifetimeRules } from './lifetimeRules.ts';
import type { UnitGoal } from './unitGoal.ts';
import type { Watched } from './watched.ts';

/** From the end of a cancellation to a stop that was held back for it, ms. */
const heldMs = 1500;
/** A group whose workers have been gone for so long, ms, has failed. */
const desertedMs = 120_000 - noticeMs;
/** A tick is a second; a decision may be that much behind the time. */
export const tickSlack = 1000;
/** From the time after which a scheduler counts as silent to the last StopTask that was on its way then, ms. */
const onItsWayMs = 5000;
/** DescribeTasks went wrong so long ago, ms, and was asked again and again, with pauses in between. */
const longUnseenMs = 60_000;
/** From the decision that a task must go to the first StopTask, ms, at the most: calls wait for their turn. */
export const decidedMs = 15_000;

/** Groups whose end could not be seen count. */
const crowdedAsBelieved = 'crowded while DescribeTasks went wrong';

const short = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1).replace(/^0+/, '#');

/** What the other invariants know. */
interface Known {
  units: UnitGoal;
  dialogue: DialogueRules;
  lifetimes: LifetimeRules;
  idles: IdleRules;
  /** Groups that the daemon may count on. */
  serving(): number;
  /** The same when it has just stopped one. */
  remaining(): number;
  /** Tasks that are there, and those that open launches may still start. */
  committed(): number;
  leastWanted(): number;
  isHarmful(task: ModelTask): boolean;
  /** Some tasks have another number of workers than those that are launched now. */
  isMixed(): boolean;
  /** Takes note of the reasons that there are now to stop a group. */
  look(): void;
  cap(): number;
  /** When each task last had workers, as the scheduler counts them. */
  servedAt: ReadonlyMap<ModelTask, number>;
  /** When the launch of a task was decided. */
  decidedAt(task: ModelTask): number;
  present(): {
    goal: number | null;
    reasonAt: number;
    endAt: number;
    unseenAt: number;
    crowdedAt: number;
  };
  /** How old the last answer of the scheduler is, ms. */
  quietMs(): number;
  /** The money is spent, so that every task is to go. */
  isSpent(): boolean;
}

type Excuses = Record<string, boolean>;

/** What must hold when a task is first told to stop. */
export function createStopTaskRules(world: Watched, known: Known) {
  const { agenda, ecs, scheduler, settings, broken, judge } = world;
  const { units, dialogue, lifetimes, idles, servedAt } = known;
  const { idler, isKnown } = createIdlers(world);

  function isHeard(): boolean {
    const life = world.life();
    return life !== null && scheduler.heardSince(life.owner) !== null;
  }

  /** Why it may have failed, or more may be there than are allowed: the other rules are about tasks that serve. */
  function failuresOf(task: ModelTask) {
    const now = agenda.now();
    const since = known.decidedAt(task);
    // What launches under way may still start counts, too, when there are more than are allowed.
    const isUnseen = now - known.present().unseenAt < unseenMs;
    const believed = isUnseen ? (world.census()?.groups.length ?? 0) : 0;
    const deadline = settings.startDeadlineSeconds * 1000 - tickSlack;
    // With the monitor stream, to start means that its workers are known; and to be deserted is to fail.
    const isDeaf =
      settings.monitored &&
      now - since >= deadline &&
      !((scheduler.connected.get(task) ?? now) - since < deadline - noticeMs);
    return {
      doomed: task.doomed,
      crowded: known.committed() > known.cap(),
      [crowdedAsBelieved]: believed > known.cap(),
      'started late': (task.runningAt ?? now) - since >= deadline - noticeMs,
      'its workers came late': isDeaf,
      // So it is, too, if its workers were known and have been gone for so long. It serves no more: no fewer are left.
      deserted: settings.monitored && now - (servedAt.get(task) ?? now) >= desertedMs,
    };
  }

  type Failures = ReturnType<typeof failuresOf>;

  function checkBusy(task: ModelTask, failures: Failures, isAsked: boolean): void {
    const work = scheduler.work.get(task);
    if (!work || work.tasks === 0) return;
    const now = agenda.now();
    const isJudged = judge.judges('stoppedBusy', {
      doomed: failures.doomed,
      'no monitor stream': !isHeard(),
      'its work is not known': !isKnown(work),
      crowded: failures.crowded,
      [crowdedAsBelieved]: failures[crowdedAsBelieved],
      'the scheduler named it': isAsked,
      // Held back for a cancellation, it was chosen before.
      'held for a cancellation': now - (scheduler.canceledUntil.get(task) ?? 0) < heldMs,
      // So was one that waited for its idle moment while nothing else is stopped.
      'the scheduler is just back': dialogue.isJustBack(),
    });
    const idle = isJudged ? idler() : undefined;
    if (idle !== undefined)
      broken(
        'stoppedBusy',
        `StopTask ${short(task.taskArn)} has ${work.tasks} to do, ${idle} has none`,
      );
  }

  function checkNumber(task: ModelTask, failures: Excuses, isAsked: boolean): void {
    const now = agenda.now();
    const { goal, endAt, unseenAt } = known.present();
    if (isAsked) {
      const kept = units.keepsMore(task);
      const isEnd = endAt >= now - decidedMs;
      if (judge.judges('stoppedTooMany', { ...failures, 'all are to end': isEnd }) && kept !== null)
        broken('stoppedTooMany', `StopTask ${short(task.taskArn)}: ${kept}`);
      return;
    }
    const isTwice = lifetimes.isAskedTwice(task);
    const least = isTwice ? lifetimes.least(known.leastWanted()) : known.leastWanted();
    const isJudged = judge.judges('stoppedTooMany', {
      ...failures,
      'no number is wanted': units.isUnits() || goal === null,
      'all are to end': now - endAt <= decidedMs,
      'DescribeTasks went wrong': now - unseenAt <= longUnseenMs,
    });
    const left = known.remaining();
    if (isJudged && left < least)
      broken('stoppedTooMany', `StopTask ${short(task.taskArn)}: ${left} left, ${least} wanted`);
  }

  function checkReason(task: ModelTask, failures: Excuses, isAsked: boolean): void {
    const { goal, reasonAt, crowdedAt } = known.present();
    const since = known.decidedAt(task);
    const isJudged = judge.judges('stoppedInVain', {
      ...failures,
      'crowded a moment ago': agenda.now() - crowdedAt <= decidedMs,
      'the scheduler named it': isAsked,
      'replaced for its age': lifetimes.isAskedTwice(task),
    });
    if (isJudged && reasonAt < since)
      broken(
        'stoppedInVain',
        `StopTask ${short(task.taskArn)}, ${units.isUnits() ? 'not asked for' : `${goal} wanted`}, ${known.serving()} serving, it is ${agenda.now() - since} ms old`,
      );
  }

  /** While nothing says how many are wanted, groups serve on: those that were to leave as well. */
  function checkHeard(task: ModelTask, failures: Excuses, isAsked: boolean): void {
    const quietMs = known.quietMs();
    const silentMs = echoLimit(settings.heartbeatIntervalSeconds * 1000) + onItsWayMs;
    if (quietMs <= silentMs || !servedAt.has(task)) return;
    const life = world.life();
    const isJudged = judge.judges('stoppedUnheard', {
      ...failures,
      'the scheduler named it': isAsked,
      'the daemon stops': life !== null && life.stopAskedAt !== null,
      'the money is spent': known.isSpent(),
      'its grace is over': quietMs >= settings.schedulerGraceSeconds * 1000 - tickSlack,
      'it stood still': agenda.now() - (life?.owner.frozenUntil ?? 0) < onItsWayMs,
    });
    if (isJudged)
      broken(
        'stoppedUnheard',
        `StopTask ${short(task.taskArn)}: the last echo is ${Math.round(quietMs)} ms old`,
      );
  }

  return {
    sent({ task: taskArn = '', reason = '' }: StopTaskCommandInput): void {
      const task = ecs.tasks.get(taskArn);
      if (!task?.ours) broken('stoppedForeign', `StopTask ${short(taskArn)}`);
      if (!task?.ours || task.stopAskedAt !== null) return;
      const isAsked =
        units.isUncounted(task) ||
        ((units.isUnits() || scheduler.groups() !== null) && units.isAsked(task));
      task.stopAskedAt = agenda.now();
      lifetimes.stopped(task);
      known.look();
      const failures = failuresOf(task);
      checkBusy(task, failures, isAsked);
      if (!task.doomed && known.isHarmful(task))
        broken('schedulerKilled', `StopTask ${short(taskArn)} during a cancel`);
      const excuses = { ...failures, 'other numbers of workers': known.isMixed() };
      const isExcused = Object.values(excuses).includes(true);
      if (!isExcused && !isAsked && !units.isUnits()) idles.stopped(task, reason);
      checkNumber(task, excuses, isAsked);
      checkReason(task, excuses, isAsked);
      checkHeard(task, failures, isAsked);
    },
  };
}
