import { type ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import type { ClusterFailure } from '../../../machines/shared/domain.ts';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import { accountOf } from '../../../machines/shared/taskPlace.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import type { Clock } from '../systemClock.ts';
import { describePage } from './describeTasks.ts';
import { type OwnAccount, otherAccount } from './ownAccount.ts';
import { ownedTask, type TaggedTask, taggedTaskOf, undescribedTask } from './taggedTask.ts';

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

/** What lists and descriptions have shown. */
export interface FoundTasks {
  tasks: TaggedTask[];
  /** Clusters of `elsewhere` that could not be listed. */
  unlisted: ClusterFailure[];
}

/**
 * Returns a function that lists and describes all tasks of a cluster with the given `startedBy`. For this cluster the list
 * is complete or the function rejects: the caller takes a task that is not on the list for dead. Rejects with an
 * EcsFailure (`unreachable` if the list is incomplete) or the signal's reason. A task that DescribeTasks does not know
 * is on the list as `missing`. A task that `isOwned` is listed and not described: its group looks at it anyway.
 *
 * Tasks in the clusters or with the tags of `elsewhere` are on the list, too. What a cluster of `elsewhere` holds that
 * cannot be listed is not: the caller decides what follows.
 */
export function listTasks(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  clock: Clock,
  log: Log,
  elsewhere: Elsewhere = { places: () => ({ clusters: [], tags: [] }), ownAccount: () => null },
  isOwned: (taskArn: string) => boolean = () => false,
): (startedBy: string, signal: AbortSignal) => Promise<FoundTasks> {
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
  ): Promise<Listed | ClusterFailure> {
    try {
      const other = otherAccount('ListTasks', accountOf(where), elsewhere.ownAccount());
      if (other) throw other;
      return await listIn(where, startedBy, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EcsFailure)) throw error;
      const { kind, code, message } = error;
      return { cluster: where, kind, code, reason: message };
    }
  }

  return async (startedBy, signal) => {
    const { clusters, tags } = elsewhere.places();
    const found: TaggedTask[] = [];
    const undescribed: string[] = [];
    const unlisted: ClusterFailure[] = [];
    // One by one: a list can have more tasks than a call may have arguments.
    const take = (listed: Listed, tag: string): void => {
      for (const task of listed.found)
        found.push(tag === startedBy ? task : { ...task, hasFormerTag: true });
      for (const taskArn of listed.undescribed) undescribed.push(taskArn);
    };
    for (const tag of [startedBy, ...tags]) {
      take(await listIn(cluster, tag, signal), tag);
      for (const where of clusters) {
        // One that has failed would mostly fail again.
        if (unlisted.some((failure) => failure.cluster === where)) continue;
        const listed = await listElsewhere(where, tag, signal);
        if ('found' in listed) take(listed, tag);
        else unlisted.push(listed);
      }
    }
    const missing = [...new Set(undescribed)].map((arn) => undescribedTask(arn, startedBy));
    return { tasks: [...found, ...missing], unlisted };
  };
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
