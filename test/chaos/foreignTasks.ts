import type { LedgerTask } from '../../src/emulator/ledger.ts';
import { isAlive } from './emulator.ts';
import type { TestBed } from './testBed.ts';

/** Tasks in the daemon's cluster that do not belong to it. */
export interface ForeignTasks {
  includes(task: LedgerTask): boolean;
  /** The client tokens of foreign tasks that were stopped or that StopTask was called for. */
  affected(): Promise<string[]>;
}

const command = 'exec scaler_worker_manager baremetal_native tcp://10.9.9.9:8516 --mode fixed';

/**
 * Starts three tasks: one of another program, one without startedBy, and one with the daemon's ownership tag but with
 * another scheduler in its COMMAND. Requires the cluster and the task definition.
 */
export async function startForeignTasks({
  emulator,
  ownershipTag,
}: TestBed): Promise<ForeignTasks> {
  const tokens = ['foreign-other-program', 'foreign-no-owner', 'foreign-same-tag'];
  const startedBy = ['another-program', undefined, ownershipTag];
  for (const [i, clientToken] of tokens.entries())
    await emulator.call('RunTask', {
      cluster: 'scaler-cluster',
      taskDefinition: 'scaler-task-definition',
      count: 1,
      launchType: 'FARGATE',
      clientToken,
      startedBy: startedBy[i],
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      overrides: {
        containerOverrides: [
          { name: 'scaler-container', environment: [{ name: 'COMMAND', value: command }] },
        ],
      },
    });
  const isForeign = ({ clientToken }: LedgerTask) => tokens.includes(clientToken ?? '');
  return {
    includes: isForeign,
    affected: async () =>
      (await emulator.ledger()).tasks
        .filter((task) => isForeign(task) && (!isAlive(task) || task.stopCalls > 0))
        .map(({ clientToken }) => clientToken ?? ''),
  };
}
