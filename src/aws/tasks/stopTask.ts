import { type ECSClient, StopTaskCommand } from '@aws-sdk/client-ecs';
import type { Call } from '../caller.ts';
import { EcsFailure } from '../errors.ts';
import { clusterOf } from './describeTasks.ts';
import { ownStopReason } from './stopReason.ts';

/** Resolves when ECS has the order. A task that has ended, or that nobody knows any more, needs none. */
export const stopTask =
  (ecs: Pick<ECSClient, 'send'>, call: Call, cluster: string) =>
  async (taskArn: string, reason: string, signal: AbortSignal): Promise<void> => {
    // Not where we would launch it now, but where it runs.
    const where = clusterOf(taskArn) ?? cluster;
    const command = { cluster: where, task: taskArn, reason: ownStopReason(reason) };
    try {
      await call('StopTask', (options) => ecs.send(new StopTaskCommand(command), options), signal);
    } catch (error) {
      if (!(error instanceof EcsFailure) || error.code !== 'taskMissing') throw error;
    }
  };
