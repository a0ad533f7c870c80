import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Call, createCaller } from '../../../src/aws/caller.ts';
import { EcsFailure } from '../../../src/aws/errors.ts';
import type { Limiter } from '../../../src/aws/limiter.ts';
import { createPauses } from '../../../src/aws/pauses.ts';
import { type Log, silentLog } from '../../../src/telemetry/log.ts';
import { rejectionOf } from './awsServer.ts';
import { type VirtualClock, virtualClock } from './virtualClock.ts';

const throttle = Object.assign(new Error('Rate exceeded'), {
  name: 'ThrottlingException',
  $metadata: { httpStatusCode: 400 },
});
const broken = Object.assign(new Error('Unavailable'), {
  name: 'ServerException',
  $metadata: { httpStatusCode: 500 },
});
const wrong = Object.assign(new Error('Tasks cannot be empty.'), {
  name: 'InvalidParameterException',
  $metadata: { httpStatusCode: 400 },
});

let clock: VirtualClock;
let call: Call;
let acquired: string[];
let slowed: string[];
let controller: AbortController;

beforeEach(() => {
  clock = virtualClock();
  acquired = [];
  slowed = [];
  controller = new AbortController();
  const limiter: Pick<Limiter, 'acquire' | 'throttled'> = {
    acquire: async (operation) => {
      acquired.push(operation);
    },
    throttled: (operation) => slowed.push(operation),
  };
  call = createCaller({
    limiter,
    clock,
    log: silentLog,
    random: () => 0.5,
    retryTimeoutMs: 10_000,
  });
});

const task = { taskArn: 'arn:task' };
/** Fits each operation of these tests. */
const answer = { taskArns: [], tasks: [], task, cluster: { status: 'ACTIVE' } };

/** A request that fails with these errors in turn, then succeeds. */
const answering = (...errors: unknown[]) => {
  const state = { sent: 0 };
  return {
    state,
    send: async () => {
      const error = errors[state.sent++];
      if (error !== undefined) throw error;
      return answer;
    },
  };
};

describe('createCaller', () => {
  it('has Node.js warn of no leak when many calls share a signal', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    const unanswered = async () => new Promise<never>(() => {});
    const calls = Array.from({ length: 20 }, () =>
      call('DescribeTasks', unanswered, controller.signal),
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    controller.abort(new Error('over'));
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(
      Array(20).fill('rejected'),
    );
  });

  it('sends the request after the limiter and returns the answer', async () => {
    expect(await call('ListTasks', answering().send, controller.signal)).toBe(answer);
    expect(acquired).toEqual(['ListTasks']);
  });

  it.each(['DescribeTasks', 'ListTasks', 'CreateCluster'])(
    'retries %s after throttles and 5xx answers, through the limiter each time',
    async (operation) => {
      const { state, send } = answering(throttle, broken, throttle);
      const calling = call(operation, send, controller.signal);
      await clock.pass(10_000);
      expect(await calling).toBe(answer);
      expect(state.sent).toBe(4);
      expect(acquired).toHaveLength(4);
      expect(slowed).toEqual([operation, operation]);
    },
  );

  it('sends a call again at once when its pause is ended', async () => {
    const pauses = createPauses(clock);
    call = createCaller({
      ...{ limiter: { acquire: async () => {}, throttled() {} }, clock, log: silentLog, pauses },
      random: () => 1,
    });
    const { state, send } = answering(broken);
    const calling = call('ListTasks', send, controller.signal);
    await clock.pass(100);
    expect(state.sent).toBe(1);
    pauses.endAll();
    expect(await calling).toBe(answer);
  });

  it.each([
    [500, 2],
    [499, 1],
  ])(
    'sends a call again after a pause of 500 ms only if it may be retried for that long: %i ms',
    async (retryTimeoutMs, sent) => {
      call = createCaller({
        ...{ limiter: { acquire: async () => {}, throttled() {} }, clock, log: silentLog },
        ...{ random: () => 1, retryTimeoutMs },
      });
      const { state, send } = answering(broken);
      const calling = call('ListTasks', send, controller.signal).catch(() => {});
      await clock.pass(600);
      await calling;
      expect(state.sent).toBe(sent);
    },
  );

  it('slows the limiter for a throttle that is wrapped in another error', async () => {
    const wrapped = Object.assign(new Error('x (ErrorCode: RequestLimitExceeded)'), {
      name: 'InvalidParameterException',
      $metadata: { httpStatusCode: 400 },
    });
    await rejectionOf(call('RunTask', answering(wrapped).send, controller.signal));
    await rejectionOf(call('RunTask', answering(wrong).send, controller.signal));
    expect(slowed).toEqual(['RunTask']);
  });

  it('reports each answer and each failure, with its time and the id of the request', async () => {
    const reports: unknown[] = [];
    const log: Log = { report: (name, fields) => void reports.push([name, fields]) };
    const limiter = { acquire: async () => {}, throttled() {} };
    call = createCaller({ limiter, clock, log });
    const later = async (ms: number) => clock.sleep(ms, controller.signal);
    const answered = call(
      'ListTasks',
      async () => {
        await later(20);
        return { taskArns: [], $metadata: { requestId: 'r-1' } };
      },
      controller.signal,
    );
    await clock.pass(20);
    await answered;
    const refused = rejectionOf(
      call(
        'RunTask',
        async () => {
          await later(30);
          throw wrong;
        },
        controller.signal,
      ),
    );
    await clock.pass(30);
    await refused;
    expect(reports).toEqual([
      ['awsCall.answered', { operation: 'ListTasks', ms: 20, requestId: 'r-1' }],
      [
        'awsCall.failed',
        expect.objectContaining({
          ...{ operation: 'RunTask', ms: 30, kind: 'invalid' },
          awsName: 'InvalidParameterException',
          message: expect.stringContaining('Tasks cannot be empty.'),
        }),
      ],
    ]);
  });

  it('doubles the pause before each retry and multiplies it by the random number', async () => {
    const { state, send } = answering(throttle, throttle, throttle);
    const calling = call('ListTasks', send, controller.signal);
    for (const [ms, sent] of [
      [499, 1],
      [2, 2],
      [998, 2],
      [2, 3],
      [1_998, 3],
      [2, 4],
    ] as const) {
      await clock.pass(ms);
      expect(state.sent).toBe(sent);
    }
    expect(await calling).toBe(answer);
  });

  it.each([throttle, broken])(
    'does not retry RunTask, StopTask and RegisterTaskDefinition: %s',
    async (error) => {
      for (const operation of ['RunTask', 'StopTask', 'RegisterTaskDefinition']) {
        const { state, send } = answering(error);
        expect(await rejectionOf(call(operation, send, controller.signal))).toBeInstanceOf(
          EcsFailure,
        );
        expect(state.sent).toBe(1);
      }
    },
  );

  it('does not retry a failure of kind invalid', async () => {
    const { state, send } = answering(wrong);
    const failure = await rejectionOf(call('DescribeTasks', send, controller.signal));
    expect(failure).toMatchObject({ kind: 'invalid', awsName: 'InvalidParameterException' });
    expect(state.sent).toBe(1);
  });

  it('retries an answer that does not have the form of its operation', async () => {
    let sent = 0;
    const calling = call(
      'ListTasks',
      async () => (sent++ === 0 ? { tasks: [] } : { taskArns: ['arn:1'] }),
      controller.signal,
    );
    await clock.pass(10_000);
    expect(await calling).toEqual({ taskArns: ['arn:1'] });
    expect(sent).toBe(2);
  });

  it('rejects with the last failure when the retry timeout ends', async () => {
    const failure = rejectionOf(call('ListTasks', () => Promise.reject(broken), controller.signal));
    await clock.pass(60_000);
    expect(await failure).toMatchObject({ kind: 'unreachable' });
    expect(clock.now() - 1_000_000).toBe(60_000);
  });

  it('rejects with the reason of the signal, in a pause and during a request', async () => {
    const inPause = rejectionOf(call('ListTasks', () => Promise.reject(broken), controller.signal));
    const inRequest = rejectionOf(
      call(
        'RunTask',
        ({ abortSignal }) =>
          new Promise((_, reject) => {
            abortSignal.addEventListener('abort', () => reject(new Error('Request aborted')));
          }),
        controller.signal,
      ),
    );
    await clock.pass(1);
    const reason = new Error('shutting down');
    controller.abort(reason);
    expect(await inPause).toBe(reason);
    expect(await inRequest).toBe(reason);
  });

  describe('with credentials that AWS refuses', () => {
    const expired = Object.assign(new Error('The security token is expired'), {
      name: 'ExpiredTokenException',
      $metadata: { httpStatusCode: 400 },
    });
    let version: number;
    let renewed: boolean[];
    const renew = vi.fn(async (_: number, __: EcsFailure) => {
      const isOther = renewed.shift() ?? false;
      if (isOther) version++;
      return isOther;
    });

    beforeEach(() => {
      version = 1;
      renew.mockClear();
      call = createCaller({
        limiter: { acquire: async () => {}, throttled() {} },
        clock,
        log: silentLog,
        credentials: { version: () => version, source: () => 'profile "work"', renew },
      });
    });

    it.each(['RunTask', 'StopTask'])(
      'leaves it to the machines whether %s is still to be sent with others',
      async (operation) => {
        renewed = [true];
        const { state, send } = answering(expired);
        expect(await rejectionOf(call(operation, send, controller.signal))).toMatchObject({
          ...{ kind: 'credentials', isMended: true },
          message: expect.stringContaining('is expired (credentials from profile "work")'),
        });
        expect(state.sent).toBe(1);
        expect(renew).toHaveBeenCalledExactlyOnceWith(1, expect.any(EcsFailure));
        const again = await rejectionOf(
          call(operation, answering(expired).send, controller.signal),
        );
        expect(again).toMatchObject({ kind: 'credentials', isMended: false });
      },
    );

    it('sends any other call again at once with others', async () => {
      renewed = [true];
      const { state, send } = answering(expired);
      expect(await call('ListTasks', send, controller.signal)).toBe(answer);
      expect(state.sent).toBe(2);
      expect(renew).toHaveBeenCalledExactlyOnceWith(1, expect.any(EcsFailure));
    });

    it('fails with their source when there are no others, and when those are refused too', async () => {
      const message =
        'ListTasks: ExpiredTokenException: The security token is expired (credentials from profile "work")';
      for (const [given, times] of [
        [[], 1],
        [[true, true], 2],
      ] as const) {
        renewed = [...given];
        const { state, send } = answering(expired, expired, expired);
        const failure = await rejectionOf(call('ListTasks', send, controller.signal));
        expect(failure).toMatchObject({ kind: 'credentials', message });
        expect(state.sent).toBe(times);
      }
    });

    it('rejects with the reason of the signal while they are renewed', async () => {
      renew.mockReturnValueOnce(new Promise(() => {}));
      const calling = rejectionOf(call('ListTasks', answering(expired).send, controller.signal));
      await clock.pass(1);
      controller.abort(new Error('shutting down'));
      expect(await calling).toBe(controller.signal.reason);
    });

    it('does not renew them when there were none', async () => {
      const none = new EcsFailure(
        { kind: 'credentials', awsName: 'CredentialsProviderError', code: 'noCredentials' },
        'no credentials from profile "work"',
      );
      expect(await rejectionOf(call('RunTask', answering(none).send, controller.signal))).toBe(
        none,
      );
      expect(renew).not.toHaveBeenCalled();
    });

    it('leaves no listener on the signal', async () => {
      await call('ListTasks', answering(expired).send, controller.signal);
      expect(renew).toHaveBeenCalledTimes(1);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });
  });

  describe('with a request that has no end', () => {
    /** Heeds no signal, as a hanging credential helper. */
    const endless = () => new Promise<never>(() => {});

    it('fails as unreachable after 30 s and aborts the request', async () => {
      let heard: unknown;
      const calling = rejectionOf(
        call(
          'RunTask',
          ({ abortSignal }) => {
            abortSignal.addEventListener('abort', () => {
              heard = abortSignal.reason;
            });
            return endless();
          },
          controller.signal,
        ),
      );
      await clock.pass(29_999);
      expect(heard).toBeUndefined();
      await clock.pass(1);
      expect(await calling).toMatchObject({
        ...{ kind: 'unreachable', code: 'deadline', awsName: 'TimeoutError' },
        message: 'RunTask: no whole answer within 30 s',
      });
      expect(heard).toBe(await calling);
    });

    it('has no timer where a call may take any time', async () => {
      const limiter = { acquire: async () => {}, throttled() {} };
      const attemptTimeoutMs = Number.POSITIVE_INFINITY;
      call = createCaller({ limiter, clock, log: silentLog, attemptTimeoutMs });
      const calling = rejectionOf(call('RunTask', endless, controller.signal));
      await clock.pass(1);
      expect(clock.pending).toBe(0);
      controller.abort(new Error('the end'));
      expect(await calling).toBe(controller.signal.reason);
    });

    it('does not repeat a call that took as long as all its retries may', async () => {
      const send = vi.fn(endless);
      const calling = rejectionOf(call('ListTasks', send, controller.signal));
      await clock.pass(30_000);
      expect(await calling).toMatchObject({ code: 'deadline' });
      expect(send).toHaveBeenCalledOnce();
    });

    it('rejects with the reason of the signal at once', async () => {
      const calling = rejectionOf(call('StopTask', endless, controller.signal));
      await clock.pass(1);
      controller.abort(new Error('shutting down'));
      expect(await calling).toBe(controller.signal.reason);
    });

    it('is not sent when the signal was aborted while the limiter let it pass', async () => {
      const send = vi.fn(endless);
      const calling = rejectionOf(call('RunTask', send, controller.signal));
      controller.abort(new Error('no longer desired'));
      expect(await calling).toBe(controller.signal.reason);
      expect(send).not.toHaveBeenCalled();
    });
  });

  it('keeps a call back, unsent, while as many of its operation are under way as may be', async () => {
    const send = vi.fn(() => new Promise<never>(() => {}));
    const calls = Array.from({ length: 41 }, () =>
      rejectionOf(call('RunTask', send, controller.signal)),
    );
    await clock.pass(29_999);
    expect(send).toHaveBeenCalledTimes(40);
    await clock.pass(1);
    expect(send).toHaveBeenCalledTimes(41);
    controller.abort(new Error('the end'));
    await Promise.all(calls);
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer and no listener behind', async () => {
    await call('ListTasks', answering().send, controller.signal);
    await rejectionOf(call('RunTask', () => Promise.reject(wrong), controller.signal));
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});
