import { fleetOwnershipTag } from '../../src/aws/launch/ownershipTag.ts';
import type { Ecs } from './ecs.ts';
import { tag, workerAddress } from './settings.ts';

const taskOf = (startedBy: string, scheduler: string) => ({
  startedBy,
  overrides: {
    containerOverrides: [
      {
        environment: [
          {
            name: 'COMMAND',
            value: `exec scaler_worker_manager baremetal_native ${scheduler} --mode fixed`,
          },
        ],
      },
    ],
  },
});

/**
 * Tasks of others, in the same cluster: another fleet's, and one with our tag for another scheduler. `orphan`: and one of
 * ours that no launch of ours made.
 */
export function createForeignTasks(ecs: Ecs, at: number, orphan: boolean): void {
  for (let i = 0; i < 2; i++)
    ecs.create(taskOf(fleetOwnershipTag('others'), workerAddress), false, at);
  ecs.create(taskOf(tag, 'tcp://elsewhere:1'), false, at);
  if (orphan) ecs.create(taskOf(tag, workerAddress), true, at);
}
