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
 * Returns a function that sends one RunTask for a launch order, without retries. Sending the same order again is
 * safe: for a client token that it knows, ECS answers with the tasks it started then. Rejects with an EcsFailure
 * or the signal's reason.
 */
export function runTask(
  ecs: Pick<ECSClient, 'send'>,
  call: Call,
  template: Pick<TaskTemplate, 'request'>,
): (order: LaunchOrder, signal: AbortSignal) => Promise<LaunchAnswer> {
  return async (order, signal) => {
    const input = template.request(order);
    const secrets = secretsOf(input.overrides);
    const send = async (options: { abortSignal: AbortSignal }) => {
      try {
        return wellFormed('RunTask', await ecs.send(new RunTaskCommand(input), options));
      } catch (error) {
        // The token was first sent with other parameters; the exception names the tasks that were started then.
        if (!(error instanceof ConflictException) || !error.resourceIds?.length) throw error;
        const tasks: Task[] = [...error.resourceIds].map((taskArn) => ({ taskArn }));
        return wellFormed('RunTask', { tasks, failures: [] });
      }
    };
    const { tasks, failures } = await call('RunTask', send, signal, secrets);
    const taskArns = (tasks ?? []).flatMap(({ taskArn }) => taskArn ?? []);
    const refusals = (failures ?? []).map((failure) => {
      const reason = [failure.reason, failure.detail].filter(Boolean).join(': ');
      const { code: _, ...refusal } = classifyRefusal(reason || 'no reason was given', secrets);
      return refusal;
    });
    if (taskArns.length === 0 && refusals.length === 0)
      throw new EcsFailure(
        { kind: 'refused', awsName: 'RunTask', code: 'empty' },
        'RunTask: the answer contains neither a task nor a failure',
      );
    const createdAt = creationOf(tasks ?? []);
    return { taskArns, refusals, ...(Object.keys(createdAt).length > 0 && { createdAt }) };
  };
}
