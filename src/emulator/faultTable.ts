import { now } from '../shared/clock.ts';
import { accessDenied } from './access.ts';
import { AwsError, clientError, invalidParameter } from './awsError.ts';
import { ec2Actions } from './ec2.ts';
import {
  type Call,
  defineFault,
  type Exchange,
  type FaultDefinition,
  noParameter,
  numberParameter,
  objectParameter,
  type RequestedTask,
  stringParameter,
} from './faultDefinition.ts';
import { iamActionName, iamActions } from './iam.ts';
import { containerEnded, forget, reclaim, stop } from './lifecycle.ts';
import type { Account, Task } from './model.ts';
import { findDefinition } from './taskDefinitions.ts';

const capacityUnavailable =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';

const serverError = () =>
  new AwsError('ServerException', 'Service Unavailable. Please try again later.', { status: 500 });

const isSpot = (provider: string | null): boolean => provider === 'FARGATE_SPOT';

const throttleInParameterError = (code: string) =>
  invalidParameter(
    `Error retrieving subnet information for [subnet-0]: Rate exceeded (ErrorCode: ${code})`,
  );

/** CPU units of all tasks that are not STOPPED and count towards the same vCPU quota (On-Demand or Spot). */
function cpuUnitsInUse({ region, capacityProvider }: RequestedTask): number {
  let units = 0;
  for (const task of region.tasks.values())
    if (task.lastStatus !== 'STOPPED' && isSpot(task.capacityProvider) === isSpot(capacityProvider))
      units += Number(task.cpu);
  return units;
}

const taskCountInUse = ({ region }: RequestedTask): number =>
  [...region.tasks.values()].filter(({ lastStatus }) => lastStatus !== 'STOPPED').length;

/** Refuses the call while the execution role of the task definition is younger than `ms`, as IAM's eventual consistency does. */
function refuseNewRole(ms: number, { account, region, body }: Call): Partial<Exchange> {
  const definition = findDefinition(region, String(body.taskDefinition));
  const arn = definition?.otherMembers.executionRoleArn;
  const role = [...account.roles.values()].find((one) => one.arn === arn);
  if (!role || now() - role.createdAt >= ms) return {};
  return {
    before: clientError(
      `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    ),
  };
}

function actionName(operation: string): string {
  if (Object.hasOwn(iamActions, operation)) return iamActionName(operation);
  if (Object.hasOwn(ec2Actions, operation)) return `ec2:${operation}`;
  return operation === 'GetServiceQuota' ? `servicequotas:${operation}` : `ecs:${operation}`;
}

/** Ends the first container of a task with this exit code, as if its process had been killed. */
function killContainer(account: Account, task: Task, exitCode: number, reason: string | null) {
  const [container] = task.containers;
  if (container) containerEnded(account, task, container, exitCode, reason);
}

/** All faults, by the name that rules use. */
export const faultTable: Record<string, FaultDefinition> = {
  // Faults of the HTTP exchange.
  throttle: defineFault({
    readParameter: noParameter,
    exchange: () => ({ before: new AwsError('ThrottlingException', 'Rate exceeded') }),
  }),
  throttleWrapped: defineFault({
    readParameter: stringParameter('Throttling'),
    exchange: (code) => ({ before: throttleInParameterError(code) }),
  }),
  error: defineFault({
    readParameter: objectParameter({
      type: 'ClientException',
      message: '',
      status: 400,
      after: false,
    }),
    exchange: ({ type, message, status, after }) => ({
      [after ? 'after' : 'before']: new AwsError(type, message, { status }),
    }),
  }),
  error500Before: defineFault({
    readParameter: noParameter,
    exchange: () => ({ before: serverError() }),
  }),
  error500After: defineFault({
    readParameter: noParameter,
    exchange: () => ({ after: serverError() }),
  }),
  resetBefore: defineFault({ readParameter: noParameter, exchange: () => ({ before: 'reset' }) }),
  resetAfter: defineFault({ readParameter: noParameter, exchange: () => ({ after: 'reset' }) }),
  hang: defineFault({ readParameter: noParameter, exchange: () => ({ before: 'hang' }) }),
  hangAfter: defineFault({ readParameter: noParameter, exchange: () => ({ after: 'hang' }) }),
  delayMs: defineFault({ readParameter: numberParameter(), exchange: (delayMs) => ({ delayMs }) }),
  answerAfterMs: defineFault({
    readParameter: numberParameter(),
    exchange: (answerDelayMs) => ({ answerDelayMs: answerDelayMs }),
  }),
  rawAnswer: defineFault({
    readParameter: objectParameter({ raw: '', status: 200 }),
    exchange: ({ raw, status }) => ({ after: { raw, status } }),
  }),
  expiredToken: defineFault({
    readParameter: noParameter,
    exchange: () => ({
      before: new AwsError(
        'ExpiredTokenException',
        'The security token included in the request is expired',
      ),
    }),
  }),
  accessDenied: defineFault({
    readParameter: noParameter,
    exchange: (_, { operation }) => ({ before: accessDenied(actionName(operation), '*') }),
  }),
  blocked: defineFault({
    readParameter: noParameter,
    exchange: () => ({
      before: new AwsError('BlockedException', 'Your account is currently blocked.'),
    }),
  }),
  serviceLinkedRole: defineFault({
    readParameter: noParameter,
    exchange: () => ({
      before: invalidParameter(
        'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
      ),
    }),
  }),
  roleNotAssumableMs: defineFault({ readParameter: numberParameter(), exchange: refuseNewRole }),
  /** Drops all known clientTokens, as ECS does after 24 hours. */
  forgetTokens: defineFault({
    readParameter: noParameter,
    exchange: (_, { region }) => {
      for (const { launchesByToken } of region.clusters.values()) launchesByToken.clear();
      return {};
    },
  }),

  // RunTask: status 200 with `failures`.
  partialFailures: defineFault({
    readParameter: objectParameter({ started: 0, reason: capacityUnavailable, detail: '' }),
    refuseTask: ({ started, reason, detail }, { index }) =>
      index < started ? null : { reason, detail },
  }),
  ghostFailures: defineFault({
    readParameter: objectParameter({ started: 0, reason: capacityUnavailable }),
    refuseTask: ({ started, reason }, { index }) =>
      index < started ? null : { reason, taskRuns: true },
  }),
  spotCapacity: defineFault({
    readParameter: noParameter,
    refuseTask: (_, { capacityProvider }) =>
      isSpot(capacityProvider) ? { reason: capacityUnavailable } : null,
  }),
  vcpuQuota: defineFault({
    readParameter: numberParameter(6),
    refuseTask: (vcpus, task) =>
      cpuUnitsInUse(task) + task.cpu > vcpus * 1024
        ? { reason: 'You’ve reached the limit on the number of vCPUs you can run concurrently' }
        : null,
  }),
  taskQuota: defineFault({
    readParameter: numberParameter(),
    refuseTask: (tasks, task) =>
      taskCountInUse(task) >= tasks
        ? { reason: 'You’ve reached the limit on the number of tasks you can run concurrently' }
        : null,
  }),

  // RunTask: lifecycle of the new tasks.
  missingMs: defineFault({
    readParameter: numberParameter(),
    planTask: (ms, task) => {
      task.plan.missingMs = ms;
    },
  }),
  startDelayMs: defineFault({
    readParameter: numberParameter(),
    planTask: (ms, task) => {
      task.plan.startDelayMs = ms;
    },
  }),
  stuckProvisioning: defineFault({
    readParameter: noParameter,
    planTask: (_, task) => {
      task.plan.stuckIn = 'PROVISIONING';
    },
  }),
  stuckPending: defineFault({
    readParameter: noParameter,
    planTask: (_, task) => {
      task.plan.stuckIn = 'PENDING';
    },
  }),
  startFailure: defineFault({
    readParameter: stringParameter(
      'Timeout waiting for network interface provisioning to complete.',
    ),
    planTask: (reason, task) => {
      task.plan.startFailure = reason;
    },
  }),
  slowStop: defineFault({
    readParameter: numberParameter(),
    planTask: (ms, task) => {
      task.plan.stopDelayMs = ms;
    },
  }),
  /** The task reaches RUNNING without a process: its workers never register. */
  noProcess: defineFault({
    readParameter: noParameter,
    planTask: (_, task) => {
      task.plan.hollow = true;
    },
  }),

  // Faults of running tasks.
  exit: defineFault({
    readParameter: objectParameter({ afterMs: 0, code: 1 }),
    applyToTask: ({ afterMs, code }, account, task) =>
      account.timers.after(afterMs, () => killContainer(account, task, code, null)),
  }),
  oom: defineFault({
    readParameter: objectParameter({ afterMs: 0 }),
    applyToTask: ({ afterMs }, account, task) =>
      account.timers.after(afterMs, () =>
        killContainer(account, task, 137, 'OutOfMemoryError: Container killed due to memory usage'),
      ),
  }),
  spotReclaim: defineFault({
    readParameter: objectParameter({ afterMs: 0, noticeMs: 120_000, stopCode: 'SpotInterruption' }),
    applyToTask: ({ afterMs, noticeMs, stopCode }, account, task) =>
      account.timers.after(afterMs, () =>
        reclaim(account, task, stopCode, 'Your Spot Task was interrupted.', noticeMs),
      ),
  }),
  maintenance: defineFault({
    readParameter: objectParameter({ afterMs: 0 }),
    applyToTask: ({ afterMs }, account, task) =>
      account.timers.after(afterMs, () =>
        stop(
          account,
          task,
          'ServiceSchedulerInitiated',
          'ECS is performing maintenance on the underlying infrastructure hosting the task',
        ),
      ),
  }),
  /** Stops the task and forgets it at once, as after the retention time: DescribeTasks answers MISSING. */
  vanish: defineFault({
    readParameter: objectParameter({ afterMs: 0 }),
    applyToTask: ({ afterMs }, account, task) =>
      account.timers.after(afterMs, () => {
        killContainer(account, task, 137, null);
        forget(account, task);
      }),
  }),
};
