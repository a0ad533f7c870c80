import { ConflictException, type ECSClient, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import type { LaunchAnswer, LaunchOrder } from '../../../machines/shared/domain.ts';
import type { Call } from '../caller.ts';
import { classifyRefusal, EcsFailure } from '../errors.ts';
import type { TaskTemplate } from '../launch/launchTemplate.ts';
import { secretsOf } from '../redact.ts';
import { wellFormed } from '../wellFormed.ts';

/** When ECS says that it created these tasks, by their ARN, milliseconds since the epoch. */
function creationOf(tasks: Task[]): Record<string, number> {
  const told = tasks.flatMap(({ taskArn, createdAt }) =>
    taskArn && createdAt ? [[taskArn, createdAt.getTime()] as const] : [],
  );
  return Object.fromEntries(told);
}

/**
 * Sends one launch, once. Safe to repeat with the same order: ECS answers a known token with the tasks it
 * already bought.
 */
export const runTask =
  (ecs: Pick<ECSClient, 'send'>, call: Call, template: Pick<TaskTemplate, 'request'>) =>
  async (order: LaunchOrder, signal: AbortSignal): Promise<LaunchAnswer> => {
    const input = template.request(order);
    const secrets = secretsOf(input.overrides);
    const send = async (options: { abortSignal: AbortSignal }) => {
      try {
        return wellFormed('RunTask', await ecs.send(new RunTaskCommand(input), options));
      } catch (error) {
        // The settings changed since this token was first sent: it still names the tasks it bought.
        if (!(error instanceof ConflictException) || !error.resourceIds?.length) throw error;
        const tasks: Task[] = [...error.resourceIds].map((taskArn) => ({ taskArn }));
        return wellFormed('RunTask', { tasks, failures: [] });
      }
    };
    const { tasks, failures } = await call('RunTask', send, signal, secrets);
    const taskArns = (tasks ?? []).flatMap(({ taskArn }) => taskArn ?? []);
    const refusals = (failures ?? []).map((failure) => {
      const words = [failure.reason, failure.detail].filter(Boolean).join(': ');
      const { code: _, ...refusal } = classifyRefusal(words || 'no reason was given', secrets);
      return refusal;
    });
    if (taskArns.length === 0 && refusals.length === 0)
      throw new EcsFailure(
        { kind: 'refused', awsName: 'RunTask', code: 'empty' },
        'RunTask: the answer names no task and no reason',
      );
    const createdAt = creationOf(tasks ?? []);
    return { taskArns, refusals, ...(Object.keys(createdAt).length > 0 && { createdAt }) };
  };
