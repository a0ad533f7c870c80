import { now } from '../shared/clock.ts';
import { accessDenied } from './access.ts';
import { AwsError, clientError, invalidParameter } from './awsError.ts';
import {
  type Exchange,
  type FaultRow,
  nothing,
  number,
  row,
  shape,
  type Unit,
  words,
} from './faultRow.ts';
import type { Call } from './faults.ts';
import { iamActionName, iamActions } from './iam.ts';
import { containerEnded, forget, reclaim, stop } from './lifecycle.ts';
import type { Account, Task } from './model.ts';
import { findDefinition } from './taskDefinitions.ts';

const capacity =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';

const serverError = () =>
  new AwsError('ServerException', 'Service Unavailable. Please try again later.', { status: 500 });

const isSpot = (provider: string | null): boolean => provider === 'FARGATE_SPOT';

const wrappedThrottle = (code: string) =>
  invalidParameter(
    `Error retrieving subnet information for [subnet-0]: Rate exceeded (ErrorCode: ${code})`,
  );

/** What tasks that have not stopped take of the account's vCPU quota; On-Demand and Spot are counted apart. */
function cpuInUse({ region, capacityProvider }: Unit): number {
  let units = 0;
  for (const task of region.tasks.values())
    if (task.lastStatus !== 'STOPPED' && isSpot(task.capacityProvider) === isSpot(capacityProvider))
      units += Number(task.cpu);
  return units;
}

const tasksInUse = ({ region }: Unit): number =>
  [...region.tasks.values()].filter(({ lastStatus }) => lastStatus !== 'STOPPED').length;

/** Refuses the call while the role its definition names is younger than IAM's delay. */
function freshRole(ms: number, { account, region, body }: Call): Partial<Exchange> {
  const definition = findDefinition(region, String(body.taskDefinition));
  const arn = definition?.shape.executionRoleArn;
  const role = [...account.roles.values()].find((one) => one.arn === arn);
  if (!role || now() - role.createdAt >= ms) return {};
  return {
    before: clientError(
      `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    ),
  };
}

const actionName = (operation: string): string =>
  Object.hasOwn(iamActions, operation) ? iamActionName(operation) : `ecs:${operation}`;

/** Ends the main container of a running task as if something had killed its process. */
function killContainer(account: Account, task: Task, exitCode: number, reason: string | null) {
  const [container] = task.containers;
  if (container) containerEnded(account, task, container, exitCode, reason);
}

/** Every fault there is, by the name rules use. A new one is one entry here. */
export const faultTable: Record<string, FaultRow> = {
  // The exchange: what becomes of the call and of its answer.
  throttle: row({
    read: nothing,
    exchange: () => ({ before: new AwsError('ThrottlingException', 'Rate exceeded') }),
  }),
  throttleWrapped: row({
    read: words('Throttling'),
    exchange: (code) => ({ before: wrappedThrottle(code) }),
  }),
  error: row({
    read: shape({ type: 'ClientException', message: '', status: 400, after: false }),
    exchange: ({ type, message, status, after }) => ({
      [after ? 'after' : 'before']: new AwsError(type, message, { status }),
    }),
  }),
  error500Before: row({ read: nothing, exchange: () => ({ before: serverError() }) }),
  error500After: row({ read: nothing, exchange: () => ({ after: serverError() }) }),
  resetBefore: row({ read: nothing, exchange: () => ({ before: 'reset' }) }),
  resetAfter: row({ read: nothing, exchange: () => ({ after: 'reset' }) }),
  hang: row({ read: nothing, exchange: () => ({ before: 'hang' }) }),
  hangAfter: row({ read: nothing, exchange: () => ({ after: 'hang' }) }),
  delayMs: row({ read: number(), exchange: (delayMs) => ({ delayMs }) }),
  answerAfterMs: row({ read: number(), exchange: (holdMs) => ({ holdMs }) }),
  rawAnswer: row({
    read: shape({ raw: '', status: 200 }),
    exchange: ({ raw, status }) => ({ after: { raw, status } }),
  }),
  expiredToken: row({
    read: nothing,
    exchange: () => ({
      before: new AwsError(
        'ExpiredTokenException',
        'The security token included in the request is expired',
      ),
    }),
  }),
  accessDenied: row({
    read: nothing,
    exchange: (_, { operation }) => ({ before: accessDenied(actionName(operation), '*') }),
  }),
  blocked: row({
    read: nothing,
    exchange: () => ({
      before: new AwsError('BlockedException', 'Your account is currently blocked.'),
    }),
  }),
  serviceLinkedRole: row({
    read: nothing,
    exchange: () => ({
      before: invalidParameter(
        'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
      ),
    }),
  }),
  roleNotAssumableMs: row({ read: number(), exchange: freshRole }),
  /** ECS remembers no clientToken from here on, as a day later. */
  forgetTokens: row({
    read: nothing,
    exchange: (_, { region }) => {
      for (const { launches } of region.clusters.values()) launches.clear();
      return {};
    },
  }),

  // RunTask: a 200 with failures.
  partialFailures: row({
    read: shape({ started: 0, reason: capacity, detail: '' }),
    refuse: ({ started, reason, detail }, { index }) =>
      index < started ? null : { reason, detail },
  }),
  ghostFailures: row({
    read: shape({ started: 0, reason: capacity }),
    refuse: ({ started, reason }, { index }) => (index < started ? null : { reason, ghost: true }),
  }),
  spotCapacity: row({
    read: nothing,
    refuse: (_, { capacityProvider }) => (isSpot(capacityProvider) ? { reason: capacity } : null),
  }),
  vcpuQuota: row({
    read: number(6),
    refuse: (vcpus, unit) =>
      cpuInUse(unit) + unit.cpu > vcpus * 1024
        ? { reason: 'You’ve reached the limit on the number of vCPUs you can run concurrently' }
        : null,
  }),
  taskQuota: row({
    read: number(),
    refuse: (tasks, unit) =>
      tasksInUse(unit) >= tasks
        ? { reason: 'You’ve reached the limit on the number of tasks you can run concurrently' }
        : null,
  }),

  // RunTask: what lies before its tasks.
  missingMs: row({
    read: number(),
    plan: (ms, task) => {
      task.plan.missingMs = ms;
    },
  }),
  startDelayMs: row({
    read: number(),
    plan: (ms, task) => {
      task.plan.startDelayMs = ms;
    },
  }),
  stuckProvisioning: row({
    read: nothing,
    plan: (_, task) => {
      task.plan.stuckIn = 'PROVISIONING';
    },
  }),
  stuckPending: row({
    read: nothing,
    plan: (_, task) => {
      task.plan.stuckIn = 'PENDING';
    },
  }),
  startFailure: row({
    read: words('Timeout waiting for network interface provisioning to complete.'),
    plan: (reason, task) => {
      task.plan.startFailure = reason;
    },
  }),
  slowStop: row({
    read: number(),
    plan: (ms, task) => {
      task.plan.stopDelayMs = ms;
    },
  }),
  /** RUNNING, but nothing runs in it: a worker that never registers. */
  noProcess: row({
    read: nothing,
    plan: (_, task) => {
      task.plan.hollow = true;
    },
  }),

  // What strikes a running task.
  exit: row({
    read: shape({ afterMs: 0, code: 1 }),
    strike: ({ afterMs, code }, account, task) =>
      account.agenda.in(afterMs, () => killContainer(account, task, code, null)),
  }),
  oom: row({
    read: shape({ afterMs: 0 }),
    strike: ({ afterMs }, account, task) =>
      account.agenda.in(afterMs, () =>
        killContainer(account, task, 137, 'OutOfMemoryError: Container killed due to memory usage'),
      ),
  }),
  spotReclaim: row({
    read: shape({ afterMs: 0, noticeMs: 120_000, stopCode: 'SpotInterruption' }),
    strike: ({ afterMs, noticeMs, stopCode }, account, task) =>
      account.agenda.in(afterMs, () =>
        reclaim(account, task, stopCode, 'Your Spot Task was interrupted.', noticeMs),
      ),
  }),
  maintenance: row({
    read: shape({ afterMs: 0 }),
    strike: ({ afterMs }, account, task) =>
      account.agenda.in(afterMs, () =>
        stop(
          account,
          task,
          'ServiceSchedulerInitiated',
          'ECS is performing maintenance on the underlying infrastructure hosting the task',
        ),
      ),
  }),
  /** Dead and forgotten at once, as after a long absence: DescribeTasks says MISSING. */
  vanish: row({
    read: shape({ afterMs: 0 }),
    strike: ({ afterMs }, account, task) =>
      account.agenda.in(afterMs, () => {
        killContainer(account, task, 137, null);
        forget(account, task);
      }),
  }),
};
