import { type ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import { accountOf } from '../../shared/taskPlace.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import type { Clock } from '../systemClock.ts';
import { describePage } from './describeTasks.ts';
import { type OwnAccount, otherAccount } from './ownAccount.ts';
import { ownedTask, type TaggedTask, taggedTaskOf, undescribedTask } from './taggedTask.ts';
import { trackUndescribed, type UndescribedSince } from './undescribedTasks.ts';

/** Pauses before a listed task that is MISSING is described again, ms. ECS is eventually consistent. */
const describeAgainAfterMs = [1_000, 2_000];

interface ListDependencies {
  ecs: Pick<ECSClient, 'send'>;
  call: Call;
  cluster: string;
  clock: Clock;
  log: Log;
}

/** Where launches of earlier runs may have started tasks, too. */
interface Elsewhere {
  /** As it is known when a list begins. */
  places(): {
    /** ARNs of other clusters. */
    clusters: readonly string[];
    /** Other ownership tags. */
    tags: readonly string[];
  };
  ownAccount: OwnAccount;
}

/**
 * Returns a function that lists and describes all tasks of a cluster with the given `startedBy`. The list is
 * complete or the function rejects: the caller takes a task that is not on the list for dead. Rejects with an
 * EcsFailure (`unreachable` if the list is incomplete) or the signal's reason. A task that cannot be described yet is
 * on the list as `missing`, so that the others need not wait for it. A task that `isOwned` is listed and not
 * described: its group looks at it anyway.
 *
 * Tasks in the clusters or with the tags of `elsewhere` are on the list, too. A cluster of `elsewhere` that cannot be
 * listed (it is gone, of another account, denied, or has not answered five times in a row) is reported and left out:
 * what may run there must not hold up the fleet for ever.
 *
 * Remembers between calls since when a listed task could not be described, so use one instance per fleet.
 */
export function listTasks(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  clock: Clock,
  log: Log,
  elsewhere: Elsewhere = { places: () => ({ clusters: [], tags: [] }), ownAccount: () => null },
  isOwned: (taskArn: string) => boolean = () => false,
): (startedBy: string, signal: AbortSignal) => Promise<TaggedTask[]> {
  let undescribedSince: UndescribedSince = new Map();
  /** Lists in a row that a cluster has not answered. */
  const unanswered = new Map<string, number>();

  async function listIn(where: string, startedBy: string, signal: AbortSignal): Promise<Listed> {
    const dependencies = { ecs, call, cluster: where, clock, log };
    const parts: Promise<Listed>[] = [];
    const owned: TaggedTask[] = [];
    let unowned: string[] = [];
    const describe = (arns: string[]) => {
      const part = describeListed(dependencies, arns, startedBy, signal);
      // Waited for below, when all pages are listed.
      part.catch(() => {});
      parts.push(part);
    };
    await listArns(dependencies, startedBy, signal, (arns) => {
      owned.push(...arns.filter(isOwned).map((taskArn) => ownedTask(taskArn, startedBy)));
      unowned.push(...arns.filter((arn) => !isOwned(arn)));
      for (; unowned.length >= tasksPerPage; unowned = unowned.slice(tasksPerPage))
        describe(unowned.slice(0, tasksPerPage));
    });
    describe(unowned);
    const described = await Promise.all(parts);
    return {
      found: [...owned, ...described.flatMap(({ found }) => found)],
      undescribed: described.flatMap(({ undescribed }) => undescribed),
    };
  }

  async function listElsewhere(
    where: string,
    startedBy: string,
    signal: AbortSignal,
  ): Promise<Listed> {
    try {
      const other = otherAccount('ListTasks', accountOf(where), elsewhere.ownAccount());
      if (other) throw other;
      const listed = await listIn(where, startedBy, signal);
      unanswered.delete(where);
      return listed;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EcsFailure)) throw error;
      const before = unanswered.get(where) ?? 0;
      unanswered.set(where, before + 1);
      if (mayPass(error) && before + 1 < mostUnanswered) throw error;
      log.report('inventory.clusterLeftOut', { cluster: where, reason: error.message });
      return { found: [], undescribed: [] };
    }
  }

  async function listWith(
    tag: string,
    clusters: readonly string[],
    signal: AbortSignal,
  ): Promise<Listed[]> {
    const parts = [await listIn(cluster, tag, signal)];
    for (const where of clusters) parts.push(await listElsewhere(where, tag, signal));
    return parts;
  }

  return async (startedBy, signal) => {
    const { clusters, tags } = elsewhere.places();
    const parts = await listWith(startedBy, clusters, signal);
    for (const tag of tags)
      for (const { found, undescribed } of await listWith(tag, clusters, signal))
        parts.push({ undescribed, found: found.map((each) => ({ ...each, hasFormerTag: true })) });
    const undescribed = parts.flatMap((part) => part.undescribed);
    const { since, recent } = trackUndescribed(undescribedSince, undescribed, clock.now());
    undescribedSince = since;
    return [
      ...parts.flatMap(({ found }) => found),
      ...recent.map((taskArn) => undescribedTask(taskArn, startedBy)),
    ];
  };
}

/** So many lists in a row may fail because one cluster elsewhere does not answer. */
const mostUnanswered = 5;

/** Failures after which the same list may succeed by itself. */
function mayPass({ kind, code }: EcsFailure): boolean {
  return (
    kind === 'unreachable' ||
    kind === 'throttled' ||
    (kind === 'credentials' && code !== 'otherAccount')
  );
}

interface Listed {
  found: TaggedTask[];
  /** Listed, and unknown to DescribeTasks. */
  undescribed: string[];
}

/** Pages through ListTasks; each page is passed on as it comes, so that it is described while the next is listed. */
async function listArns(
  { ecs, call, cluster }: ListDependencies,
  startedBy: string,
  signal: AbortSignal,
  onPage: (arns: string[]) => void,
): Promise<void> {
  const arns = new Set<string>();
  const tokens = new Set<string>();
  for (let nextToken: string | undefined; ; ) {
    // ListTasks allows no other filter beside startedBy. It leaves out tasks whose desired status is STOPPED.
    const input = { cluster, startedBy, maxResults: tasksPerPage, nextToken };
    const answer = await call(
      'ListTasks',
      (options) => ecs.send(new ListTasksCommand(input), options),
      signal,
    );
    const page = (answer.taskArns ?? []).filter((arn) => !arns.has(arn));
    for (const arn of page) arns.add(arn);
    onPage([...new Set(page)]);
    nextToken = answer.nextToken;
    if (!nextToken) return;
    if (tokens.has(nextToken)) throw incomplete('ListTasks: a page token was returned twice');
    tokens.add(nextToken);
  }
}

/** Describes up to 100 listed tasks, and those of them that are MISSING up to twice more. */
async function describeListed(
  { ecs, call, cluster, clock, log }: ListDependencies,
  arns: string[],
  startedBy: string,
  signal: AbortSignal,
): Promise<Listed> {
  const found: TaggedTask[] = [];
  let remaining = arns;
  for (let round = 0; remaining.length > 0; round++) {
    const { tasks, missing, unknown } = await describePage(ecs, call, cluster, remaining, signal);
    const [reason] = [...unknown.values()].filter((words) => words !== null);
    if (unknown.size > 0)
      throw incomplete(
        `DescribeTasks: ${unknown.size} listed tasks were not described${reason ? `: ${reason}` : ''}`,
      );
    for (const task of tasks) {
      const { taskArn = '' } = task;
      // Do not rely on the service's filter for the ownership of a task.
      if (task.startedBy === startedBy) found.push(taggedTaskOf({ ...task, taskArn }));
      else log.report('foreignTask.ignored', { task: taskArn });
    }
    remaining = missing;
    const pauseMs = describeAgainAfterMs[round];
    if (remaining.length === 0 || pauseMs === undefined) break;
    await clock.sleep(pauseMs, signal);
  }
  return { found, undescribed: remaining };
}

function incomplete(message: string): EcsFailure {
  return new EcsFailure({ kind: 'unreachable', awsName: 'Inventory', code: 'garbled' }, message);
}
