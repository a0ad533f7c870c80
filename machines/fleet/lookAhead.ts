import type { WorkView } from '../scheduler/messages.ts';
import { comparableViewMs, workStaleMs } from '../shared/timing.ts';

/**
 * What the scheduler's default policy asks of a manager while a worker has more tasks than `upperRatio` is one worker
 * more than are connected, so a fleet grows by one Fargate task per boot. The size at which it stops asking follows
 * from the tasks that the scheduler holds: this file computes it.
 *
 * It is proven for that policy (`vanilla`) alone, from its formula: workers fewer than tasks / 10 are too few to it,
 * workers more than tasks are too many, so ceil(tasks / n) workers with n from 1 to 10 are neither. The `capability`
 * and `waterfall` policies ask for their whole number at once, whatever is connected: there is nothing to look ahead
 * for. A policy does not name itself, so a command counts as vanilla's only if it is what vanilla's formula gives.
 */

/** The ratio of tasks to workers above which the policy wants one worker more, and below which it wants fewer. */
const upperRatio = 10;
const lowerRatio = 1;

/** What the scheduler asked last. */
export interface Ask {
  /** Milliseconds since the epoch. */
  at: number;
  workers: number;
  /** One request, without capabilities: the only form that vanilla has. */
  isPlain: boolean;
  /** As many as the manager advertises: any policy that wants more asks for that. */
  isCapped: boolean;
  /** What the stream has shown around its time: see viewsBefore; and the first view after it. */
  around: WorkView[];
}

/** What the commands so far say of the policy. */
export interface PolicyEvidence {
  /** How many commands in a row were not what vanilla's formula gives. */
  mismatches: number;
  /** They were too many: nothing is looked ahead for on this connection. */
  isOther: boolean;
}

export const noEvidence: PolicyEvidence = { mismatches: 0, isOther: false };

/** The last two views of the scheduler's work. */
export interface Views {
  last: WorkView | null;
  before: WorkView | null;
}

export const noViews: Views = { last: null, before: null };

type Load = Pick<WorkView, 'tasks' | 'workers' | 'own'>;

/** What vanilla asks of a manager with `own` connected workers. `capacity`: what the manager advertises, in workers. */
export function vanillaAsk({ tasks, workers, own }: Load, capacity: number): number {
  // Without workers it is infinite; without tasks as well it is no number, and neither limit is passed.
  const ratio = tasks / workers;
  const asked =
    ratio > upperRatio
      ? own + 1
      : ratio < lowerRatio
        ? tasks === 0
          ? 0
          : Math.max(1, Math.ceil(tasks / upperRatio))
        : own;
  return Math.max(0, Math.min(asked, capacity));
}

export const isCurrent = ({ at, everyMs }: WorkView, now: number): boolean =>
  now - at <= Math.max(workStaleMs, 2.5 * (everyMs ?? 0));

const mismatchesToGiveUp = 3;

const withMismatch = ({ mismatches }: PolicyEvidence): PolicyEvidence => ({
  ...{ mismatches: mismatches + 1, isOther: mismatches + 1 >= mismatchesToGiveUp },
});

/** Vanilla asks for one worker more than are connected, or for a tenth of what there is to do for fewer tasks than workers. */
const mostOfVanilla = (own: number, workers: number): number =>
  Math.max(own + 1, Math.ceil(workers / upperRatio));

/**
 * What a command adds to the evidence. While the fleet is changing, or when the last view is old, the views do not show
 * what vanilla would have asked. Then a command changes the evidence only if it asks for more than vanilla could ask with
 * every worker of ours connected, those that boot included (`living`: so many at the most): that is a mismatch.
 */
export function judge(
  evidence: PolicyEvidence,
  { last, before }: Views,
  { workers: asked, isPlain }: Pick<Ask, 'workers' | 'isPlain'>,
  { capacity, living, now }: { capacity: number; living: number; now: number },
): PolicyEvidence {
  if (evidence.isOther || last === null || before === null) return evidence;
  const isSteady = last.workers === before.workers && last.own === before.own;
  if (!isSteady || now - last.at > comparableViewMs) {
    // Workers of groups that have just ended may count still.
    const own = Math.max(living, last.own, before.own);
    const workers = own + Math.max(last.workers - last.own, before.workers - before.own);
    return asked > mostOfVanilla(own, workers) ? withMismatch(evidence) : evidence;
  }
  const drift = Math.abs(last.tasks - before.tasks);
  const possible = [last.tasks - drift, last.tasks, last.tasks + drift].map((tasks) =>
    vanillaAsk({ ...last, tasks: Math.max(0, tasks) }, capacity),
  );
  const isVanilla = isPlain && asked >= Math.min(...possible) && asked <= Math.max(...possible);
  if (isVanilla) return asked < capacity ? noEvidence : evidence;
  return withMismatch(evidence);
}

/**
 * The views that a command may be made from: the last one before it; and the one before that, if the last one has come so
 * lately that the command may be older. Where reports come seldom, what they showed earlier has nothing to do with it.
 */
export function viewsBefore({ last, before }: Views, at: number): WorkView[] {
  if (last === null) return [];
  return before !== null && at - last.at <= comparableViewMs ? [before, last] : [last];
}

/** A view that has come: it may be the first after the command. */
export function seenAfter(ask: Ask | null, view: WorkView): Ask | null {
  if (ask === null || ask.around.some(({ at }) => at > ask.at)) return ask;
  return { ...ask, around: [...ask.around, view] };
}

/**
 * The command is for one worker more than were connected when it was made, and that many were too few to vanilla. It
 * was made at one of the views around its time, or in between.
 */
function isOneMore({ workers: asked, around }: Ask): boolean {
  const ownThen = asked - 1;
  const own = around.map((view) => view.own);
  if (ownThen < Math.min(...own) || ownThen > Math.max(...own)) return false;
  const others = Math.min(...around.map((view) => view.workers - view.own));
  const tasks = Math.max(...around.map((view) => view.tasks));
  return tasks > upperRatio * (ownThen + others);
}

export interface LookAheadInput {
  ask: Ask;
  views: Views;
  evidence: PolicyEvidence;
  /** The scheduler answers, and names desired counts. */
  isDeclarative: boolean;
  /** A command older than this, ms, would have been repeated. */
  askLimitMs: number;
  /** What the manager advertises, in workers. */
  capacity: number;
  /** From 1 to 10; null: switched off. */
  tasksPerWorker: number | null;
  now: number;
}

/**
 * How many workers of this manager the work needs, where that is more than the scheduler asks for and the scheduler
 * asks for more than are connected; null: nothing is looked ahead for.
 */
export function workersAhead(input: LookAheadInput): number | null {
  const { ask, views, evidence, isDeclarative, askLimitMs, capacity, tasksPerWorker, now } = input;
  const { last } = views;
  if (tasksPerWorker === null || !isDeclarative || !ask.isPlain) return null;
  // A command of another policy, too, may by chance be one worker more than were connected.
  if (evidence.isOther || evidence.mismatches > 0) return null;
  if (ask.isCapped || now - ask.at > askLimitMs) return null;
  if (last === null || !isCurrent(last, now) || last.otherManagers > 0) return null;
  const { tasks, workers, own } = last;
  if (tasks <= upperRatio * workers || !isOneMore(ask)) return null;
  const needed = Math.min(capacity, Math.ceil(tasks / tasksPerWorker) - (workers - own));
  return needed > ask.workers ? needed : null;
}

/**
 * Workers that boot are of use while there are more tasks than connected workers that live; null: not known. `living`:
 * workers of our groups that have not ended, at the most. Until the scheduler misses their heartbeats it counts the
 * others as well.
 */
export function usefulBooting({ last }: Views, living: number, now: number): number | null {
  if (last === null || !isCurrent(last, now)) return null;
  const dead = Math.max(0, last.own - living);
  return Math.max(0, last.tasks - (last.workers - dead));
}
