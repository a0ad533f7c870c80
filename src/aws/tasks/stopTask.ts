import { type ECSClient, StopTaskCommand } from '@aws-sdk/client-ecs';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { placeOf } from '../../../machines/shared/taskPlace.ts';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import { inCluster } from './missingCluster.ts';
import { type OwnAccount, otherAccount } from './ownAccount.ts';
import { ownStopReason } from './stopReason.ts';
import { observationOf } from './taskObservation.ts';

interface StopOptions {
  ownAccount?: OwnAccount;
  /** The cluster of a task that was to be stopped does not exist. */
  onClusterMissing?: (taskArn: string, cluster: string) => void;
}

/**
 * Returns a function that stops a task. It resolves to the task as the answer shows it once ECS has accepted the request;
 * or to null if ECS does not know the task any more, or not its cluster: ECS deletes no cluster in which tasks run.
 * Rejects with an EcsFailure or the signal's reason.
 */
export function stopTask(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
  { ownAccount = () => null, onClusterMissing = () => {} }: StopOptions = {},
): (taskArn: string, reason: string, signal: AbortSignal) => Promise<TaskObservation | null> {
  return async (taskArn, reason, signal) => {
    // The task may run in another cluster than the one in the settings.
    const place = placeOf(taskArn);
    const taskCluster = place?.cluster ?? cluster;
    const elsewhere = otherAccount('StopTask', place?.account, ownAccount());
    if (elsewhere) throw elsewhere;
    const input = { cluster: taskCluster, task: taskArn, reason: ownStopReason(reason) };
    try {
      const send = (options: Parameters<typeof ecs.send>[1]) =>
        ecs.send(new StopTaskCommand(input), options);
      const { task } = await call('StopTask', send, signal);
      return task?.taskArn === taskArn ? observationOf(task) : null;
    } catch (error) {
      if (!(error instanceof EcsFailure)) throw error;
      if (error.code === 'taskMissing') return null;
      // Only of our own account it is known that the cluster is gone, and not only out of sight.
      if (error.code !== 'clusterMissing' || ownAccount() === null)
        throw inCluster(error, taskCluster);
      onClusterMissing(taskArn, taskCluster);
      return null;
    }
  };
}
