import {
  and,
  assertEvent,
  assign,
  type DoneActorEvent,
  type ErrorActorEvent,
  sendTo,
  setup,
} from 'xstate';
import { backoff } from '../shared/backoff.ts';
import type { FailureKind, LaunchAnswer, LaunchOrder, Refusal } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import { launchBackoff } from '../shared/timing.ts';
import { claimsOf, type LaunchEnd, refuseAll, type TaskClaim } from './launchOutcome.ts';
import type { LaunchTurn, LaunchUnanswered } from './launchReports.ts';

export type { LaunchEnd, TaskClaim } from './launchOutcome.ts';

export interface LaunchInput {
  order: LaunchOrder;
  groupIds: string[];
  /** An attempt was left without an answer, or an earlier run has journaled it: it may have been carried out. */
  outcomeUnknown: boolean;
}

export interface LaunchContext extends LaunchInput {
  attempts: number;
  /** Clear refusals among them. */
  rejections: number;
  /** When to try again; null until a tick has shown the time. Milliseconds since the epoch. */
  retryAt: number | null;
  answer: LaunchAnswer;
  /** It was withdrawn: it has started nothing. */
  withdrawn: boolean;
  /** Why the last attempt gave no answer. */
  lastFailure: FailureNote | null;
  /** What the ledger accepted. */
  groups: LaunchEnd['groups'];
}

type LaunchEvent =
  /** `allowed`: a launch that was throttled may be sent again now. */
  | { type: 'launch.tick'; now: number; allowed: boolean }
  /** Its turn has come, and it is still to be launched. */
  | { type: 'launch.send' }
  /** A complete list shows what it started. */
  | { type: 'launch.found'; taskArns: string[]; createdAt: Record<string, number> }
  /** It is not desired any more, or may not be sent now: what is still missing gets a new launch. */
  | { type: 'launch.withdraw' };

/**
 * A launch of unknown outcome gets so many clear refusals in all: some ten minutes. By then
 * every task that it started is long in the lists, and adoption finds it.
 */
const maxRejections = 15;

/**
 * One that gets no answer at all is tried for about half a day: a clientToken lives a day, or an hour after its last
 * task has stopped, and then starts new tasks.
 */
const maxAttempts = 600;

/** Failures that are no refusal of the request: AWS has not looked at it, or our own disk keeps it from being sent. */
const notJudged: readonly FailureKind[] = ['unreachable', 'throttled', 'credentials', 'journal'];

const isClearRefusal = ({ kind }: FailureNote): boolean => !notJudged.includes(kind);

const noAnswer: LaunchAnswer = { taskArns: [], refusals: [] };

const launchSetup = setup({
  types: {} as {
    input: LaunchInput;
    context: LaunchContext;
    events: LaunchEvent | DoneActorEvent<unknown> | ErrorActorEvent;
    output: LaunchEnd;
  },
  actors: {
    journalLaunch: effect<void, LaunchOrder>('journalLaunch'),
    /** Resolves when RunTask may be sent: AWS's limits can make that long. */
    takeTurn: effect<{ at: number }, { label: string }>('takeTurn'),
    runTask: effect<LaunchAnswer, LaunchOrder>('runTask'),
    /** Resolves to the claims that the ledger accepted: a task that another group owns is not handed out again. */
    journalOutcome: effect<
      TaskClaim[],
      { label: string; groups: TaskClaim[]; refusals: Refusal[]; outcomeUnknown: boolean }
    >('journalOutcome'),
  },
  actions: {
    armRetry: assign({
      retryAt: ({ context, event }) => {
        assertEvent(event, 'launch.tick');
        return context.retryAt ?? event.now + backoff(context.attempts, launchBackoff);
      },
    }),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1, retryAt: null }),
    recordRefusal: assign({
      answer: ({ context }, note: FailureNote) => refuseAll(note, context.order.count),
    }),
    recordWithdrawn: assign({ withdrawn: true }),
    reportTurn: sendTo(parent, ({ context, event }): LaunchTurn => {
      const { at } = (event as DoneActorEvent<{ at: number }>).output;
      return { type: 'launch.turn', label: context.order.label, at };
    }),
    reportUnanswered: sendTo(parent, ({ context }): LaunchUnanswered => {
      return { type: 'launch.unanswered', label: context.order.label };
    }),
    recordFailure: assign({ lastFailure: (_, note: FailureNote) => note }),
    recordUnknownOutcome: assign({
      outcomeUnknown: true,
      rejections: ({ context }, note: FailureNote) =>
        context.rejections + Number(isClearRefusal(note)),
      lastFailure: (_, note: FailureNote) => note,
    }),
    recordAnswer: assign(({ event }) => ({
      answer: (event as DoneActorEvent<LaunchAnswer>).output,
      ...{ lastFailure: null, outcomeUnknown: false },
    })),
    recordClaims: assign({ groups: ({ context }) => claimsOf(context) }),
    /** Its tasks are all created at one moment: those that live are all shown. Groups without one are refused. */
    recordFound: assign(({ event }) => {
      assertEvent(event, 'launch.found');
      const { taskArns, createdAt } = event;
      return { answer: { taskArns, createdAt, refusals: [] }, outcomeUnknown: false };
    }),
    /** RunTask answered with more tasks than were asked for; adoption takes over the rest. */
    noteSurplus: (_, _surplus: { label: string; surplus: number }) => {},
    /** The ledger says that another group owns this task. */
    noteAlreadyOwned: (_, _claim: { label: string; groupId: string; taskArn: string }) => {},
  },
  guards: {
    outcomeUnknown: ({ context }) => context.outcomeUnknown,
    /** Whatever was sent was clearly refused. */
    startedNothing: ({ context }) => !context.outcomeUnknown,
    /** No answer; or a refusal of this attempt, which says nothing of an earlier one. */
    outcomeStillUnknown: (
      { context: { outcomeUnknown, attempts, rejections } },
      note: FailureNote,
    ) =>
      attempts < maxAttempts &&
      (note.kind === 'unreachable' ||
        (outcomeUnknown && (!isClearRefusal(note) || rejections + 1 < maxRejections))),
    worthAgain: ({ context }, { kind, isMended }: FailureNote) =>
      !context.outcomeUnknown && (kind === 'throttled' || isMended === true),
    due: ({ context, event }) => {
      assertEvent(event, 'launch.tick');
      return context.retryAt !== null && event.now >= context.retryAt;
    },
    allowed: ({ event }) => {
      assertEvent(event, 'launch.tick');
      return event.allowed;
    },
  },
});

const noteSurplus = launchSetup.enqueueActions(({ context, enqueue }) => {
  const surplus = context.answer.taskArns.length - context.groupIds.length;
  const { label } = context.order;
  if (surplus > 0) enqueue({ type: 'noteSurplus', params: { label, surplus } });
});

const recordAccepted = launchSetup.enqueueActions(({ context, event, enqueue }) => {
  const groups = (event as DoneActorEvent<TaskClaim[]>).output;
  enqueue.assign({ groups });
  const accepted = new Set(groups.map(({ taskArn }) => taskArn));
  const { label } = context.order;
  for (const { groupId, taskArn } of claimsOf(context))
    if (!accepted.has(taskArn))
      enqueue({ type: 'noteAlreadyOwned', params: { label, groupId, taskArn } });
});

const note = ({ event }: { event: { error: unknown } }): FailureNote => noteOf(event.error);

/** One that is being sent again: its next answer can take long, and would name the same tasks. */
const found = { guard: 'outcomeUnknown', target: 'recording', actions: 'recordFound' } as const;

export const launch = launchSetup
  .extend({ actions: { reportSurplus: noteSurplus, recordAccepted } })
  .createMachine({
    id: 'launch',
    description:
      'One RunTask for up to ten groups under one clientToken. It is journaled before it is sent, and sent again unchanged for as long as it is unknown whether it was carried out.',
    context: ({ input }) => ({
      ...input,
      attempts: 0,
      rejections: 0,
      retryAt: null,
      answer: noAnswer,
      withdrawn: false,
      lastFailure: null,
      groups: [],
    }),
    output: ({ context: { order, groups, answer, outcomeUnknown, withdrawn } }) => ({
      label: order.label,
      groups,
      refusals: answer.refusals,
      market: order.market,
      ...(order.subnets && { subnets: order.subnets }),
      ...(outcomeUnknown && { outcomeUnknown }),
      ...(withdrawn && { withdrawn }),
    }),
    initial: 'journaling',
    states: {
      journaling: {
        description:
          'The launch is being written to disk. Nothing is sent before its record is on disk: after a crash it would not be known. A launch that was never sent may be withdrawn.',
        on: {
          'launch.found': found,
          'launch.withdraw': {
            guard: 'startedNothing',
            target: 'recording',
            actions: 'recordWithdrawn',
          },
        },
        invoke: {
          id: 'journalLaunch',
          src: 'journalLaunch',
          input: ({ context }) => context.order,
          onDone: 'awaitingTurn',
          onError: [
            // It may have been sent before, by an earlier run: it is sent again once its record is surely on disk.
            {
              guard: { type: 'outcomeStillUnknown', params: note },
              target: 'outcomeUnknown',
              actions: ['countAttempt', { type: 'recordUnknownOutcome', params: note }],
            },
            // The last attempt: it is given up.
            {
              guard: 'outcomeUnknown',
              target: 'recording',
              actions: { type: 'recordRefusal', params: note },
            },
            // It was never sent, and the ledger does not have it: there is nothing to record.
            { target: 'done', actions: { type: 'recordRefusal', params: note } },
          ],
        },
      },
      awaitingTurn: {
        description:
          'It is on disk and waits until RunTask may be sent: so many calls a second are allowed. A launch that was never sent may be withdrawn.',
        on: {
          'launch.found': found,
          'launch.withdraw': {
            guard: 'startedNothing',
            target: 'recording',
            actions: 'recordWithdrawn',
          },
        },
        invoke: {
          id: 'takeTurn',
          src: 'takeTurn',
          input: ({ context }) => ({ label: context.order.label }),
          onDone: [
            // It may have been sent before: it is sent again, whatever is desired or allowed by now.
            { guard: 'outcomeUnknown', target: 'requesting' },
            { target: 'checking', actions: 'reportTurn' },
          ],
          onError: [
            {
              guard: { type: 'outcomeStillUnknown', params: note },
              target: 'outcomeUnknown',
              actions: ['countAttempt', { type: 'recordUnknownOutcome', params: note }],
            },
            { target: 'recording', actions: { type: 'recordRefusal', params: note } },
          ],
        },
      },
      checking: {
        description:
          'RunTask may be sent now. The decision to launch can be old by then: the fleet manager says whether it is still to be sent.',
        on: {
          'launch.send': 'requesting',
          'launch.withdraw': { target: 'recording', actions: 'recordWithdrawn' },
        },
      },
      requesting: {
        description: 'RunTask is on its way.',
        entry: 'countAttempt',
        on: { 'launch.found': found },
        invoke: {
          id: 'runTask',
          src: 'runTask',
          input: ({ context }) => context.order,
          onDone: {
            target: 'recording',
            actions: 'recordAnswer',
          },
          onError: [
            {
              guard: { type: 'outcomeStillUnknown', params: note },
              target: 'outcomeUnknown',
              actions: { type: 'recordUnknownOutcome', params: note },
            },
            {
              guard: { type: 'worthAgain', params: note },
              target: 'refusedForNow',
              actions: { type: 'recordFailure', params: note },
            },
            { target: 'recording', actions: { type: 'recordRefusal', params: note } },
          ],
        },
      },
      outcomeUnknown: {
        description:
          'The request may have been carried out. Whatever is desired meanwhile, it is sent again under the same token, once its record is surely on disk, until an answer or a complete list of our tasks shows what it started.',
        entry: 'reportUnanswered',
        on: {
          'launch.tick': [{ guard: 'due', target: 'journaling' }, { actions: 'armRetry' }],
          'launch.found': { target: 'recording', actions: 'recordFound' },
        },
      },
      refusedForNow: {
        description:
          'AWS throttled the request, or refused credentials that have been renewed since. It was certainly not carried out: it is as good as a new one, and may be withdrawn. It is withdrawn when it is due and nothing may be launched: what is desired once launches may be sent gets a new one.',
        on: {
          'launch.tick': [
            { guard: and(['due', 'allowed']), target: 'awaitingTurn' },
            { guard: 'due', target: 'recording', actions: 'recordWithdrawn' },
            { actions: 'armRetry' },
          ],
          'launch.withdraw': { target: 'recording', actions: 'recordWithdrawn' },
        },
      },
      recording: {
        description:
          'The outcome is being journaled; the ledger answers which tasks the groups own.',
        entry: 'reportSurplus',
        invoke: {
          id: 'journalOutcome',
          src: 'journalOutcome',
          input: ({ context }) => ({
            label: context.order.label,
            groups: claimsOf(context),
            refusals: context.answer.refusals,
            outcomeUnknown: context.outcomeUnknown,
          }),
          onDone: { target: 'done', actions: 'recordAccepted' },
          // The tasks run whether or not that could be written.
          onError: { target: 'done', actions: 'recordClaims' },
        },
      },
      done: { type: 'final', description: 'The outcome is known, or was given up.' },
    },
  });
