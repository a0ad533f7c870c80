import type { StopTaskCommandInput } from '@aws-sdk/client-ecs';
import type {
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import { echoLimit } from '../../machines/scheduler/session.ts';
import type { DesiredRequest } from '../../machines/shared/domain.ts';
import type { JournalRecord } from '../../src/store/records.ts';
import { createBeliefs, noticeMs, unseenMs } from './beliefs.ts';
import { createCapRule } from './capRule.ts';
import type { Census } from './census.ts';
import { createDialogueRules } from './dialogueRules.ts';
import type { ModelTask } from './ecs.ts';
import { createIdleRules } from './idleRules.ts';
import type { Life, LifeEnd } from './life.ts';
import { createLifetimeRules } from './lifetimeRules.ts';
import { createLimits } from './limits.ts';
import { type Countability, createMoneyRules } from './moneyRules.ts';
import { createOwnership } from './ownership.ts';
import { pauses } from './rival.ts';
import { createScalingGoal } from './scalingGoal.ts';
import { canServe, type Magic, type SchedulerRelease } from './scheduler/releases.ts';
import { desiredOfUs } from './scheduler/requests.ts';
import { createSendings } from './sendings.ts';
import { servesIt } from './servesIt.ts';
import { createStopRules } from './stopRules.ts';
import { createStopTaskRules, decidedMs, tickSlack } from './stopTaskRules.ts';
import { createUnitGoal } from './unitGoal.ts';
import type { Trouble, Watched } from './watched.ts';

interface Shown {
  release: SchedulerRelease;
  magic: Magic;
}

/** With a connection and the monitor stream for so long, ms, dead workers are reported: before the scheduler sees it. */
const reportMs = 30_000;
/** What is launched so long after the start of a life is no launch of a life before it, ms. */
const straggleMs = 120_000;
/** So long after it has lost its connection to us a rival has taken it back, ms, at the latest. */
const rivalBackMs = pauses.long[1] + 1000;
/** A stop waits so long for a cancellation, ms, less than what it may have waited before that. */
const holdMs = 20_000;
/** The monitor stream speaks once a second; what it has said for so long is known. */
const knownMs = 4000;
export const inventoryLimit = 60_000;

const short = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1).replace(/^0+/, '#');

/** What must hold at every moment, watched from outside. */
export const createInvariants = (world: Watched) => {
  const limits = createLimits(world);
  const sendings = createSendings(world, () => units.isUnits());
  const settlement = createOwnership(world, short);
  const dialogue = createDialogueRules(world);
  const money = createMoneyRules(world);
  const stops = createStopRules(world);
  const lifetimes = createLifetimeRules(world);
  const idles = createIdleRules(world);
  const units = createUnitGoal(world, dialogue.isJustBack);
  const scaling = createScalingGoal(world);
  const { agenda, ecs, disk, scheduler, settings, broken, judge } = world;
  /** A life may begin with another one. */
  const cap = (): number => settings.maxTasks ?? Number.POSITIVE_INFINITY;
  const decidedAt = new Map<string, number>();

  /** Of the present life. */
  let echoedAt: number | null = null;
  let goal: number | null = null;
  let askedWorkers = 0;
  /** All goals since decidedMs ago, and the one before them. */
  let goals: { until: number; goal: number }[] = [];
  let emptySince: number | null = null;
  let inventoried = false;
  let blind = false;
  let denialsInARow = 0;
  /** Tasks that another manager with our identity has left. */
  const rivals: ModelTask[] = [];
  /** The scheduler whose commands have come last. */
  let dialogueShown: Shown | null = null;
  /** The same when each launch was decided. */
  const knownAt = new Map<string, Shown | null>();
  /** When the journal was lost last, and when the first list since was complete: of earlier tasks only that tells, if they live. */
  let lostAt = Number.NEGATIVE_INFINITY;
  let foundAt = Number.POSITIVE_INFINITY;

  /** When there last was a reason to stop any group; and to stop all, however many are wanted. */
  let reasonAt = Number.NEGATIVE_INFINITY;
  let endAt = Number.NEGATIVE_INFINITY;
  /** When DescribeTasks last went wrong: a death that is not told cannot be known. */
  let unseenAt = Number.NEGATIVE_INFINITY;
  /** Since when nothing is wanted, as the daemon has heard. */
  let zeroSince: number | null = null;
  let aboveCapSince: number | null = null;
  let excusedAboveCap = false;
  /** When more were there, or might come, than the limit allows. */
  let crowdedAt = Number.NEGATIVE_INFINITY;

  /** Tasks that some journal has named. Of one that ended before that, no list and no answer has ever told. */
  const named = new Set<string>();
  /** Of these, those that a lost journal named and none has since: a list may have shown one that was then left alone. */
  const lost = new Set<string>();

  /** Tasks that ended for the daemon while DescribeTasks went wrong: why they ended is not known. */
  const endedUnseen = new Set<string>();

  const capRule = createCapRule(cap, ({ taskArn }) => named.has(taskArn));
  const { coming, remaining, serving, standing, staying } = createBeliefs(world, () => unseenAt);

  /** When each task last had workers, as the scheduler counts them. */
  const servedAt = new Map<ModelTask, number>();

  /** How old the last answer of the scheduler is, ms. */
  const quietMs = (): number => {
    const now = agenda.now();
    return now - (echoedAt ?? world.life()?.startedAt ?? now);
  };

  /** Tasks that are there, and those that open launches may still start. */
  const committed = (): number => standing() + coming();

  const look = (): void => {
    const life = world.life();
    const now = agenda.now();
    if (!life) return;
    const all =
      life.stopAskedAt !== null ||
      (goal === 0 && !units.isUnits()) ||
      quietMs() >= settings.schedulerGraceSeconds * 1000 - tickSlack ||
      (emptySince !== null && now - emptySince >= 60_000 - tickSlack);
    const spent = money.drains();
    if (all || spent) endAt = now;
    const fewer = goal !== null && !units.isUnits() && goal < serving();
    const useless = !units.isUnits() && scaling.isUseless(staying(), askedWorkers);
    if (all || spent || fewer || useless || standing() > cap()) reasonAt = now;
    if (committed() > cap()) crowdedAt = now;
  };

  /** The least that was wanted while a stop may have been decided that is asked for now. */
  const leastWanted = (): number =>
    Math.min(
      goal ?? 0,
      ...goals.filter(({ until }) => agenda.now() - until < decidedMs).map((each) => each.goal),
    );

  /** Some tasks have another number of workers than those that are launched now: how many tasks are wanted says no number. */
  const isMixed = (): boolean =>
    ecs.ours().some((task) => scheduler.sizeOf(task) !== settings.workersPerTask);

  const isServable = () => servesIt(scheduler, settings.workerRelease);

  /**
   * A task of the living rival looks like one of our own last life if it began within two minutes of ours. Then only the
   * conflict tells; it does not show while we have no connection, nor before the rival has had the time to take that
   * back, nor over ZeroMQ, where the rival gets no answer as soon as we do.
   */
  const isTellable = ({ createdAt }: ModelTask): boolean =>
    (scheduler.magic() !== null && dialogue.isSteadySince(agenda.now() - rivalBackMs)) ||
    createdAt > (world.life()?.startedAt ?? 0) + straggleMs;

  /** One release's scheduler does not survive that its workers leave now, and the monitor stream has shown why. */
  const isHarmful = (task: ModelTask): boolean => {
    const canceling = [...scheduler.cancellations.values()].find((each) => each.task === task);
    const life = world.life();
    const shown = canceling?.shownSince ?? null;
    if (shown === null || life === null || !canceling?.workerId.startsWith('Worker|ECS-'))
      return false;
    const heardSince = scheduler.heardSince(life.owner);
    // A daemon that stands still reads nothing, and what stands unread when it goes on may come after a signal.
    const ms = agenda.now() - Math.max(shown, life.owner.frozenUntil ?? 0);
    return heardSince !== null && heardSince < shown && ms > knownMs && ms < holdMs;
  };

  /** The scheduler would now ask for another number than it has. */
  const isGoalOld = (): boolean => {
    const next = scheduler.wouldSay(world.identity()).find(({ type }) => type === 'desired');
    return next?.type === 'desired' && desiredOfUs(next.requests) !== askedWorkers;
  };

  const launched = (label: string): void => {
    const life = world.life();
    if (!life) return;
    const now = agenda.now();
    decidedAt.set(label, now);
    const limit = echoLimit(settings.heartbeatIntervalSeconds * 1000);
    if (echoedAt === null || now - echoedAt > limit + tickSlack)
      broken('launchedUnheard', `${label}: the last echo is ${now - (echoedAt ?? 0)} ms old`);
    const open = [...life.openAtStart].filter((each) => life.journal?.ledger.isOpen(each));
    if (open.length > 0) broken('launchedUnrecovered', `${label} while ${open} are open`);
    const isBlind = !inventoried && blind;
    if (judge.judges('launchedUnrecovered', { 'it may not list': isBlind }) && !inventoried)
      broken('launchedUnrecovered', `${label} before any list was complete`);
    // Neither a journal that knows all nor the right to list: the cap cannot be kept.
    if (blind && foundAt > now) excusedAboveCap = true;
    knownAt.set(label, dialogueShown);
    capRule.launched(label, excusedAboveCap ? ecs.ours().length : 0);
    const isUnits = units.isUnits();
    const grant = units.grant();
    units.launched(label);
    world.afterwards(() => {
      const census = world.census();
      if (!census) return;
      money.launched(label);
      const groups = census.groups.filter(({ drainRequested }) => !drainRequested);
      const unasked = isUnits ? units.overLaunched(grant, groups.length) : null;
      if (unasked !== null) broken('overLaunched', `${unasked}: ${label}`);
      const most = scaling.most(askedWorkers, groups) + lifetimes.extra(census.cohorts);
      lifetimes.launched(label, census);
      const isOver = goal !== null && groups.length > Math.min(cap(), most);
      const excuses = { 'no number is wanted': !isUnits && goal === null };
      const other = { 'other numbers of workers': !isUnits && isMixed() };
      if (judge.judges('overLaunched', { ...excuses, ...other }) && !isUnits && isOver)
        broken('overLaunched', `${groups.length} groups, ${goal} wanted: ${label}`);
      const isCapJudged = judge.judges('capExceeded', {
        'there is no limit': cap() === Number.POSITIVE_INFINITY,
        'it may not list and has no journal': excusedAboveCap,
      });
      if (isCapJudged && census.groups.length > cap())
        broken('capExceeded', `${census.groups.length} groups, ${cap()} allowed: ${label}`);
    });
  };

  const commanded = (requests: DesiredRequest[]): void => {
    const now = agenda.now();
    if (requests.length === 0) emptySince ??= now;
    else {
      emptySince = null;
      const workers = desiredOfUs(requests);
      if (goal !== null) goals.push({ until: now, goal });
      goals = goals.filter(({ until }) => now - until < decidedMs);
      askedWorkers = workers;
      idles.asked(workers);
      lifetimes.asked(workers);
      goal = Math.min(cap(), Math.ceil(workers / settings.workersPerTask));
      zeroSince = goal === 0 ? (zeroSince ?? now) : null;
    }
  };

  const stopTasks = createStopTaskRules(world, {
    ...{ units, dialogue, lifetimes, idles, serving, remaining, leastWanted, isHarmful, isMixed },
    ...{ look, cap, servedAt, committed },
    decidedAt: (task) => decidedAt.get(task.label ?? '') ?? task.createdAt,
    present: () => ({ goal, reasonAt, endAt, unseenAt, crowdedAt }),
    quietMs,
    isSpent: money.drains,
  });

  return {
    workReported(tasks: number) {
      scaling.reported(tasks);
      dialogue.reported();
    },
    recorded(record: JournalRecord) {
      limits.recorded(record);
      money.recorded(record);
      if (record.kind === 'settled') for (const { taskArn } of record.groups) named.add(taskArn);
      if (record.kind === 'ended' && agenda.now() - unseenAt < unseenMs)
        endedUnseen.add(record.taskArn ?? '');
      if (record.kind !== 'adopted') return;
      lost.delete(record.taskArn);
      named.add(record.taskArn);
      units.adopted(record.taskArn);
      const task = ecs.tasks.get(record.taskArn);
      if (task?.rival && !task.ours && !isTellable(task)) task.ours = true;
      else if (task?.rival && !task.ours)
        broken(
          'adoptedForeign',
          `${short(record.taskArn)}: another living manager has launched it`,
        );
      const doubt = dialogue.doubt();
      // The label of a launch of its own tells that it is ours, whatever the scheduler says.
      const isOwn = decidedAt.has(task?.label ?? '');
      if (doubt !== null && !isOwn) broken('adoptedForeign', `${short(record.taskArn)}: ${doubt}`);
    },
    unsent: limits.unsent,
    opened() {
      dialogue.opened();
      dialogueShown = null;
    },
    closed(kind: string) {
      dialogue.closed(kind);
      units.closed();
    },
    told(generation: Generation, message: SchedulerMessage) {
      dialogue.told(generation, message);
      units.told(generation, message);
      if (message.type === 'heartbeatEcho') echoedAt = agenda.now();
      else dialogueShown = { release: scheduler.release(), magic: scheduler.magic() };
      if (message.type === 'desired') commanded(message.requests);
      if (message.type === 'shutdownAsked') endAt = agenda.now();
      look();
    },
    said(message: OutgoingMessage) {
      dialogue.said(message);
      units.said(message);
    },
    born() {
      for (const task of rivals) task.ours = true;
      limits.born();
      units.born();
      idles.born();
      dialogue.born();
      dialogueShown = null;
      echoedAt = null;
      goal = null;
      zeroSince = null;
      goals = [];
      emptySince = null;
      inventoried = false;
      blind = false;
      denialsInARow = 0;
    },
    journalLost() {
      lostAt = agenda.now();
      for (const taskArn of named) lost.add(taskArn);
      foundAt = Number.POSITIVE_INFINITY;
      money.journalLost();
      lifetimes.journalLost();
    },
    goal: () => goal,
    blind: () => blind,
    inventoried() {
      inventoried = true;
      capRule.listed();
      money.inventoried();
      foundAt = Math.min(foundAt, agenda.now());
      blind = false;
      denialsInARow = 0;
      excusedAboveCap = false;
      // A task that is being stopped is in no list; without the journal the daemon does not know it, and it costs a little longer.
      const { ledger } = world.life()?.journal ?? {};
      for (const task of ecs.ours())
        if (!ecs.wanted(task) && ledger?.owner(task.taskArn) === undefined) task.ghost = true;
    },
    clusterLeftOut: capRule.clusterLeftOut,
    inventoryFailed(denied: boolean) {
      capRule.listFailed();
      denialsInARow = denied ? denialsInARow + 1 : 0;
      blind ||= denialsInARow >= 3;
    },
    look,
    launched,
    /** What it has left looks like ours, to this life if it cannot know better, or to the next one. */
    rivalEnded(left: ModelTask[]) {
      rivals.push(...left);
      for (const task of left) {
        task.ghost = true;
        const startedAt = world.life()?.startedAt ?? 0;
        if (task.createdAt <= startedAt + straggleMs) task.ours = true;
      }
    },
    /** Killed workers were connected until the scheduler gave them up: they could have been reported. */
    unreported(task: ModelTask) {
      const life = world.life();
      const since = agenda.now() - reportMs;
      const listedSince = life && scheduler.listedSince(life.owner);
      const isTraced = scheduler.workerIdsOf(task)[0]?.startsWith('Worker|ECS-');
      if (!life || !listedSince || scheduler.generation() === 'g4' || !isTraced || !task.ours)
        return;
      const isCanceled = [...scheduler.cancellations.values()].some((each) => each.task === task);
      const diedAt = task.endingAt ?? since;
      // Where DescribeTasks went wrong until ECS had forgotten it, it was never shown.
      const seenFrom = Math.max(diedAt, Math.min(unseenAt, task.goneFrom));
      const isLost = (task.askedAt < lostAt && diedAt < foundAt) || lost.has(task.taskArn);
      const isJudged = judge.judges('deadUnreported', {
        'no journal names it': isLost || !named.has(task.taskArn),
        'DescribeTasks went wrong': unseenAt >= since,
        'its end was not seen': endedUnseen.has(task.taskArn),
        'ECS has forgotten it': task.goneFrom - seenFrom < noticeMs,
        'the daemon is new': life.startedAt >= since,
        'the monitor stream is new': listedSince >= since,
        'the connection is new': !dialogue.isSteadySince(since),
        'the daemon stops': life.stopAskedAt !== null,
        'a task is cancelled': isCanceled,
        'the scheduler is silent': scheduler.faults.silent > 0,
      });
      if (isJudged) broken('deadUnreported', `workers of ${short(task.taskArn)}`);
    },
    unseen() {
      unseenAt = agenda.now();
    },
    /** The daemon knows nothing of what happens until then. */
    stoodStill(until: number) {
      unseenAt = Math.max(unseenAt, until);
      dialogue.stoodStill(until);
    },

    runTaskSent(label: string | null) {
      if (label === null || !disk.holds(label))
        return broken('unjournaled', `RunTask ${label} is not on the disk`);
      sendings.sent(label, { echoedAt, zeroSince });
    },

    stopTaskSent: (input: StopTaskCommandInput) => stopTasks.sent(input),

    ended(taskArn: string, cause: string) {
      const task = ecs.tasks.get(taskArn);
      if (task && ecs.wanted(task))
        broken('gaveUpAlive', `${short(taskArn)} lives, and its group ended: ${cause}`);
      if (task && agenda.now() - unseenAt < unseenMs) money.endedUnseen(task);
    },

    created(task: ModelTask) {
      if (!task.ours) return;
      const shown = task.label === null ? null : knownAt.get(task.label);
      if (shown && !canServe(task.worker, shown.release, shown.magic))
        broken(
          'launchedUseless',
          `workers of ${task.worker.release}, ${task.worker.backend} for a scheduler of ${shown.release.release}`,
        );
      // Sent by a life whose journal is gone: the daemon cannot know it yet.
      if (task.label !== null && task.askedAt < lostAt) task.ghost = true;
      const exceeded = excusedAboveCap ? null : capRule.exceeded(task, ecs.ours());
      if (exceeded !== null) broken('capExceeded', exceeded);
    },

    /** Tasks above the cap, such as those that ECS started twice, must be stopped before the limit. */
    checkEverySecond(faultsEndAt: number) {
      look();
      for (const task of scheduler.connected.keys()) servedAt.set(task, agenda.now());
      units.learn();
      idles.check();
      dialogue.check();
      lifetimes.check(() => ({
        ...{ goal, asked: askedWorkers, echoedAt, isLooked: inventoried || blind },
        isKnown: emptySince === null && isServable(),
        ...{ isJustBack: dialogue.isJustBack(), isUnits: units.isUnits() },
      }));
      const now = agenda.now();
      // A group that waits for an idle moment is about to stop, and its wait is bounded.
      const drainRequested = new Set(
        world
          .census()
          ?.groups.flatMap(
            ({ taskArn, drainRequested }) => (drainRequested ? taskArn : null) ?? [],
          ),
      );
      const staying = ecs
        .ours()
        .filter(
          (task) => ecs.wanted(task) && !drainRequested.has(task.taskArn) && !task.rival,
        ).length;
      const isAbove = staying > cap() && world.life() !== null;
      if (!isAbove || !judge.judges('capExceeded lasting', { 'it may not list': blind })) {
        aboveCapSince = null;
        return;
      }
      aboveCapSince ??= now;
      const since = Math.max(aboveCapSince, faultsEndAt);
      if (now - since > inventoryLimit)
        broken('capExceeded', `${staying} tasks for ${now - since} ms, ${cap()} allowed`);
    },

    counted(census: Census) {
      settlement.owners(census);
      if (!census.totalsAreSums)
        broken('miscounted', 'the totals of the fleet manager are not the sums over its cohorts');
    },
    /** Why things are not yet as they should be for good; null when they are. */
    unsettled(): Trouble | null {
      const life = world.life();
      const census = world.census();
      if (!life || !census) return { invariant: 'stuck', says: 'no daemon runs' };
      const { ledger } = life.journal ?? {};
      const { generation, silentWhenMet } = scheduler.release();
      const isByUnits = ['g1', 'g1b', 'g2'].includes(generation);
      const isSilent = silentWhenMet || isByUnits || !isServable();
      if ((goal === null && !isSilent) || echoedAt === null)
        return {
          invariant: 'stuck',
          says: `not heard of the scheduler, session ${census.session}`,
        };
      const owned = new Set(census.groups.flatMap(({ taskArn }) => taskArn ?? []));
      const alive = ecs.ours();
      const stray = alive.find(({ taskArn }) => !owned.has(taskArn));
      if (stray)
        return { invariant: 'leaked', says: `${short(stray.taskArn)} belongs to no group` };
      if (alive.length > cap())
        return { invariant: 'capExceeded', says: `${alive.length} tasks, ${cap()} allowed` };
      const dead = census.groups.find(
        ({ taskArn }) => taskArn !== null && !alive.some((task) => task.taskArn === taskArn),
      );
      if (dead) return { invariant: 'lost', says: `${dead.groupId} has no task any more` };
      const odd = census.groups.find(
        ({ state, taskArn }) =>
          state !== 'running' &&
          !(state === 'provisioning' && ecs.tasks.get(taskArn ?? '')?.isStrange()),
      );
      if (odd) return units.unsteady(odd);
      const [launch] = census.launches;
      if (launch) return { invariant: 'stuck', says: `launch ${launch.label} is ${launch.state}` };
      if (census.lifecycle !== 'active')
        return { invariant: 'stuck', says: `manager ${census.lifecycle}` };
      if (!census.session.startsWith('online.'))
        return { invariant: 'stuck', says: `session ${census.session}` };
      if (!isServable()) return null;
      if (isByUnits) {
        const unmet = units.unmet(world.identity());
        if (unmet) return unmet;
      }
      // What was said last is old where nothing is said because it is met.
      const isMet = silentWhenMet && scheduler.wouldSay(world.identity()).length === 0;
      const isLimited = money.excuse(census, alive.length, goal ?? 0);
      const isOther =
        goal !== null &&
        // Without the monitor stream every task counts as one that is launched now.
        (isMixed() && settings.monitored
          ? scaling.areOther(alive, askedWorkers, cap())
          : scaling.isOther(alive.length, goal, askedWorkers, cap()));
      if (!isByUnits && !isMet && !isLimited && !units.isUnits() && isOther)
        return { invariant: 'lost', says: `${alive.length} tasks, ${goal} wanted` };
      // Workers have connected, or work has ended, since its last command.
      if (!isByUnits && !isMet && isGoalOld())
        return { invariant: 'lost', says: 'another number is about to be wanted', isDue: true };
      if (!alive.every((task) => scheduler.connected.has(task)))
        return { invariant: 'lost', says: 'a task has no workers' };
      const written = new Set(ledger?.groups().map(({ taskArn }) => taskArn));
      if (written.size !== owned.size || ![...owned].every((arn) => written.has(arn)))
        return { invariant: 'leaked', says: 'the ledger and the groups differ' };
      const [open] = ledger?.openLaunches() ?? [];
      if (open) return { invariant: 'stuck', says: `launch ${open.label} is open in the ledger` };
      return null;
    },

    endingMs: units.endingMs,

    /** Where the scheduler counts workers among ours that we leave alone, it asks for more as soon as it has what it asked for. */
    isToRest: () =>
      judge.judges('restless', {
        'another manager left tasks that are counted as ours': rivals.some(
          (task) => !task.ours && scheduler.connected.has(task),
        ),
      }),

    /** At rest, for good. */
    settled(countability: Countability) {
      judge.judged('restless');
      money.settled(world.census(), countability);
    },

    stoppedAgain: stops.stoppedAgain,
    leftBehind: (life: Life, end: LifeEnd) => settlement.leftBehind(life, end, inventoried),
  };
};

export type Invariants = ReturnType<typeof createInvariants>;
