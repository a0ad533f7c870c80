import {
  ConflictException,
  type ECSClient,
  type ListTasksCommandInput,
  type RunTaskCommandInput,
  type StopTaskCommandInput,
} from '@aws-sdk/client-ecs';
import { EcsFailure } from '../../src/aws/errors.ts';
import type { Agenda, Owner } from './agenda.ts';
import { never } from './agenda.ts';
import { type Ecs, TokenConflict } from './ecs.ts';
import type { Power } from './powers.ts';
import type { Random } from './random.ts';

export const operations = ['RunTask', 'StopTask', 'DescribeTasks', 'ListTasks'] as const;
export type Operation = (typeof operations)[number];

/** How a call can go wrong on its way, or at the other end. */
export const mishaps = [
  'throttle',
  'wrappedThrottle',
  'error500',
  'error500Executed',
  'reset',
  'resetExecuted',
  'hang',
  'hangExecuted',
  'late',
  'executedLate',
  'garbled',
  'slow',
  'denied',
  'expired',
] as const;
/**
 * Of the wide profile: headers, and then nothing. The SDK's time limit is for the headers, so only the program's own
 * deadline ends such a call.
 */
export const wideMishaps = ['endless', 'endlessExecuted'] as const;
export type Mishap = (typeof mishaps)[number] | (typeof wideMishaps)[number];

/** The next so many calls of these operations go wrong like this, or all until then. */
export interface Trap {
  operations: readonly Operation[];
  mishap: Mishap;
  left: number;
  until: number;
  /** What the wide profile is said to have met by it. */
  power?: Power | undefined;
}

export interface ClientEvents {
  /** The world may want to kill the daemon here. */
  point(point: `${Operation}.${'sent' | 'executed' | 'answered'}`): void;
  odd(fault: string): void;
  power(power: Power): void;
  sent(operation: Operation, input: object): void;
  /** AWS's own buckets let it pass. */
  admits(operation: Operation): boolean;
  note(line: () => string): void;
}

/** The daemon's own limit for one request, ms. */
const requestTimeout = 15_000;

const aws = (name: string, message: string, status = 400): Error =>
  Object.assign(new Error(message), {
    name,
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status },
  });

const errors: Record<string, () => Error> = {
  throttle: () => aws('ThrottlingException', 'Rate exceeded'),
  wrappedThrottle: () =>
    aws(
      'InvalidParameterException',
      'Error retrieving subnet information for [subnet-1]: Rate exceeded (ErrorCode: Throttling)',
    ),
  error500: () => aws('ServerException', 'Service Unavailable. Please try again later.', 500),
  reset: () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  timeout: () => Object.assign(new Error('no answer'), { name: 'TimeoutError' }),
  garbled: () => new SyntaxError('Unexpected token < in JSON'),
  denied: () =>
    aws('AccessDeniedException', 'User: simulated is not authorized to perform: ecs:Simulated'),
  expired: () => aws('ExpiredTokenException', 'The security token included is expired'),
};

/** When a call is carried out and when it is answered, ms from its sending; null: never. */
interface Course {
  executed: number | null;
  answered: number | null;
  error: keyof typeof errors | null;
}

/** What lies between the daemon and ECS. */
export const createClient = (
  agenda: Agenda,
  random: Random,
  ecs: Ecs,
  traps: Trap[],
  events: ClientEvents,
) => {
  const execute = (operation: Operation, input: object, askedAt: number): object => {
    const { cluster } = input as { cluster?: string };
    const { task: one, tasks: some = [] } = input as { task?: string; tasks?: string[] };
    const named = one === undefined ? some : [one];
    if (named.some((arn) => ecs.isElsewhere(arn, cluster)))
      throw aws('InvalidParameterException', 'Identifier is of another cluster.');
    if (ecs.isClusterGone(cluster)) throw aws('ClusterNotFoundException', 'Cluster not found.');
    switch (operation) {
      case 'RunTask':
        try {
          return ecs.runTask(input as RunTaskCommandInput, askedAt);
        } catch (error) {
          if (!(error instanceof TokenConflict)) throw error;
          throw new ConflictException({
            message: error.message,
            $metadata: { httpStatusCode: 400 },
            resourceIds: error.taskArns,
          });
        }
      case 'StopTask': {
        const { task = '', reason = '' } = input as StopTaskCommandInput;
        const stopped = ecs.stopTask(task, reason);
        if (!stopped) throw aws('InvalidParameterException', 'The referenced task was not found.');
        return { task: stopped };
      }
      case 'DescribeTasks':
        return ecs.describe((input as { tasks: string[] }).tasks);
      case 'ListTasks': {
        const { startedBy = '', nextToken } = input as ListTasksCommandInput;
        const all = ecs.list(startedBy, cluster);
        // Pages may be smaller than was asked for.
        const from = Number(nextToken ?? 0);
        const taskArns = all.slice(from, from + 7);
        return from + 7 < all.length ? { taskArns, nextToken: `${from + 7}` } : { taskArns };
      }
    }
  };

  const trapFor = (operation: Operation): Mishap | null => {
    const trap = traps.find(
      (each) => each.operations.includes(operation) && each.left > 0 && agenda.now() < each.until,
    );
    if (!trap) return null;
    trap.left--;
    if (trap.power) events.power(trap.power);
    return trap.mishap;
  };

  const courseOf = (mishap: Mishap | null): Course => {
    const round = random.between(30, 300);
    const executed = round * random.next();
    switch (mishap) {
      case null:
        return { executed, answered: round, error: null };
      case 'throttle':
      case 'wrappedThrottle':
      case 'error500':
      case 'reset':
      case 'denied':
      case 'expired':
        return { executed: null, answered: round, error: mishap };
      case 'error500Executed':
        return { executed, answered: round, error: 'error500' };
      case 'resetExecuted':
        return { executed, answered: round, error: 'reset' };
      case 'garbled':
        return { executed, answered: round, error: 'garbled' };
      case 'slow': {
        const late = random.between(3000, 14_500);
        return { executed: late * random.next(), answered: late, error: null };
      }
      case 'endless':
      case 'hang':
        return { executed: null, answered: null, error: null };
      case 'endlessExecuted':
      case 'hangExecuted':
        return { executed, answered: null, error: null };
      // Answered after 20 s, which is later than the daemon waits; carried out at once, or not before.
      case 'late':
        return { executed, answered: 20_000, error: null };
      case 'executedLate':
        return { executed: random.between(10_000, 20_000), answered: 20_000, error: null };
    }
  };

  return (owner: Owner): Pick<ECSClient, 'send'> => ({
    send: ((
      command: { constructor: { name: string }; input: object },
      options?: { abortSignal?: AbortSignal },
    ): Promise<object> => {
      if (owner.dead) return never();
      const operation = command.constructor.name.replace('Command', '') as Operation;
      const { input } = command;
      const askedAt = agenda.now();
      events.sent(operation, input);
      events.point(`${operation}.sent`);
      // Killed while it was leaving: sometimes the request is out already.
      if (owner.dead && random.chance(0.5)) return never();
      let mishap = trapFor(operation);
      if (!events.admits(operation)) {
        events.power('token buckets');
        mishap = 'throttle';
      }
      const isEndless = mishap === 'endless' || mishap === 'endlessExecuted';
      if (mishap) events.odd(`${mishap}:${operation}`);
      const { executed, answered, error } = courseOf(mishap);
      events.note(
        () =>
          `${operation} ${mishap ?? ''}${operation === 'StopTask' ? (input as StopTaskCommandInput).task?.slice(-3) : ''}`,
      );

      return new Promise((resolve, reject) => {
        let outcome: { output: object } | { error: unknown } | null = null;
        if (executed !== null)
          agenda.after(executed, () => {
            try {
              outcome = { output: execute(operation, input, askedAt) };
            } catch (thrown) {
              outcome = { error: thrown };
            }
            events.point(`${operation}.executed`);
          });
        const answer = () => {
          if (timer) agenda.cancel(timer);
          leave();
          if (error !== null) reject(errors[error]?.());
          else if (outcome && 'output' in outcome) resolve(outcome.output);
          else reject(outcome?.error ?? errors.timeout?.());
          events.point(`${operation}.answered`);
        };
        const timer = isEndless
          ? null
          : agenda.timer(
              requestTimeout,
              () => {
                if (answering) agenda.cancel(answering);
                leave();
                reject(errors.timeout?.());
              },
              owner,
            );
        const answering =
          answered !== null && answered <= requestTimeout
            ? agenda.after(answered, answer, owner)
            : null;
        const abort = () => {
          if (timer) agenda.cancel(timer);
          if (answering) agenda.cancel(answering);
          const { reason } = options?.abortSignal ?? {};
          if (isEndless && reason instanceof EcsFailure && reason.code === 'deadline') {
            events.power('answers without end');
            events.odd(`deadline:${operation}`);
          }
          reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
        };
        const leave = () => options?.abortSignal?.removeEventListener('abort', abort);
        options?.abortSignal?.addEventListener('abort', abort, { once: true });
      });
    }) as unknown as ECSClient['send'],
  });
};
