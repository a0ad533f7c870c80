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
  doubted?: true;
}

export interface LaunchInput {
  order: LaunchOrder;
  groupIds: string[];
  /** An attempt was left without an answer, by this run or one before it: it may have been carried out. */
  doubted: boolean;
}

export interface LaunchContext extends LaunchInput {
  attempts: number;
  /** Clear "no" among them. */
  noes: number;
  /** When to ask again; null until a tick has shown the time. Milliseconds since the epoch. */
  retryAt: number | null;
  answer: LaunchAnswer;
  /** Why the last attempt gave no answer. */
  trouble: FailureNote | null;
  /** Who got which task. */
  groups: LaunchEnd['groups'];
}

type LaunchEvent =
  /** `allowed`: new launches may be sent now. */
  { type: 'launch.tick'; now: number; allowed: boolean } | { type: 'launch.abandon' };

/**
 * A doubted launch that hears nothing but clear "no" is asked for so often: some ten minutes. By then
 * whatever it bought is long in the lists, and adoption finds it.
 */
const mostNoes = 15;

/** One that hears nothing at all is asked for half a day at most: a clientToken lives a day, and buys anew after it. */
const mostUnheard = 600;

const nobody: LaunchAnswer = { taskArns: [], refusals: [] };

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
    unknown: ({ context: { doubted, attempts, noes } }, { kind }: FailureNote) =>
      attempts < mostUnheard && (kind === 'unreachable' || (doubted && noes + 1 < mostNoes)),
    doubted: ({ context }) => context.doubted,
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
    noes: 0,
    retryAt: null,
    answer: nobody,
    trouble: null,
    groups: [],
  }),
  output: ({ context: { order, groups, answer, doubted } }) => ({
    label: order.label,
    groups,
    refusals: answer.refusals,
    market: order.market,
    ...(order.subnets && { subnets: order.subnets }),
    ...(doubted && { doubted }),
  }),
  initial: 'intending',
  states: {
    intending: {
      entry: assign({ retryAt: null }),
      invoke: {
        id: 'journalLaunch',
        src: 'journalLaunch',
        input: ({ context }) => context.order,
        onDone: 'asking',
        onError: [
          {
            guard: 'doubted',
            target: 'unwritten',
            actions: assign({ trouble: ({ event }) => noteOf(event.error) }),
          },
          // Without its intent on disk a launch could be repeated after a crash: so nothing is sent.
          {
            target: 'settled',
            actions: assign({
              answer: ({ context, event }) => refuseAll(noteOf(event.error), context.order.count),
            }),
          },
        ],
      },
    },
    // An earlier run may have sent it, so it is not given up; and it is not sent again before it is surely on disk.
    unwritten: {
      on: { 'launch.tick': [{ guard: 'due', target: 'intending' }, { actions: 'armRetry' }] },
    },
    asking: {
      entry: assign({ attempts: ({ context }) => context.attempts + 1, retryAt: null }),
      invoke: {
        id: 'runTask',
        src: 'runTask',
        input: ({ context }) => context.order,
        onDone: {
          target: 'recording',
          actions: assign({ answer: ({ event }) => event.output, trouble: null, doubted: false }),
        },
        onError: [
          {
            guard: { type: 'unknown', params: ({ event }) => noteOf(event.error) },
            target: 'unsure',
            actions: assign({
              doubted: true,
              noes: ({ context, event }) =>
                context.noes + (noteOf(event.error).kind === 'unreachable' ? 0 : 1),
              trouble: ({ event }) => noteOf(event.error),
            }),
          },
          {
            guard: { type: 'throttled', params: ({ event }) => noteOf(event.error) },
            target: 'throttled',
            actions: assign({ trouble: ({ event }) => noteOf(event.error) }),
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
    unsure: {
      on: { 'launch.tick': [{ guard: 'due', target: 'asking' }, { actions: 'armRetry' }] },
    },
    // It was certainly not carried out: so it is as good as a new one, and may be given up.
    throttled: {
      on: {
        'launch.tick': [{ guard: 'dueAndAllowed', target: 'asking' }, { actions: 'armRetry' }],
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
        onDone: { target: 'settled', actions: assign({ groups: ({ event }) => event.output }) },
        // The tasks run whether or not we could write that down.
        onError: {
          target: 'settled',
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
    settled: { type: 'final' },
  },
});
