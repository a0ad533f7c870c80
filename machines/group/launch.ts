import { assign, setup } from 'xstate';
import { backoff } from '../shared/backoff.ts';
import type { LaunchAnswer, LaunchOrder, Market, Refusal } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';

/** What became of a launch: who got which task, and every "no" in AWS's words. */
export interface LaunchEnd {
  label: string;
  groups: { groupId: string; taskArn: string }[];
  refusals: Refusal[];
  market: Market;
  subnets?: string[] | undefined;
  /** It was given up without an answer: it may have bought tasks that only a list can show. */
  outcomeUnknown?: true;
}

export interface LaunchInput {
  order: LaunchOrder;
  groupIds: string[];
  /** An attempt was left without an answer, by this run or one before it: it may have been carried out. */
  outcomeUnknown: boolean;
}

export interface LaunchContext extends LaunchInput {
  attempts: number;
  /** Clear "no" among them. */
  rejections: number;
  /** When to ask again; null until a tick has shown the time. Milliseconds since the epoch. */
  retryAt: number | null;
  answer: LaunchAnswer;
  /** Why the last attempt gave no answer. */
  lastFailure: FailureNote | null;
  /** Who got which task. */
  groups: LaunchEnd['groups'];
}

type LaunchEvent =
  /** `allowed`: new launches may be sent now. */
  { type: 'launch.tick'; now: number; allowed: boolean } | { type: 'launch.abandon' };

/**
 * A outcomeUnknown launch that hears nothing but clear "no" is asked for so often: some ten minutes. By then
 * whatever it bought is long in the lists, and adoption finds it.
 */
const maxRejections = 15;

/** One that hears nothing at all is asked for half a day at most: a clientToken lives a day, and buys anew after it. */
const maxAttempts = 600;

const noAnswer: LaunchAnswer = { taskArns: [], refusals: [] };

/** 1 s, 2 s, 4 s ... 60 s. The limiter below spreads what several launches ask at once. */
const pause = (attempts: number): number => backoff(attempts, { firstMs: 1000, longestMs: 60_000 });

const refuseAll = (note: FailureNote, count: number): LaunchAnswer => ({
  taskArns: [],
  refusals: Array.from({ length: count }, () => ({ ...note })),
});

/**
 * One RunTask for up to ten groups under one clientToken. Written down before it is sent, and sent
 * again unchanged for as long as nobody knows whether it was carried out.
 */
export const launch = setup({
  types: {} as {
    input: LaunchInput;
    context: LaunchContext;
    events: LaunchEvent;
    output: LaunchEnd;
  },
  actors: {
    journalLaunch: effect<void, LaunchOrder>('journalLaunch'),
    runTask: effect<LaunchAnswer, LaunchOrder>('runTask'),
    /** Resolves to who owns what: an ARN that another group owns already is not handed out again. */
    journalOutcome: effect<
      LaunchEnd['groups'],
      { label: string; groupIds: string[]; answer: LaunchAnswer }
    >('journalOutcome'),
  },
  actions: {
    armRetry: assign({
      retryAt: ({ context, event }) =>
        event.type === 'launch.tick' && context.retryAt === null
          ? event.now + pause(context.attempts)
          : context.retryAt,
    }),
  },
  guards: {
    /** No answer; or a "no" to this attempt, which says nothing of an earlier one. */
    outcomeStillUnknown: (
      { context: { outcomeUnknown, attempts, rejections } },
      { kind }: FailureNote,
    ) =>
      attempts < maxAttempts &&
      (kind === 'unreachable' || (outcomeUnknown && rejections + 1 < maxRejections)),
    throttled: (_, { kind }: FailureNote) => kind === 'throttled',
    due: ({ context, event }) =>
      event.type === 'launch.tick' && context.retryAt !== null && event.now >= context.retryAt,
    dueAndAllowed: ({ context, event }) =>
      event.type === 'launch.tick' &&
      event.allowed &&
      context.retryAt !== null &&
      event.now >= context.retryAt,
  },
}).createMachine({
  id: 'launch',
  context: ({ input }) => ({
    ...input,
    attempts: 0,
    rejections: 0,
    retryAt: null,
    answer: noAnswer,
    lastFailure: null,
    groups: [],
  }),
  output: ({ context: { order, groups, answer, outcomeUnknown } }) => ({
    label: order.label,
    groups,
    refusals: answer.refusals,
    market: order.market,
    ...(order.subnets && { subnets: order.subnets }),
    ...(outcomeUnknown && { outcomeUnknown }),
  }),
  initial: 'journaling',
  states: {
    journaling: {
      invoke: {
        id: 'journalLaunch',
        src: 'journalLaunch',
        input: ({ context }) => context.order,
        onDone: 'requesting',
        // Without its intent on disk a launch could be repeated after a crash: so nothing is sent.
        onError: {
          target: 'done',
          actions: assign({
            answer: ({ context, event }) => refuseAll(noteOf(event.error), context.order.count),
          }),
        },
      },
    },
    requesting: {
      entry: assign({ attempts: ({ context }) => context.attempts + 1, retryAt: null }),
      invoke: {
        id: 'runTask',
        src: 'runTask',
        input: ({ context }) => context.order,
        onDone: {
          target: 'recording',
          actions: assign({
            answer: ({ event }) => event.output,
            lastFailure: null,
            outcomeUnknown: false,
          }),
        },
        onError: [
          {
            guard: { type: 'outcomeStillUnknown', params: ({ event }) => noteOf(event.error) },
            target: 'outcomeUnknown',
            actions: assign({
              outcomeUnknown: true,
              rejections: ({ context, event }) =>
                context.rejections + (noteOf(event.error).kind === 'unreachable' ? 0 : 1),
              lastFailure: ({ event }) => noteOf(event.error),
            }),
          },
          {
            guard: { type: 'throttled', params: ({ event }) => noteOf(event.error) },
            target: 'throttled',
            actions: assign({ lastFailure: ({ event }) => noteOf(event.error) }),
          },
          {
            target: 'recording',
            actions: assign({
              answer: ({ context, event }) => refuseAll(noteOf(event.error), context.order.count),
            }),
          },
        ],
      },
    },
    // It may have been carried out: whatever is wanted meanwhile, only the answer ends this.
    outcomeUnknown: {
      on: { 'launch.tick': [{ guard: 'due', target: 'requesting' }, { actions: 'armRetry' }] },
    },
    // It was certainly not carried out: so it is as good as a new one, and may be given up.
    throttled: {
      on: {
        'launch.tick': [{ guard: 'dueAndAllowed', target: 'requesting' }, { actions: 'armRetry' }],
        'launch.abandon': {
          target: 'recording',
          actions: assign({
            answer: ({ context }) =>
              refuseAll({ kind: 'throttled', reason: 'no longer wanted' }, context.order.count),
          }),
        },
      },
    },
    recording: {
      invoke: {
        id: 'journalOutcome',
        src: 'journalOutcome',
        input: ({ context }) => ({
          label: context.order.label,
          groupIds: context.groupIds,
          answer: context.answer,
        }),
        onDone: { target: 'done', actions: assign({ groups: ({ event }) => event.output }) },
        // The tasks run whether or not we could write that down.
        onError: {
          target: 'done',
          actions: assign({
            groups: ({ context }) =>
              context.answer.taskArns.flatMap((taskArn, i) => {
                const groupId = context.groupIds[i];
                return groupId === undefined ? [] : [{ groupId, taskArn }];
              }),
          }),
        },
      },
    },
    done: { type: 'final' },
  },
});
