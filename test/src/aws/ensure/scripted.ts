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
  asked: [operation: string, input: Record<string, unknown>][];
  operations(): string[];
  /** Of the last call of this operation. */
  input(operation: string): Record<string, unknown> | undefined;
  signal: AbortSignal;
}

/** Each operation has replies of its own, given in turn; the last one stays. Time passes only in sleeps. */
export const scripted = (script: Record<string, Reply[]>): Scripted => {
  const asked: Scripted['asked'] = [];
  const clock = virtualClock();
  const send = async (command: object): Promise<object> => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const input = (command as { input: Record<string, unknown> }).input;
    asked.push([operation, input]);
    const replies = script[operation];
    if (!replies) throw new Error(`nobody expected ${operation}`);
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
    }),
  } as unknown as AwsTools;
  return {
    tools,
    asked,
    operations: () => asked.map(([operation]) => operation),
    input: (operation: string) => asked.findLast(([each]) => each === operation)?.[1],
    signal: new AbortController().signal,
  };
};
