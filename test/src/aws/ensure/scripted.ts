import { createCaller } from '../../../../src/aws/caller.ts';
import type { AwsTools } from '../../../../src/aws/ensure/tools.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { virtualClock } from '../virtualClock.ts';

type Reply = object | Error | ((input: Record<string, unknown>) => object | Error);

/** An error as the SDK throws it. */
export const awsError = (name: string, message = 'no', status = 400): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });

export const denied = awsError('AccessDeniedException', 'User is not authorized to perform: it');

interface Scripted {
  tools: AwsTools;
  calls: [operation: string, input: Record<string, unknown>][];
  operations(): string[];
  /** Input of the last call of this operation. */
  input(operation: string): Record<string, unknown> | undefined;
  signal: AbortSignal;
}

/**
 * AWS tools that answer each operation with its replies in turn, then with the last one again. Time passes only in
 * sleeps.
 */
export const scripted = (script: Record<string, Reply[]>): Scripted => {
  const calls: Scripted['calls'] = [];
  const clock = virtualClock();
  const send = async (command: object): Promise<object> => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const input = (command as { input: Record<string, unknown> }).input;
    calls.push([operation, input]);
    const replies = script[operation];
    if (!replies) throw new Error(`the script has no reply to ${operation}`);
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    const answer = typeof reply === 'function' ? reply(input) : reply;
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  };
  const sleep = async (ms: number) => {
    await clock.pass(ms);
  };
  const tools = {
    ecs: { send },
    iam: { send },
    clock: { now: clock.now, sleep },
    log: silentLog,
    call: createCaller({
      limiter: { acquire: async () => {}, throttled() {} },
      clock: { now: clock.now, sleep },
      log: silentLog,
      attemptTimeoutMs: Number.POSITIVE_INFINITY,
    }),
  } as unknown as AwsTools;
  return {
    tools,
    calls,
    operations: () => calls.map(([operation]) => operation),
    input: (operation: string) => calls.findLast(([each]) => each === operation)?.[1],
    signal: new AbortController().signal,
  };
};
