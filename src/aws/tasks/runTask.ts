import { ConflictException, type ECSClient, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import type { LaunchAnswer, LaunchOrder } from '../../../machines/shared/domain.ts';
import type { Call } from '../caller.ts';
import { classifyRefusal, EcsFailure } from '../errors.ts';
import type { TaskTemplate } from '../launch/launchTemplate.ts';
import { secretsOf } from '../redact.ts';

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
 * (`unreachable`: it is not known what was started) or the signal's reason.
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
        return await ecs.send(new RunTaskCommand(input), options);
      } catch (error) {
        // The token was first sent with other parameters; the exception names the tasks that were started then.
        if (!(error instanceof ConflictException) || !error.resourceIds?.length) throw error;
        const tasks: Task[] = [...error.resourceIds].map((taskArn) => ({ taskArn }));
        return { tasks, failures: [], isWhole: true };
      }
    };
    const answer = await call('RunTask', send, signal, secrets);
    const { tasks = [], failures = [] } = answer;
    const taskArns = arnsOf(tasks);
    if (!('isWhole' in answer)) assertComplete(taskArns.length + failures.length, order.count);
    const refusals = failures.map((failure) => {
      const reason = [failure.reason, failure.detail].filter(Boolean).join(': ');
      const { code: _, ...refusal } = classifyRefusal(reason || 'no reason was given', secrets);
      return refusal;
    });
    const createdAt = creationOf(tasks);
    const requestId = '$metadata' in answer ? answer.$metadata.requestId : undefined;
    return {
      taskArns,
      refusals,
      ...(Object.keys(createdAt).length > 0 && { createdAt }),
      ...(requestId !== undefined && { requestId }),
    };
  };
}

function arnsOf(tasks: Task[]): string[] {
  return [...new Set(tasks.flatMap(({ taskArn }) => taskArn ?? []))];
}

/** Throws if the answer leaves open what became of some tasks: they may run, and a second token would buy them again. */
function assertComplete(told: number, count: number): void {
  if (told >= count) return;
  throw new EcsFailure(
    { kind: 'unreachable', awsName: 'RunTask', code: 'unfinished' },
    `RunTask: the answer tells of ${told} of the ${count} tasks that were asked for`,
  );
}
