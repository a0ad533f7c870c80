import type { Task } from '@aws-sdk/client-ecs';
import type { TaskObservation, TaskPhase } from '../../../machines/shared/domain.ts';
import { classifyStop } from './stopReason.ts';

/** The phase of a described task, from its last and desired status. */
export function phaseOf({ lastStatus, desiredStatus }: Task): TaskPhase {
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
  return lastStatus === 'RUNNING' ? 'running' : 'starting';
}

/** What the machines need of a described task. */
export function observationOf(task: Task): TaskObservation {
  const phase = phaseOf(task);
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
    ...(subnet !== undefined && { subnet }),
    ...(verdict?.failureReason && { failureReason: verdict.failureReason }),
  };
}

/** The subnet of the task's network interface, which is set before the interface is attached. */
function subnetOf({ attachments }: Task): string | undefined {
  return attachments
    ?.find(({ type }) => type === 'ElasticNetworkInterface')
    ?.details?.find(({ name }) => name === 'subnetId')?.value;
}
