import { type ECSClient, StopTaskCommand } from '@aws-sdk/client-ecs';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import { inCluster } from './missingCluster.ts';
import { ownStopReason } from './stopReason.ts';
import { placeOf } from './taskPlace.ts';

/**
 * Returns a function that stops a task. It resolves once ECS has accepted the request, or if ECS does not know the
 * task any more. Rejects with an EcsFailure or the signal's reason.
 */
export function stopTask(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  cluster: string,
): (taskArn: string, reason: string, signal: AbortSignal) => Promise<void> {
  return async (taskArn, reason, signal) => {
    // The task may run in another cluster than the one in the settings.
    const taskCluster = placeOf(taskArn)?.cluster ?? cluster;
    const input = { cluster: taskCluster, task: taskArn, reason: ownStopReason(reason) };
    try {
      await call('StopTask', (options) => ecs.send(new StopTaskCommand(input), options), signal);
    } catch (error) {
      if (!(error instanceof EcsFailure)) throw error;
      if (error.code !== 'taskMissing') throw inCluster(error, taskCluster);
    }
  };
}
