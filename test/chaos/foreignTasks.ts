import type { LedgerTask } from '../../src/emulator/ledger.ts';
import { isAlive } from './cloud.ts';
import type { World } from './world.ts';

/** Tasks in our cluster that are not for us to touch. */
export interface Strangers {
  isOne(task: LedgerTask): boolean;
  /** Those that were stopped, or that somebody tried to stop. */
  touched(): Promise<string[]>;
}

const command = 'exec scaler_worker_manager baremetal_native tcp://10.9.9.9:8516 --mode fixed';

/**
 * One of another program, one of nobody, and one that carries our mark by mistake: its COMMAND names another
 * scheduler. Needs the cluster and the definition.
 */
export async function inviteStrangers({ cloud, mark }: World): Promise<Strangers> {
  const tokens = ['stranger-other', 'stranger-nobody', 'stranger-impostor'];
  const starters = ['another-program', undefined, mark];
  for (const [i, clientToken] of tokens.entries())
    await cloud.call('RunTask', {
      cluster: 'scaler-cluster',
      taskDefinition: 'scaler-task-definition',
      count: 1,
      launchType: 'FARGATE',
      clientToken,
      startedBy: starters[i],
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      overrides: {
        containerOverrides: [
          { name: 'scaler-container', environment: [{ name: 'COMMAND', value: command }] },
        ],
      },
    });
  const isOne = ({ clientToken }: LedgerTask) => tokens.includes(clientToken ?? '');
  return {
    isOne,
    touched: async () =>
      (await cloud.ledger()).tasks
        .filter((task) => isOne(task) && (!isAlive(task) || task.stopCalls > 0))
        .map(({ clientToken }) => clientToken ?? ''),
  };
}
