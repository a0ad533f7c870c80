import { assign, sendTo, setup } from 'xstate';
import type { Cause } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';

export type GroupPhase = 'requested' | 'provisioning' | 'running' | 'waiting' | 'stopping';

/** What a group tells its cohort each time it is somewhere else. */
export interface GroupReport {
  type: 'group.changed';
  groupId: string;
  phase: GroupPhase;
  /** Its workers are known to the scheduler. */
  registered: boolean;
  /** It is to leave, though it may still have to wait: for its ARN, or for an idle moment. */
  drainRequested: boolean;
  /** ECS has taken our StopTask. */
  stopAccepted: boolean;
}

export interface GroupEnd {
  groupId: string;
  taskArn: string | null;
  cause: Cause;
  detail: string | null;
  registered: boolean;
}

export interface GroupContext {
  groupId: string;
  taskArn: string | null;
  registered: boolean;
  drainRequested: boolean;
  /** To leave at an idle moment, not at once. */
  whenIdle: boolean;
  stopAccepted: boolean;
  cause: Cause | null;
  detail: string | null;
}

export type GroupEvent =
  | { type: 'group.launched'; taskArn: string }
  | { type: 'group.refused'; reason: string }
  /** Leave at the next idle moment. */
  | { type: 'group.drain' }
  /** Leave now; asks ECS again when it was asked before. */
  | { type: 'group.stop' }
  | { type: 'group.cancelDrain' }
  | { type: 'task.running' }
  | { type: 'task.registered' }
  /** Wanted stopped by another hand than ours, a Spot reclaim among them; or never up in time. */
  | { type: 'task.failing'; cause: Cause; detail: string | null }
  | { type: 'task.stopped'; cause: Cause; detail: string | null };

/** One Fargate task, from wish to obituary. No polling, no timers: its cohort tells it what changed. */
export const workerGroup = setup({
  types: {} as {
    input: { groupId: string };
    context: GroupContext;
    events: GroupEvent;
    output: GroupEnd;
  },
  actors: { stopTask: effect<void, { taskArn: string }>('stopTask') },
  guards: {
    drainRequested: ({ context }) => context.drainRequested,
    whenIdle: ({ context }) => context.drainRequested && context.whenIdle,
  },
  actions: {
    reportPhase: sendTo(
      parent,
      ({ context }, { phase }: { phase: GroupPhase }): GroupReport => ({
        type: 'group.changed',
        groupId: context.groupId,
        phase,
        registered: context.registered,
        drainRequested: context.drainRequested,
        stopAccepted: context.stopAccepted,
      }),
    ),
    requestDrain: assign({
      drainRequested: true,
      whenIdle: ({ event }) => event.type === 'group.drain',
    }),
    cancelDrain: assign({ drainRequested: false }),
    /** ECS has not taken our StopTask; it is asked for again. */
    noteStopFailed: (_, _trouble: FailureNote) => {},
  },
}).createMachine({
  id: 'workerGroup',
  context: ({ input }) => ({
    groupId: input.groupId,
    taskArn: null,
    registered: false,
    drainRequested: false,
    whenIdle: false,
    stopAccepted: false,
    cause: null,
    detail: null,
  }),
  output: ({ context: { groupId, taskArn, cause, detail, registered } }) => ({
    groupId,
    taskArn,
    cause: cause ?? 'lost',
    detail,
    registered,
  }),
  initial: 'requested',
  on: {
    'task.stopped': {
      target: '.stopped',
      // Why it had to leave outlives what ECS says about a task that was told to stop.
      actions: assign({
        cause: ({ context, event }) =>
          context.cause ?? (context.drainRequested ? 'drained' : event.cause),
        detail: ({ context, event }) => context.detail ?? event.detail,
      }),
    },
  },
  states: {
    // Says nothing on entry: so the books of its cohort begin.
    requested: {
      on: {
        'group.launched': [
          // Its workers may be at work already, if the answer was late.
          {
            guard: 'whenIdle',
            target: 'draining.waiting',
            actions: assign({ taskArn: ({ event }) => event.taskArn }),
          },
          {
            guard: 'drainRequested',
            target: 'draining.stopping',
            actions: assign({ taskArn: ({ event }) => event.taskArn }),
          },
          {
            target: 'provisioning',
            actions: assign({ taskArn: ({ event }) => event.taskArn }),
          },
        ],
        'group.refused': {
          target: 'stopped',
          actions: assign({
            cause: ({ context }) => (context.drainRequested ? 'drained' : 'launchFailed'),
            detail: ({ event }) => event.reason,
          }),
        },
        // Leaving this state now would drop the ARN that is on its way, and leak a running task.
        'group.drain': {
          actions: ['requestDrain', { type: 'reportPhase', params: { phase: 'requested' } }],
        },
        'group.stop': {
          actions: ['requestDrain', { type: 'reportPhase', params: { phase: 'requested' } }],
        },
        'group.cancelDrain': {
          actions: ['cancelDrain', { type: 'reportPhase', params: { phase: 'requested' } }],
        },
      },
    },
    provisioning: {
      entry: { type: 'reportPhase', params: { phase: 'provisioning' } },
      on: {
        'task.running': 'running',
        // A worker can reach the scheduler before DescribeTasks admits that it runs.
        'task.registered': { target: 'running', actions: assign({ registered: true }) },
        'task.failing': {
          target: 'draining.stopping',
          actions: assign({
            cause: ({ event }) => event.cause,
            detail: ({ event }) => event.detail,
          }),
        },
        'group.drain': 'draining.waiting',
        'group.stop': 'draining.stopping',
      },
    },
    running: {
      entry: { type: 'reportPhase', params: { phase: 'running' } },
      on: {
        'task.registered': {
          actions: [
            assign({ registered: true }),
            { type: 'reportPhase', params: { phase: 'running' } },
          ],
        },
        'task.failing': {
          target: 'draining.stopping',
          actions: assign({
            cause: ({ event }) => event.cause,
            detail: ({ event }) => event.detail,
          }),
        },
        'group.drain': 'draining.waiting',
        'group.stop': 'draining.stopping',
      },
    },
    draining: {
      entry: 'requestDrain',
      initial: 'waiting',
      states: {
        // The scheduler knows nothing of this: until an idle moment comes, work goes on.
        waiting: {
          entry: { type: 'reportPhase', params: { phase: 'waiting' } },
          on: {
            'group.stop': 'stopping',
            'group.cancelDrain': { target: '#workerGroup.running', actions: 'cancelDrain' },
            'task.registered': {
              actions: [
                assign({ registered: true }),
                { type: 'reportPhase', params: { phase: 'waiting' } },
              ],
            },
            'task.failing': {
              target: 'stopping',
              actions: assign({
                cause: ({ event }) => event.cause,
                detail: ({ event }) => event.detail,
              }),
            },
          },
        },
        stopping: {
          entry: { type: 'reportPhase', params: { phase: 'stopping' } },
          // The cohort repeats the order, so a StopTask that failed is simply asked again.
          on: { 'group.stop': { target: 'stopping', reenter: true } },
          invoke: {
            id: 'stopTask',
            src: 'stopTask',
            input: ({ context }) => ({ taskArn: context.taskArn as string }),
            onDone: {
              actions: [
                assign({ stopAccepted: true }),
                { type: 'reportPhase', params: { phase: 'stopping' } },
              ],
            },
            onError: {
              actions: { type: 'noteStopFailed', params: ({ event }) => noteOf(event.error) },
            },
          },
        },
      },
    },
    stopped: { type: 'final' },
  },
});
