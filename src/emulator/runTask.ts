import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { now } from '../shared/clock.ts';
import { AwsError } from './awsError.ts';
import { canonicalJson } from './canonicalJson.ts';
import { clusterOf } from './clusters.ts';
import { environmentOf } from './container.ts';
import type { CallFaults } from './faults.ts';
import { startLifecycle } from './lifecycle.ts';
import { type Members, text } from './members.ts';
import {
  type Account,
  type Cluster,
  ecsArn,
  type Launch,
  type Region,
  type Task,
  type TaskContainer,
} from './model.ts';
import { placements, type RunTaskRequest, readRunTask } from './runTaskRequest.ts';
import { minimalView, taskView } from './taskView.ts';

const hour = 3_600_000;

/** RunTask. Starts up to `count` tasks; repeats the stored result for a known clientToken, or throws ConflictException when the request differs. */
export function runTask(
  account: Account,
  region: Region,
  body: Members,
  faults: CallFaults,
): Members {
  const cluster = clusterOf(region, body);
  const token = text(body, 'clientToken') ?? null;
  const fingerprint = fingerprintOf(body);
  const previous = token === null ? undefined : unexpiredLaunch(cluster, token);
  if (previous) {
    faults.replayed = true;
    return replay(previous, fingerprint);
  }
  const request = readRunTask(region, cluster, body);
  const launch = launchTasks(account, region, cluster, request, faults);
  if (token !== null) cluster.launchesByToken.set(token, { ...launch, fingerprint, at: now() });
  const reported = launch.tasks.filter((task) => !faults.unreportedTasks.has(task));
  return { tasks: reported.map((task) => taskView(task, ['TAGS'])), failures: launch.failures };
}

/** Hash of the request without its clientToken: requests with the same fingerprint are equal. */
const fingerprintOf = ({ clientToken: _, ...rest }: Members): string =>
  createHash('sha256').update(canonicalJson(rest)).digest('base64');

/** The stored result for a clientToken. A token expires 24 hours after the call or 1 hour after its last task stopped, whichever is first. */
function unexpiredLaunch(cluster: Cluster, token: string): Launch | undefined {
  const launch = cluster.launchesByToken.get(token);
  if (!launch) return undefined;
  const stops = launch.tasks.map(({ stoppedAt }) => stoppedAt ?? Number.POSITIVE_INFINITY);
  const lastStop = launch.tasks.length > 0 ? Math.max(...stops) : launch.at;
  if (now() < Math.min(launch.at + 24 * hour, lastStop + hour)) return launch;
  cluster.launchesByToken.delete(token);
  return undefined;
}

function replay(launch: Launch, fingerprint: string): Members {
  if (launch.fingerprint !== fingerprint)
    throw new AwsError(
      'ConflictException',
      'The client token was already used in a request with different parameters.',
      { members: { resourceIds: launch.tasks.map(({ arn }) => arn) } },
    );
  const view = (task: Task) =>
    task.lastStatus === 'STOPPED' ? minimalView(task) : taskView(task, ['TAGS']);
  return { tasks: launch.tasks.map(view), failures: launch.failures };
}

function launchTasks(
  account: Account,
  region: Region,
  cluster: Cluster,
  request: RunTaskRequest,
  faults: CallFaults,
): Pick<Launch, 'tasks' | 'failures'> {
  const tasks: Task[] = [];
  const failures: Members[] = [];
  const providers = placements(request);
  if (account.options.quotas) takeLaunchQuota(region, providers);
  for (const [index, capacityProvider] of providers.entries()) {
    const requestedTask = { account, region, cpu: Number(request.cpu), index, capacityProvider };
    const refusal = faults.refusals
      .map((refuse) => refuse(requestedTask))
      .find((one) => one !== null);
    if (refusal)
      failures.push({
        reason: refusal.reason,
        ...(refusal.detail ? { detail: refusal.detail } : {}),
      });
    if (refusal && !refusal.taskRuns) continue;
    const task = newTask(account, region, cluster, request, capacityProvider);
    if (refusal) faults.unreportedTasks.add(task);
    for (const change of faults.taskPlans) change(task);
    tasks.push(task);
    region.tasks.set(task.id, task);
    cluster.desiredRunning.add(task);
    account.allTasks.push(task);
    for (const container of task.containers)
      account.byRuntimeId.set(container.runtimeId, { task, container });
    startLifecycle(account, task);
  }
  return { tasks, failures };
}

/** Fargate's own limits: RunTask calls, On-Demand tasks and Spot tasks. */
function takeLaunchQuota({ quotas }: Region, providers: (string | null)[]): void {
  const spot = providers.filter((place) => place === 'FARGATE_SPOT').length;
  quotas.take('fargateRunTask');
  if (spot < providers.length) quotas.take('fargateOnDemand', providers.length - spot);
  if (spot > 0) quotas.take('fargateSpot', spot);
}

const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

function newTask(
  account: Account,
  region: Region,
  cluster: Cluster,
  request: RunTaskRequest,
  capacityProvider: string | null,
): Task {
  const id = randomHex(16);
  const containers = request.definition.containers.map((definition) =>
    newContainer(region, cluster, id, definition, request),
  );
  const { options } = account;
  return {
    seq: account.allTasks.length + 1,
    id,
    arn: ecsArn(region.name, `task/${cluster.name}/${id}`),
    cluster,
    region,
    definition: request.definition,
    group: request.group,
    launchType: capacityProvider === null ? 'FARGATE' : null,
    capacityProvider,
    cpu: request.cpu,
    memory: request.memory,
    overrides: request.overrides,
    platformVersion: request.platformVersion,
    exec: request.exec,
    tags: request.tags,
    startedBy: request.startedBy,
    clientToken: request.clientToken,
    label: containers.map(environmentOf).find((env) => env[labelName])?.[labelName] ?? null,
    subnet: request.subnets[account.allTasks.length % request.subnets.length]!,
    eni: newEni(account.allTasks.length),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    createdAt: now(),
    connectivityAt: null,
    pullStartedAt: null,
    pullStoppedAt: null,
    startedAt: null,
    stoppingAt: null,
    executionStoppedAt: null,
    stoppedAt: null,
    stopCode: null,
    stoppedReason: null,
    containers,
    plan: {
      missingMs: options.missingMs,
      startDelayMs: options.startDelayMs,
      stopDelayMs: options.stopDelayMs,
      stuckIn: null,
      startFailure: null,
      hollow: options.hollow,
      onRunning: [],
    },
    epoch: 0,
    stopCalls: 0,
    forgotten: false,
  };
}

const labelName = 'SCALER_ECS_LAUNCH';

const newContainer = (
  region: Region,
  cluster: Cluster,
  taskId: string,
  definition: Members,
  { overrides }: RunTaskRequest,
): TaskContainer => ({
  arn: ecsArn(region.name, `container/${cluster.name}/${taskId}/${randomUUID()}`),
  definition,
  override:
    (overrides.containerOverrides as Members[]).find(({ name }) => name === definition.name) ?? {},
  lastStatus: 'PENDING',
  runtimeId: `${taskId}-${String(randomBytes(4).readUInt32BE()).padStart(10, '0')}`,
  exitCode: null,
  reason: null,
  process: null,
});

const newEni = (index: number): Task['eni'] => ({
  attachmentId: randomUUID(),
  status: 'PRECREATED',
  interfaceId: `eni-0${randomHex(8)}`,
  mac: `02:${randomHex(5).replace(/..(?!$)/g, '$&:')}`,
  ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
});
