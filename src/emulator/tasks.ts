import { now } from '../shared/clock.ts';
import { invalidParameter } from './awsError.ts';
import { clusterOf } from './clusters.ts';
import { stop } from './lifecycle.ts';
import { type Members, text, texts } from './members.ts';
import { type Account, type Cluster, ecsArn, type Region, type Task } from './model.ts';
import { pageSize, positionIn, tokenFor } from './page.ts';
import { taskView } from './taskView.ts';

const idOf = (idOrArn: string): string => idOrArn.slice(idOrArn.lastIndexOf('/') + 1);

/** A task of this cluster by id or ARN; undefined once it is forgotten. */
function findTask(region: Region, cluster: Cluster, idOrArn: string): Task | undefined {
  const task = region.tasks.get(idOf(idOrArn));
  return task?.cluster === cluster ? task : undefined;
}

/** The existing tasks among those that a request names; fault rules match their startedBy. */
export const tasksNamed = (region: Region, body: Members): Task[] =>
  [body.task, ...(Array.isArray(body.tasks) ? body.tasks : [])]
    .filter((name) => typeof name === 'string')
    .map((name) => region.tasks.get(idOf(name)))
    .filter((task) => task !== undefined);

/** StopTask. Removes the tags of the task, as ECS does. Throws InvalidParameterException for an unknown task. */
export function stopTask(account: Account, region: Region, body: Members): Members {
  const cluster = clusterOf(region, body);
  const name = text(body, 'task');
  if (!name) throw invalidParameter('taskId can not be blank.');
  const reason = text(body, 'reason') ?? 'Task stopped by user';
  if (reason.length > 1024) throw invalidParameter('Reason must be at most 1024 characters.');
  const task = findTask(region, cluster, name);
  if (!task) throw invalidParameter('The referenced task was not found.');
  task.stopCalls++;
  task.tags = [];
  stop(account, task, 'UserInitiated', reason);
  return { task: taskView(task, ['TAGS']) };
}

/** DescribeTasks, 1 to 100 tasks. Unknown tasks, and new ones for `missingMs`, are `failures` with the reason MISSING. */
export function describeTasks(region: Region, body: Members): Members {
  const cluster = clusterOf(region, body);
  const names = texts(body, 'tasks') ?? [];
  const include = texts(body, 'include') ?? [];
  if (names.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (names.length > 100) throw invalidParameter('Tasks can have at most 100 items.');
  const tasks: Members[] = [];
  const failures: Members[] = [];
  for (const name of names) {
    const task = findTask(region, cluster, name);
    if (task && now() >= task.createdAt + task.plan.missingMs) tasks.push(taskView(task, include));
    else
      failures.push({
        arn: name.startsWith('arn:') ? name : ecsArn(region.name, `task/${cluster.name}/${name}`),
        reason: 'MISSING',
      });
  }
  return { tasks, failures };
}

/** ListTasks, oldest first, filtered by startedBy, family, launchType and desiredStatus. */
export function listTasks(region: Region, body: Members): Members {
  const cluster = clusterOf(region, body);
  const size = pageSize(body);
  const after = positionIn(body);
  const family = text(body, 'family');
  const startedBy = text(body, 'startedBy');
  const launchType = text(body, 'launchType');
  const desired = text(body, 'desiredStatus') ?? 'RUNNING';
  if (startedBy !== undefined && family !== undefined)
    throw invalidParameter('startedBy cannot be combined with family.');
  if (!['RUNNING', 'PENDING', 'STOPPED'].includes(desired))
    throw invalidParameter('Invalid desiredStatus.');
  // No task has the desiredStatus PENDING; ECS accepts the filter and returns no tasks.
  const candidates =
    desired === 'RUNNING'
      ? cluster.desiredRunning
      : desired === 'STOPPED'
        ? stoppedTasks(cluster)
        : [];
  const found: Task[] = [];
  for (const task of candidates) {
    if (task.seq <= after) continue;
    if (startedBy !== undefined && task.startedBy !== startedBy) continue;
    if (family !== undefined && task.definition.family !== family) continue;
    if (launchType !== undefined && launchType !== 'FARGATE') continue;
    // One task beyond the page shows that there is a next page.
    if (found.push(task) > size) break;
  }
  const pageOfTasks = found.slice(0, size);
  return {
    taskArns: pageOfTasks.map(({ arn }) => arn),
    nextToken: found.length > size ? tokenFor(pageOfTasks.at(-1)!.seq) : undefined,
  };
}

/** In the order of launch, so that a page token stays valid while further tasks stop. */
const stoppedTasks = (cluster: Cluster): Task[] =>
  [...cluster.desiredStopped].sort((a, b) => a.seq - b.seq);
