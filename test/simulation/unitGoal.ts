import type {
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import { speaksGroups } from '../../machines/scheduler/messages.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import type { Census } from './census.ts';
import type { ModelTask } from './ecs.ts';
import { saysItsManager } from './scheduler/releases.ts';
import type { Trouble, Watched } from './watched.ts';

/** A worker that was named counts as named for so long, ms; and a stop may follow a little later. */
const namedMs = 30_000;
const decidedMs = 15_000;
/** A group that its scheduler was never told of is stopped after a minute, or when all is calm for half of that, ms. */
const untoldMs = 25_000;
/** No answer takes longer, ms. */
const answeredMs = 12_000;
/** A death that the scheduler does not know of yet, ms. */
const unnoticedMs = 60_000;

/** How many groups there were when one more was asked for. */
export interface Grant {
  base: number;
  /** Groups found and adopted since: the scheduler had counted their workers when it asked for one more. */
  adopted: number;
  /**
   * It was refused, with so many groups connected: if its group comes after all, it is the answer to the next start,
   * unless more are connected by then. Null: it was not refused.
   */
  refusedAt: number | null;
  /** It came on a connection that is gone: the next start is another one. */
  isOver: boolean;
  /** The launch that this start has led to; null: none yet. */
  label: string | null;
}

/**
 * What a scheduler that asks for units one by one has asked for: there is no number that is desired, so the invariants
 * mean this.
 *
 * overLaunched: a launch needs a start that has come and was neither answered with success nor called off, and it
 * leaves at most one group more than there were when that start came. A start that is repeated meanwhile is the same
 * one, however many heartbeats that takes. A group that is found meanwhile is none that was asked for. So the groups launched are never more than the starts that were not refused;
 * a group that dies is not replaced, because the scheduler would ask for it again.
 * stoppedInVain: a group is stopped only if the scheduler named it, or all of its workers, or one at a time some of
 * them while none has a task, as long as no list came; if the scheduler does not know it and could never name it; or for a reason of the daemon's own.
 * stoppedTooMany: a list of all workers that may go says which the scheduler keeps. As many groups are left as have no
 * worker in it, and one at least if it leaves out any worker; whatever earlier lists named.
 * lost, at rest: the scheduler asks for no start, and names no group and no whole group's workers, so all that it
 * asked for is there, and all whose end it asked for is gone.
 */
export function createUnitGoal(world: Watched, isJustBack: () => boolean) {
  const { agenda, ecs, scheduler, settings } = world;
  const { workersPerTask } = settings;
  let isUnits = false;
  let grant: Grant | null = null;
  let asked = new Set<string>();
  /** Groups of a scheduler of groups that were adopted, and when. */
  let found = new Map<string, number>();
  /** On this connection it has named all workers that may go: the others are kept. */
  let hasNamedLists = false;
  /** By Fargate task, its workers that were named, and when. */
  let named = new Map<ModelTask, Map<string, number>>();
  /** Of how many of our groups the last lists named no worker; at least one group, if they did not name all workers. */
  let keeps: { at: number; groups: number }[] = [];

  /** It has done so, or its YMQ has a magic, which no release has that names one at a time. */
  const namesLists = (): boolean => hasNamedLists || (scheduler.magic() ?? 0) > 0;

  const ourTask = (taskId: string): ModelTask | undefined =>
    ecs.ours().find(({ taskArn }) => taskIdOf(taskArn) === taskId);

  const isLaunchedFor = (given: Grant | null, task: ModelTask | undefined): boolean =>
    given !== null && given.label !== null && task?.label === given.label;

  /** A group that waits for an idle moment to leave may be had back: the scheduler counts it still. */
  const groupsStaying = (): number =>
    world.census()?.groups.filter(({ drainRequested, taskArn }) => {
      const task = ecs.tasks.get(taskArn ?? '');
      return !drainRequested || (task !== undefined && task.stopAskedAt === null);
    }).length ?? 0;

  /**
   * Launched for a scheduler of the oldest generation, and now at one of a later generation. Its workers say neither
   * their manager nor their Fargate task, so that scheduler counts them as no manager's, asks for others and never names
   * them; and nothing that it shows tells which task they are in, or what that has to do. To the daemon such a task is
   * like one whose workers have never come, and it ends like one, at work or not.
   */
  const isUncounted = ({ worker }: ModelTask): boolean =>
    scheduler.groups() === null &&
    scheduler.release().generation !== 'g1' &&
    !saysItsManager(worker, scheduler.release());

  const serving = (): ModelTask[] =>
    [...scheduler.connected.keys()].filter(
      (task) => task.ours && task.stopAskedAt === null && !isUncounted(task),
    );

  function isIdle(task: ModelTask): boolean {
    return settings.monitored && (scheduler.work.get(task)?.tasks ?? 0) === 0;
  }

  function allNamed(task: ModelTask, workers: ReadonlyMap<string, number>): boolean {
    const now = agenda.now();
    const recent = [...workers.values()].filter((at) => now - at <= namedMs + decidedMs).length;
    // A worker that has died is not there to be named; nothing starts it again.
    return (
      recent >= scheduler.workerIdsOf(task).length || (!namesLists() && recent > 0 && isIdle(task))
    );
  }

  /** Takes note of the tasks whose end the named workers have come to mean. */
  function learn(): void {
    for (const [task, workers] of named) if (allNamed(task, workers)) asked.add(task.taskArn);
  }

  function onWorkersNamed(workerIds: readonly string[]): void {
    hasNamedLists ||= workerIds.length > 1;
    if (namesLists()) named = new Map();
    for (const task of ecs.ours()) {
      const own = scheduler.workerIdsOf(task).filter((id) => workerIds.includes(id));
      if (own.length === 0) continue;
      const workers = named.get(task) ?? new Map<string, number>();
      for (const id of own) workers.set(id, agenda.now());
      named.set(task, workers);
    }
    keeps = keeps.filter(({ at }) => agenda.now() - at <= namedMs + decidedMs);
    const whole = serving().filter(
      (task) => !scheduler.workerIdsOf(task).some((id) => workerIds.includes(id)),
    );
    const isAnyKept = serving().flatMap(scheduler.workerIdsOf).length > workerIds.length;
    keeps.push({ at: agenda.now(), groups: Math.max(whole.length, isAnyKept ? 1 : 0) });
    learn();
  }

  /** Repeated, it is the same start; as the first one or after one that was granted, it is another. */
  function onStart(): Grant {
    const fresh = {
      base: groupsStaying(),
      adopted: 0,
      refusedAt: null,
      isOver: false,
      label: null,
    };
    if (grant === null || grant.isOver) return fresh;
    const { label, refusedAt } = grant;
    if (refusedAt === null) return grant;
    const isServing = serving().some((task) => task.label === label);
    const isGrown = settings.monitored && serving().length > refusedAt;
    return label === null || isServing || isGrown ? fresh : { ...grant, refusedAt: null };
  }

  function told(generation: Generation, message: SchedulerMessage): void {
    if (message.type === 'desired') {
      isUnits = false;
      return;
    }
    // It says as well what it desires.
    if (generation === 'g23') return;
    if (message.type === 'start') {
      isUnits = true;
      grant = onStart();
    } else if (message.type === 'shutdown') {
      isUnits = true;
      if (message.groupId === null) {
        grant = null;
        // Without its clients a scheduler wants to keep no worker: that is no wish to obey.
        if (!isJustBack()) onWorkersNamed(message.workerIds);
      } else {
        const task = ourTask(message.groupId.replace(/^ecs-/, ''));
        if (task) {
          grant = null;
          asked.add(task.taskArn);
        }
      }
    }
  }

  function said(message: OutgoingMessage): void {
    if (message.type !== 'response' || message.response.command !== 'start') return;
    // Refused, one of workers stays open: some releases ask for nothing until it was granted after all.
    const { outcome, groupId } = message.response;
    // Known to the scheduler, one that was found is no answer: the group that was launched for this start is, also where the answer names none.
    const answers = groupId === '' ? ecs.ours() : [ourTask(groupId.replace(/^ecs-/, ''))];
    const isLaunched = answers.some((task) => isLaunchedFor(grant, task));
    if (outcome === 'success' && grant !== null && grant.adopted > 0 && !isLaunched)
      grant = { ...grant, base: grant.base + 1, adopted: grant.adopted - 1 };
    else if (outcome === 'success') {
      // One that the scheduler knows already is told again first.
      if (!scheduler.groups()?.includes(groupId)) grant = null;
    } else if (grant !== null) grant = { ...grant, refusedAt: serving().length };
    // What is decided in the same moment was not refused yet.
    if (outcome === 'tooMany' && speaksGroups(message.generation))
      world.afterwards(() => {
        if (grant?.refusedAt !== null) grant = null;
      });
  }

  /** The scheduler has never heard of this group: it can never name it. */
  function isUntold(task: ModelTask): boolean {
    // One that was found after a refused start passes for the task of that start, if no monitor stream tells better.
    const foundAt = found.get(task.taskArn);
    if (foundAt !== undefined && !settings.monitored && agenda.now() - foundAt > unnoticedMs - 5000)
      return true;
    const groups = scheduler.groups();
    const isCalm = settings.monitored && scheduler.demand() === 0;
    if (groups === null || (!isCalm && agenda.now() - task.createdAt < untoldMs)) return false;
    return !groups.includes(`ecs-${taskIdOf(task.taskArn)}`);
  }

  /**
   * Some releases name one worker at a time, and the same one until its task has ended: one of a group at work, though
   * others are idle. Such a group ends at its next idle moment, however late, and then the next one is named.
   */
  const isOneByOne = (): boolean => scheduler.release().names === 'one';

  /** So long it may take until the present tasks have ended, ms: each only after a report that shows it idle. */
  const endingMs = (): number =>
    isOneByOne() && settings.monitored ? 1000 * settings.reportEverySeconds * ecs.ours().length : 0;

  return {
    endingMs,
    born(): void {
      isUnits = false;
      grant = null;
      asked = new Set();
      found = new Map();
      named = new Map();
      keeps = [];
      // Its connection is a new one, whatever has become of the one before.
      hasNamedLists = false;
    },
    /** The scheduler asks for units; else it says how many it desires, or nothing yet. */
    isUnits: () => isUnits,
    told,
    said,
    closed(): void {
      hasNamedLists = false;
      if (grant !== null) grant = { ...grant, isOver: true };
    },
    learn,

    /** The start that is open now. */
    grant: () => grant,
    launched(label: string): void {
      if (grant !== null) grant = { ...grant, label };
    },
    adopted(taskArn: string): void {
      if (scheduler.groups() !== null) found.set(taskArn, agenda.now());
      if (grant !== null) grant = { ...grant, adopted: grant.adopted + 1 };
    },

    /** Why a launch that leaves so many groups was not asked for; null: it was. */
    overLaunched(given: Grant | null, groups: number): string | null {
      if (given === null) return 'no start is open';
      const most = given.base + given.adopted + 1;
      return groups > most ? `${groups} groups, ${most} asked for` : null;
    },

    isAsked(task: ModelTask): boolean {
      learn();
      return asked.has(task.taskArn) || isUntold(task);
    },
    isUncounted,

    /** A group that does not serve, or not any more. */
    unsteady({ groupId, state, taskArn }: Census['groups'][number]): Trouble {
      const says = `${groupId} is ${state}`;
      return {
        invariant: 'stuck',
        says,
        isDue: (isOneByOne() || !namesLists()) && asked.has(taskArn ?? ''),
      };
    },

    /** Why the scheduler keeps more than are left once this one stops; null: it does not. */
    keepsMore(task: ModelTask): string | null {
      // Until it has named several at once, it may name one at a time, and does not say what it keeps.
      if (keeps.length === 0 || !namesLists()) return null;
      const now = agenda.now();
      const keep = Math.min(...keeps.map(({ groups }) => groups));
      const dying = [...ecs.tasks.values()].filter(
        ({ ours, stopAskedAt, endingAt }) =>
          ours && stopAskedAt === null && endingAt !== null && now - endingAt < unnoticedMs,
      );
      const left = serving().filter((each) => each !== task).length + dying.length;
      return left < keep ? `${left} groups left, ${keep} kept` : null;
    },

    /** What the scheduler still asks for. */
    unmet(identity: string): Trouble | null {
      const source = scheduler.source(identity);
      if (!source) return { invariant: 'stuck', says: 'the scheduler does not know this manager' };
      // What other managers have counts against our limit, or does not: it may be asked for, and is refused.
      const isFull = settings.maxTasks !== null && ecs.ours().length >= settings.maxTasks;
      const more = { invariant: 'lost', says: 'one more is asked for' } as const;
      if (source.waitsFor !== null && scheduler.release().waits) {
        const waited = agenda.now() - source.waitsSince;
        if (source.waitsFor.type === 'start' && !isFull) return more;
        if (waited > answeredMs)
          return {
            invariant: 'stuck',
            says: `the scheduler has waited ${waited} ms for an answer`,
          };
      }
      for (const command of scheduler.wouldSay(identity)) {
        if (command.type === 'start' && !isFull) return more;
        if (command.type !== 'shutdown') continue;
        if (command.groupId !== null)
          return { invariant: 'lost', says: `${command.groupId} is to end` };
        const whole = serving().find((task) => {
          const own = scheduler.workerIdsOf(task).filter((id) => command.workerIds.includes(id));
          return own.length === workersPerTask || (isOneByOne() && own.length > 0 && isIdle(task));
        });
        if (whole)
          return {
            invariant: 'lost',
            says: `${taskIdOf(whole.taskArn)} is to end`,
            // It stays while the scheduler may have come back just now, and what waits for its answer is not said again.
            isDue: isOneByOne() || isJustBack(),
          };
      }
      // No limit of ours keeps it from asking for what it wants, where the monitor stream shows what it counts.
      const unlimited = { ...source, cap: Number.POSITIVE_INFINITY };
      const isHeld = scheduler.wouldSayTo(unlimited).some(({ type }) => type === 'start');
      if (scheduler.groups() !== null && isHeld && settings.monitored && !isFull)
        return { invariant: 'lost', says: `no room for one more: ${source.cap} advertised` };
      // A scheduler of groups that was replaced can name none of these; only the monitor stream tells that all is calm.
      const untold = settings.monitored && scheduler.demand() === 0 && serving().find(isUntold);
      if (untold)
        return { invariant: 'leaked', says: `${taskIdOf(untold.taskArn)} is not known to anyone` };
      return null;
    },
  };
}

export type UnitGoal = ReturnType<typeof createUnitGoal>;
