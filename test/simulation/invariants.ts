import { echoLimit } from '../../machines/scheduler/session.ts';
import type { DesiredRequest } from '../../machines/shared/domain.ts';
import type { Agenda } from './agenda.ts';
import type { Census } from './census.ts';
import type { Disk } from './disk.ts';
import type { Ecs, ModelTask } from './ecs.ts';
import type { Life } from './life.ts';
import { createManners } from './limits.ts';
import type { Scheduler, Work } from './scheduler.ts';
import type { SimulationSettings } from './script.ts';

/** What a seed can be found guilty of. */
export const promiseNames = [
  'leaked',
  'lost',
  'duplicated',
  'capExceeded',
  'overLaunched',
  'hammered',
  'stoppedForeign',
  'stoppedInVain',
  'stoppedTooMany',
  'stoppedBusy',
  'gaveUpAlive',
  'launchedUnheard',
  'launchedUnrecovered',
  'unjournaled',
  'tokenReused',
  'stuck',
  'unstable',
  'leftUnsaid',
  'crashed',
] as const;
export type PromiseName = (typeof promiseNames)[number];

export interface Violation {
  promise: PromiseName;
  /** Seconds from the beginning. */
  at: number;
  says: string;
}

export interface Watched {
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  scheduler: Scheduler;
  settings: SimulationSettings;
  life(): Life | null;
  census(): Census | null;
  broken(promise: PromiseName, says: string): void;
  /** Runs when everything that the present event set off has come to rest. */
  afterwards(check: () => void): void;
}

/** ECS is looked at every so often, and tells of a moment ago. */
const noticeMs = 10_000;
/** A tick is a second; a decision may be that much behind the time. */
const tickSlack = 1000;
/** The monitor stream speaks once a second; what it has said for so long is known. */
const knownMs = 4000;
/** A look that fails is answered so late at the latest, and then one more is due, ms. */
const unseenMs = 20_000;
/** The same when it is asked again and again, with pauses in between. */
const longUnseenMs = 60_000;
export const sweepLimit = 60_000;
/** From the decision that a task must go to the first StopTask, ms, at the most: calls wait for their turn. */
const decidedMs = 15_000;

/** What must hold at every moment, watched from outside. */
export const createPromises = (world: Watched) => {
  const manners = createManners(world);
  const { agenda, ecs, disk, scheduler, settings, broken } = world;
  const cap = settings.maxTasks ?? Number.POSITIVE_INFINITY;
  const decidedAt = new Map<string, number>();

  /** Of the present life. */
  let heardAt: number | null = null;
  let echoedAt: number | null = null;
  let goal: number | null = null;
  /** All goals since decidedMs ago, and the one before them. */
  let goals: { until: number; goal: number }[] = [];
  let emptySince: number | null = null;
  let surveyed = false;
  let blind = false;

  /** When the journal was lost last, and whether no list has been complete since. */
  let lostAt = Number.NEGATIVE_INFINITY;
  let unknown = true;

  /** When there last was a reason to stop any group; and to stop all, however many are wanted. */
  let reasonAt = Number.NEGATIVE_INFINITY;
  let endAt = Number.NEGATIVE_INFINITY;
  /** When DescribeTasks last went wrong: a death that is not told cannot be known. */
  let unseenAt = Number.NEGATIVE_INFINITY;
  let aboveCapSince: number | null = null;
  let excusedAboveCap = false;

  const short = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1).replace(/^0+/, '#');

  /** Groups that the daemon may take for serving; it learns of a death a little later, and of none while it may not look. */
  const serving = (): number => {
    const now = agenda.now();
    const owned =
      now - unseenAt < unseenMs ? world.census()?.groups.map(({ taskArn }) => taskArn) : [];
    let count = 0;
    for (const task of ecs.tasks.values()) {
      if (!task.ours || task.runningAt === null) continue;
      const known = task.endingAt !== null && now - task.endingAt > noticeMs;
      if (known && !owned?.includes(task.taskArn)) continue;
      count++;
    }
    return count;
  };

  const standing = (): number => ecs.ours().filter((task) => ecs.wanted(task)).length;

  /** Tasks that open launches have asked for and that are not there yet. */
  const coming = (): number => {
    let count = 0;
    for (const launch of world.life()?.journal?.ledger.openLaunches() ?? []) {
      const there = [...ecs.tasks.values()].filter(({ label }) => label === launch.label).length;
      count += Math.max(0, launch.count - there);
    }
    return count;
  };

  const look = (): void => {
    const life = world.life();
    const now = agenda.now();
    if (!life) return;
    const quiet = now - (echoedAt ?? life.startedAt);
    const all =
      life.stopAskedAt !== null ||
      goal === 0 ||
      quiet >= settings.schedulerGraceSeconds * 1000 - tickSlack ||
      (emptySince !== null && now - emptySince >= 60_000 - tickSlack);
    if (all) endAt = now;
    if (all || (goal !== null && goal < serving()) || standing() > cap) reasonAt = now;
  };

  /** The least that was wanted while a stop may have been decided that is asked for now. */
  const leastWanted = (): number =>
    Math.min(
      goal ?? 0,
      ...goals.filter(({ until }) => agenda.now() - until < decidedMs).map((each) => each.goal),
    );

  /** Groups that the daemon may count on, when it has just stopped one. */
  const remaining = (): number =>
    [...ecs.tasks.values()].filter(
      ({ ours, stopAskedAt, endingAt }) =>
        ours &&
        // What a life before asked for and ECS never heard is forgotten.
        (stopAskedAt === null ||
          (endingAt === null && stopAskedAt < (world.life()?.startedAt ?? 0))) &&
        (endingAt === null || agenda.now() - endingAt < unseenMs),
    ).length;

  /** What a silent stream has not told, nobody can know. */
  const isKnown = ({ since }: Work): boolean => since !== null && agenda.now() - since > knownMs;

  /** A group that stays and has nothing to do, as everybody has known for a while. */
  const idler = (): string | undefined => {
    const life = world.life();
    const now = agenda.now();
    const heardSince = life && scheduler.heardSince(life.owner);
    if (heardSince === null || heardSince === undefined || now - heardSince < knownMs) return;
    return world.census()?.groups.find(({ taskArn, state, drainRequested, registered }) => {
      const task = ecs.tasks.get(taskArn ?? '');
      const work = task && scheduler.work.get(task);
      return (
        state === 'running' && !drainRequested && registered && work?.tasks === 0 && isKnown(work)
      );
    })?.groupId;
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
    if (!surveyed && !blind) broken('launchedUnrecovered', `${label} before any list was complete`);
    // No journal that knows all, and no right to list: nobody can promise anything.
    if (blind && unknown) excusedAboveCap = true;
    world.afterwards(() => {
      const census = world.census();
      if (!census || goal === null) return;
      const staying = census.groups.filter(({ drainRequested }) => !drainRequested).length;
      if (staying > goal) broken('overLaunched', `${staying} groups, ${goal} wanted: ${label}`);
      if (census.groups.length > cap && !excusedAboveCap)
        broken('capExceeded', `${census.groups.length} groups, ${cap} allowed: ${label}`);
    });
  };

  return {
    recorded: manners.recorded,
    unsent: manners.unsent,
    born() {
      manners.born();
      heardAt = null;
      echoedAt = null;
      goal = null;
      goals = [];
      emptySince = null;
      surveyed = false;
      blind = false;
    },
    journalLost() {
      lostAt = agenda.now();
      unknown = true;
    },
    goal: () => goal,
    blind: () => blind,
    echoed() {
      echoedAt = agenda.now();
    },
    commanded(requests: DesiredRequest[]) {
      heardAt = agenda.now();
      if (requests.length === 0) emptySince ??= heardAt;
      else {
        emptySince = null;
        const workers = requests.reduce((sum, { taskConcurrency }) => sum + taskConcurrency, 0);
        if (goal !== null) goals.push({ until: heardAt, goal });
        goals = goals.filter(({ until }) => agenda.now() - until < decidedMs);
        goal = Math.min(cap, Math.ceil(workers / settings.workersPerTask));
      }
      look();
    },
    surveyed() {
      surveyed = true;
      unknown = false;
      blind = false;
      excusedAboveCap = false;
      // What is being stopped is in no list; without the journal nobody knows of it, and it costs a little longer.
      const { ledger } = world.life()?.journal ?? {};
      for (const task of ecs.ours())
        if (!ecs.wanted(task) && ledger?.owner(task.taskArn) === undefined) task.ghost = true;
    },
    surveyFailed(denied: boolean) {
      blind ||= denied;
    },
    look,
    launched,
    unseen() {
      unseenAt = agenda.now();
    },

    runTaskSent(label: string | null) {
      if (label === null || !disk.holds(label))
        broken('unjournaled', `RunTask ${label} is not on the disk`);
    },

    stopTaskSent(taskArn: string) {
      const task = ecs.tasks.get(taskArn);
      if (!task?.ours) return broken('stoppedForeign', `StopTask ${short(taskArn)}`);
      if (task.stopAskedAt !== null) return;
      const now = agenda.now();
      task.stopAskedAt = now;
      const since = decidedAt.get(task.label ?? '') ?? task.createdAt;
      look();
      // What launches under way may still start counts, too, when there are more than are allowed.
      const believed = now - unseenAt < unseenMs ? (world.census()?.groups.length ?? 0) : 0;
      const crowded = Math.max(standing() + coming(), believed) > cap;
      if (task.doomed) return;
      const work = scheduler.work.get(task);
      if (work && work.tasks > 0 && isKnown(work) && !crowded) {
        const idle = idler();
        if (idle !== undefined)
          broken(
            'stoppedBusy',
            `StopTask ${short(taskArn)} has ${work.tasks} to do, ${idle} has none`,
          );
      }
      const deadline = settings.startDeadlineSeconds * 1000 - tickSlack;
      const startedLate = (task.runningAt ?? now) - since >= deadline - noticeMs;
      // With the monitor stream, to start means that its workers are known; and to be deserted is to fail.
      const deaf =
        settings.monitored &&
        now - since >= deadline &&
        !((scheduler.connected.get(task) ?? now) - since < deadline - noticeMs);
      if (startedLate || deaf || crowded) return;
      const least = leastWanted();
      const left = remaining();
      if (left < least && now - endAt > decidedMs && now - unseenAt > longUnseenMs)
        broken('stoppedTooMany', `StopTask ${short(taskArn)}: ${left} left, ${least} wanted`);
      if (reasonAt >= since) return;
      broken(
        'stoppedInVain',
        `StopTask ${short(taskArn)}, ${goal} wanted, ${serving()} serving, it is ${now - since} ms old`,
      );
    },

    ended(taskArn: string, cause: string) {
      const task = ecs.tasks.get(taskArn);
      if (task && ecs.wanted(task))
        broken('gaveUpAlive', `${short(taskArn)} lives, and its group ended: ${cause}`);
    },

    created(task: ModelTask) {
      if (!task.ours) return;
      // Sent by a life whose journal is gone: nobody can know of it yet.
      if (task.label !== null && task.askedAt < lostAt) task.ghost = true;
      const bought = ecs.ours().filter(({ ghost }) => !ghost).length;
      if (bought > cap && !excusedAboveCap)
        broken('capExceeded', `${bought} tasks bought, ${cap} allowed: ${task.label}`);
    },

    /** Once a second: what ECS itself doubled must be swept. */
    sweep(faultsEndAt: number) {
      look();
      const now = agenda.now();
      // Who waits for an idle moment is on its way out, and its wait is bounded.
      const drainRequested = new Set(
        world
          .census()
          ?.groups.flatMap(
            ({ taskArn, drainRequested }) => (drainRequested ? taskArn : null) ?? [],
          ),
      );
      const staying = ecs
        .ours()
        .filter((task) => ecs.wanted(task) && !drainRequested.has(task.taskArn)).length;
      if (staying <= cap || !world.life() || blind) {
        aboveCapSince = null;
        return;
      }
      aboveCapSince ??= now;
      const since = Math.max(aboveCapSince, faultsEndAt);
      if (now - since > sweepLimit)
        broken('capExceeded', `${staying} tasks for ${now - since} ms, ${cap} allowed`);
    },

    owners(census: Census) {
      const owner = new Map<string, string>();
      for (const { taskArn, groupId } of census.groups) {
        if (taskArn === null) continue;
        const other = owner.get(taskArn);
        if (other !== undefined)
          broken('duplicated', `${short(taskArn)} belongs to ${other} and ${groupId}`);
        owner.set(taskArn, groupId);
      }
    },

    /** Why things are not yet as they should be for good; null when they are. */
    unsettled(): { promise: PromiseName; says: string } | null {
      const life = world.life();
      const census = world.census();
      if (!life || !census) return { promise: 'stuck', says: 'no daemon runs' };
      const { ledger } = life.journal ?? {};
      if (goal === null || echoedAt === null)
        return { promise: 'stuck', says: `not heard of the scheduler, session ${census.session}` };
      const owned = new Set(census.groups.flatMap(({ taskArn }) => taskArn ?? []));
      const alive = ecs.ours();
      const stray = alive.find(({ taskArn }) => !owned.has(taskArn));
      if (stray) return { promise: 'leaked', says: `${short(stray.taskArn)} belongs to no group` };
      if (alive.length > cap)
        return { promise: 'capExceeded', says: `${alive.length} tasks, ${cap} allowed` };
      const dead = census.groups.find(
        ({ taskArn }) => taskArn !== null && !alive.some((task) => task.taskArn === taskArn),
      );
      if (dead) return { promise: 'lost', says: `${dead.groupId} has no task any more` };
      const odd = census.groups.find(({ state }) => state !== 'running');
      if (odd) return { promise: 'stuck', says: `${odd.groupId} is ${odd.state}` };
      const [launch] = census.launches;
      if (launch) return { promise: 'stuck', says: `launch ${launch.label} is ${launch.state}` };
      if (census.lifecycle !== 'active')
        return { promise: 'stuck', says: `manager ${census.lifecycle}` };
      if (!census.session.startsWith('online.'))
        return { promise: 'stuck', says: `session ${census.session}` };
      if (alive.length !== goal)
        return { promise: 'lost', says: `${alive.length} tasks, ${goal} wanted` };
      if (!alive.every((task) => scheduler.connected.has(task)))
        return { promise: 'lost', says: 'a task has no workers' };
      const written = new Set(ledger?.groups().map(({ taskArn }) => taskArn));
      if (written.size !== owned.size || ![...owned].every((arn) => written.has(arn)))
        return { promise: 'leaked', says: 'the ledger and the groups differ' };
      const [open] = ledger?.openLaunches() ?? [];
      if (open) return { promise: 'stuck', says: `launch ${open.label} is open in the ledger` };
      return null;
    },

    /** After an orderly end: whatever is left was said. */
    leftBehind(life: Life) {
      const { ledger } = life.journal ?? {};
      if (!ledger || ledger.openLaunches().length > 0) return;
      const said = new Set(ledger.groups().map(({ taskArn }) => taskArn));
      const unsaid = ecs
        .ours()
        .find((task) => ecs.wanted(task) && !task.ghost && !said.has(task.taskArn));
      if (unsaid && surveyed) broken('leftUnsaid', `${short(unsaid.taskArn)} still runs`);
    },
  };
};

export type Promises = ReturnType<typeof createPromises>;
