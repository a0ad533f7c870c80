import { DescribeTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import type {
  DescribedTasks,
  DescribeFailure,
  TaskObservation,
} from '../../../machines/shared/domain.ts';
import { tasksPerPage } from '../../../machines/shared/limits.ts';
import { placeOf } from '../../../machines/shared/taskPlace.ts';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import { wordsOf } from './missingCluster.ts';
import { type OwnAccount, otherAccount } from './ownAccount.ts';
import { observationOf, unknownObservationOf } from './taskObservation.ts';

/** The answer to one DescribeTasks. */
interface DescribedPage {
  /** Only tasks that were asked for. */
  tasks: Task[];
  /** ARNs that ECS reports as MISSING. */
  missing: string[];
  /** ARNs of which nothing is known, with ECS's words; null: the answer does not mention them. */
  unknown: Map<string, string | null>;
}

/** Sends one DescribeTasks for at most 100 ARNs of one cluster. */
export async function describePage(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  taskArns: readonly string[],
  signal: AbortSignal,
): Promise<DescribedPage> {
  const { tasks = [], failures = [] } = await call(
    'DescribeTasks',
    (options) => ecs.send(new DescribeTasksCommand({ cluster, tasks: [...taskArns] }), options),
    signal,
  );
  const unknown = new Map<string, string | null>(taskArns.map((arn) => [arn, null]));
  const described = tasks.filter(({ taskArn = '' }) => unknown.delete(taskArn));
  const missing: string[] = [];
  for (const { arn = '', reason } of failures) {
    if (!unknown.has(arn)) continue;
    if (reason === 'MISSING') missing.push(arn);
    else unknown.set(arn, reason ?? null);
  }
  for (const arn of missing) unknown.delete(arn);
  return { tasks: described, missing, unknown };
}

interface Search {
  signal: AbortSignal;
  /** Requests that may still be sent. */
  left: number;
}

/** Up to 100 ARNs of one region, account and cluster. */
interface Page {
  cluster: string;
  account: string | undefined;
  taskArns: string[];
}

/** Requests that may be sent beside the pages of one look, to find the ARNs that AWS refuses. */
const mostSearches = 20;
/** More refused ARNs than this are not looked at alone. */
const mostAlone = 10;

/**
 * Returns a function that describes tasks in pages of 100, each in the cluster that its ARNs name (`cluster`: of ARNs
 * that name none). A page that fails costs the others nothing: its tasks come back in `failures`, and of a page that
 * AWS refuses for its parameters only the ARNs that it refuses. A task of an unknown status is in both. Tasks of another
 * account than ours are failures, too. Phase `missing` means that ECS said MISSING. It does not mean that a task has
 * ended: ECS is eventually consistent, and a new task may not be visible yet. Rejects with the signal's reason, nothing else.
 *
 * Remembers between calls which ARNs were refused, so use one instance per fleet.
 */
export function describeTasks(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  ownAccount: OwnAccount = () => null,
): (taskArns: readonly string[], signal: AbortSignal) => Promise<DescribedTasks> {
  /** Each of them gets a page of its own. */
  const refused = new Set<string>();

  async function describe(page: Page, search: Search): Promise<DescribedTasks> {
    const { taskArns } = page;
    const { signal } = search;
    const [first = ''] = taskArns;
    try {
      const elsewhere = otherAccount('DescribeTasks', page.account, ownAccount());
      if (elsewhere) throw elsewhere;
      const described = await describePage(ecs, call, page.cluster, taskArns, signal);
      refused.delete(first);
      return outcomeOf(page, described);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EcsFailure)) throw error;
      const isRefused = error.code === 'parameters';
      if (isRefused && taskArns.length > 1 && search.left >= 2) {
        search.left -= 2;
        return describeAll(halvesOf(page), search);
      }
      if (isRefused && taskArns.length === 1 && refused.size < mostAlone) refused.add(first);
      const { kind } = error;
      const reason = wordsOf(error, page.cluster);
      return { observations: [], failures: [{ cluster: page.cluster, kind, reason, taskArns }] };
    }
  }

  async function describeAll(pages: Page[], search: Search): Promise<DescribedTasks> {
    const parts = await Promise.all(pages.map((page) => describe(page, search)));
    return {
      observations: parts.flatMap(({ observations }) => observations),
      failures: parts.flatMap(({ failures }) => failures),
    };
  }

  return (taskArns, signal) =>
    describeAll(pagesOf(taskArns, cluster, refused), { signal, left: mostSearches });
}

function halvesOf(page: Page): Page[] {
  const { taskArns } = page;
  const half = Math.ceil(taskArns.length / 2);
  return [taskArns.slice(0, half), taskArns.slice(half)].map((part) => ({
    ...page,
    taskArns: part,
  }));
}

function outcomeOf({ cluster }: Page, { tasks, missing, unknown }: DescribedPage): DescribedTasks {
  const absent = { phase: 'missing', cause: null, detail: null, createdAt: null } as const;
  const failures = new Map<string, DescribeFailure>();
  const observations: TaskObservation[] = [];
  const addFailure = (arn: string, said: string): void => {
    const reason = `DescribeTasks: ${said}`;
    const failure = failures.get(reason) ?? { cluster, kind: 'refused', reason, taskArns: [] };
    failure.taskArns.push(arn);
    failures.set(reason, failure);
  };
  for (const [arn, said] of unknown)
    addFailure(arn, said ?? 'the answer does not mention the task');
  for (const task of tasks) {
    const observation = observationOf(task);
    if (observation) observations.push(observation);
    else {
      const { taskArn = '', lastStatus } = task;
      observations.push(unknownObservationOf(task));
      addFailure(taskArn, `unknown status ${lastStatus}`);
    }
  }
  return {
    observations: [...observations, ...missing.map((taskArn) => ({ taskArn, ...absent }))],
    failures: [...failures.values()],
  };
}

function pagesOf(
  taskArns: readonly string[],
  cluster: string,
  refused: ReadonlySet<string>,
): Page[] {
  const pages: Page[] = [];
  const lastPages = new Map<string, Page>();
  for (const arn of taskArns) {
    const place = placeOf(arn);
    const key = `${place?.region} ${place?.account} ${place?.cluster}`;
    let page = lastPages.get(key);
    if (refused.has(arn) || page === undefined || page.taskArns.length === tasksPerPage) {
      page = { cluster: place?.cluster ?? cluster, account: place?.account, taskArns: [] };
      if (!refused.has(arn)) lastPages.set(key, page);
      pages.push(page);
    }
    page.taskArns.push(arn);
  }
  return pages;
}
