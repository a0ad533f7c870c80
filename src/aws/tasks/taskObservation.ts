import type { Task } from '@aws-sdk/client-ecs';
import type { TaskObservation, TaskPhase } from '../../../machines/shared/domain.ts';
import { classifyStop } from './stopReason.ts';

/** The phase of a described task, from its last and desired status; null: the status is unknown, which says nothing. */
export function phaseOf({ lastStatus, desiredStatus }: Task): TaskPhase | null {
  switch (lastStatus) {
    case 'STOPPED':
    case 'DELETED':
      return 'stopped';
    case 'DEACTIVATING':
    case 'STOPPING':
    case 'DEPROVISIONING':
      return 'stopping';
  }
  // After a Spot interruption, a StopTask or an exit, desiredStatus changes before lastStatus.
  if (desiredStatus === 'STOPPED') return 'stopping';
  switch (lastStatus) {
    case 'PROVISIONING':
    case 'PENDING':
    case 'ACTIVATING':
      return 'starting';
    case 'RUNNING':
      return 'running';
    default:
      return null;
  }
}

/** What the machines need of a described task; null: its status is unknown. */
export function observationOf(task: Task): TaskObservation | null {
  const phase = phaseOf(task);
  if (phase === null) return null;
  const verdict = phase === 'stopped' || phase === 'stopping' ? classifyStop(task) : null;
  // `lost` while the task is still stopping means that ECS has not given a reason yet.
  const isReasonPending = phase === 'stopping' && verdict?.cause === 'lost';
  const subnet = verdict?.subnet ?? subnetOf(task);
  return {
    taskArn: task.taskArn ?? '',
    phase,
    cause: isReasonPending ? null : (verdict?.cause ?? null),
    detail: isReasonPending ? null : (verdict?.detail ?? null),
    createdAt: task.createdAt?.getTime() ?? null,
    ...(task.startedAt && { startedAt: task.startedAt.getTime() }),
    ...(phase === 'stopping' && hasExecutionStopped(task) && { executionStopped: true }),
    ...(subnet !== undefined && { subnet }),
    ...marketOf(task),
    ...(phase === 'stopped' && lifeOf(task)),
    ...(verdict?.failureReason && { failureReason: verdict.failureReason }),
  };
}

/** A task of an unknown status: what it is up to is not known, but since when it is there is, and whether it has started. */
export function unknownObservationOf(task: Task): TaskObservation {
  return {
    taskArn: task.taskArn ?? '',
    ...{ phase: 'unknown', cause: null, detail: null },
    createdAt: task.createdAt?.getTime() ?? null,
    ...(task.startedAt && { startedAt: task.startedAt.getTime() }),
    ...marketOf(task),
  };
}

export function marketOf({
  capacityProviderName,
  launchType,
}: Task): Pick<TaskObservation, 'market'> | null {
  if (capacityProviderName === 'FARGATE_SPOT') return { market: 'spot' };
  return capacityProviderName || launchType ? { market: 'onDemand' } : null;
}

/** Both times are AWS's, so the clock of this host does not matter. */
function lifeOf({ createdAt, stoppedAt }: Task): Pick<TaskObservation, 'livedMs'> | null {
  return createdAt && stoppedAt ? { livedMs: stoppedAt.getTime() - createdAt.getTime() } : null;
}

function hasExecutionStopped({ lastStatus, executionStoppedAt }: Task): boolean {
  return lastStatus === 'DEPROVISIONING' || executionStoppedAt !== undefined;
}

/** The subnet of the task's network interface, which is set before the interface is attached. */
function subnetOf({ attachments }: Task): string | undefined {
  return attachments
    ?.find(({ type }) => type === 'ElasticNetworkInterface')
    ?.details?.find(({ name }) => name === 'subnetId')?.value;
}
