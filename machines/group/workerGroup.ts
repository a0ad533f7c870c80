import { assertEvent, assign, type DoneActorEvent, sendTo, setup } from 'xstate';
import type { Cause, TaskObservation } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';

/** `held`: to stop, as soon as no worker of the group cancels a task. */
export type GroupPhase = 'requested' | 'provisioning' | 'running' | 'waiting' | 'held' | 'stopping';

/** What a group reports to its cohort each time its state changes. */
export interface GroupReport {
  type: 'group.changed';
  groupId: string;
  phase: GroupPhase;
  /** Its workers are known to the scheduler. */
  registered: boolean;
  /** It is to leave, though it may still have to wait: for its ARN, or for an idle moment. */
  drainRequested: boolean;
  /** ECS has taken our StopTask, or said that there is nothing to stop. */
  stopAccepted: boolean;
  /** How many of our StopTask calls have failed. */
  stopFailures: number;
}

/** What a group asks its cohort when StopTask may be sent: whether it is still to stop. */
export interface StopTurn {
  type: 'group.turn';
  groupId: string;
  at: number;
}

/** The task as StopTask's answer shows it; null: it shows none. */
export interface StopAnswer {
  type: 'group.stopAnswered';
  groupId: string;
  observation: TaskObservation | null;
}

export interface GroupEnd {
  groupId: string;
  taskArn: string | null;
  cause: Cause;
  /** AWS's words about the end. */
  detail: string | null;
  registered: boolean;
}

export interface GroupContext {
  groupId: string;
  taskArn: string | null;
  registered: boolean;
  drainRequested: boolean;
  /** While it is `requested`: it is to leave at an idle moment, not at once. */
  whenIdle: boolean;
  stopAccepted: boolean;
  stopFailures: number;
  /** Why it is to leave: for ECS, with StopTask, and for the log. Null: it is no longer desired. */
  stopReason: string | null;
  cause: Cause | null;
  detail: string | null;
}

export type GroupEvent =
  | { type: 'group.launched'; taskArn: string }
  | { type: 'group.refused'; reason: string }
  /** Leave at the next idle moment. `reason`: for ECS, why; left out: the one before, or that it is no longer desired. */
  | { type: 'group.drain'; reason?: string | undefined }
  /** Leave now; in `attempted`: StopTask is requested again. */
  | { type: 'group.stop'; reason?: string | undefined }
  /** Its turn has come, and it is still to stop. */
  | { type: 'group.send' }
  /** Leave as soon as no worker of the group cancels a task: group.stop follows. */
  | { type: 'group.hold'; reason?: string | undefined }
  | { type: 'group.cancelDrain' }
  | { type: 'task.running' }
  | { type: 'task.registered' }
  /** To be stopped for another reason than a drain, a Spot reclaim among them; or never up in time. `hold`: as in group.hold. */
  | { type: 'task.failing'; cause: Cause; detail: string | null; hold?: boolean }
  | { type: 'task.stopped'; cause: Cause; detail: string | null };

/** Why a group leaves for which no other reason was given. */
export const noLongerDesired = 'no longer desired';

const failing = [
  { guard: 'holds', target: '#workerGroup.draining.held', actions: 'recordCause' },
  { target: '#workerGroup.draining.stopping', actions: 'recordCause' },
] as const;

const stopFailed = [
  'recordStopFailed',
  {
    type: 'noteStopFailed',
    params: ({ event }: { event: { error: unknown } }) => noteOf(event.error),
  },
  { type: 'reportPhase', params: { phase: 'stopping' } },
] as const;

const takenBack = { target: '#workerGroup.running', actions: 'cancelDrain' } as const;

const leaves = {
  'group.drain': '#workerGroup.draining.waiting',
  'group.hold': '#workerGroup.draining.held',
  'group.stop': '#workerGroup.draining.stopping',
  'task.failing': failing,
} as const;

export const workerGroup = setup({
  types: {} as {
    /** `registered`: of a group whose actor is started again; left out: it has just been requested. */
    input: { groupId: string; registered?: boolean };
    context: GroupContext;
    events: GroupEvent;
    output: GroupEnd;
  },
  actors: {
    /** Resolves when StopTask may be sent: in a large scale-down that takes a while. */
    takeTurn: effect<{ at: number }, { taskArn: string }>('takeTurn'),
    stopTask: effect<TaskObservation | null, { taskArn: string; reason: string }>('stopTask'),
  },
  guards: {
    drainRequested: ({ context }) => context.drainRequested,
    whenIdle: ({ context }) => context.drainRequested && context.whenIdle,
    holds: ({ event }) => {
      assertEvent(event, 'task.failing');
      return event.hold === true;
    },
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
        stopFailures: context.stopFailures,
      }),
    ),
    reportTurn: sendTo(parent, ({ context, event }): StopTurn => {
      const { at } = (event as unknown as DoneActorEvent<{ at: number }>).output;
      return { type: 'group.turn', groupId: context.groupId, at };
    }),
    reportStopAnswer: sendTo(parent, ({ context, event }): StopAnswer => {
      const { output } = event as unknown as DoneActorEvent<TaskObservation | null | undefined>;
      const { groupId } = context;
      return { type: 'group.stopAnswered', groupId, observation: output ?? null };
    }),
    requestDrain: assign({
      drainRequested: true,
      whenIdle: ({ event }) => event.type === 'group.drain',
      stopReason: ({ context, event }) =>
        ('reason' in event ? event.reason : undefined) ?? context.stopReason,
    }),
    cancelDrain: assign({ drainRequested: false, stopReason: null }),
    recordTask: assign({
      taskArn: ({ event }) => {
        assertEvent(event, 'group.launched');
        return event.taskArn;
      },
    }),
    recordRegistered: assign({ registered: true }),
    recordStopAccepted: assign({ stopAccepted: true }),
    recordStopFailed: assign({ stopFailures: ({ context }) => context.stopFailures + 1 }),
    recordCause: assign(({ event }) => {
      assertEvent(event, 'task.failing');
      return {
        ...{ cause: event.cause, detail: event.detail },
        stopReason: event.detail ?? event.cause,
      };
    }),
    recordRefusal: assign(({ context, event }) => {
      assertEvent(event, 'group.refused');
      return {
        cause: context.drainRequested ? ('drained' as const) : ('launchFailed' as const),
        detail: event.reason,
      };
    }),
    /** Why it had to leave outlives what ECS says about a task that was told to stop. */
    recordEnd: assign(({ context, event }) => {
      assertEvent(event, 'task.stopped');
      return {
        cause: context.cause ?? (context.drainRequested ? ('drained' as const) : event.cause),
        detail: context.detail ?? event.detail,
      };
    }),
    /** ECS has not taken our StopTask; it is requested again. */
    noteStopFailed: (_, _trouble: FailureNote) => {},
  },
}).createMachine({
  id: 'workerGroup',
  description:
    'Lifecycle of one Fargate task and its workers, from request to exit. It polls nothing and has no timers: its cohort sends it what changed.',
  context: ({ input: { groupId, registered = false } }) => ({
    groupId,
    taskArn: null,
    registered,
    drainRequested: false,
    whenIdle: false,
    stopAccepted: false,
    stopFailures: 0,
    stopReason: null,
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
  on: { 'task.stopped': { target: '.stopped', actions: 'recordEnd' } },
  states: {
    requested: {
      description:
        "Waits for the answer to its launch. No report on entry: the cohort's record already starts in `requested`. Leaving this state for a drain would drop the ARN that is on its way, and leak a running task.",
      on: {
        'group.launched': [
          // Its workers may be at work already, if the answer was late.
          { guard: 'whenIdle', target: 'draining.waiting', actions: 'recordTask' },
          { guard: 'drainRequested', target: 'draining.stopping', actions: 'recordTask' },
          { target: 'provisioning', actions: 'recordTask' },
        ],
        'group.refused': { target: 'stopped', actions: 'recordRefusal' },
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
      description: 'ECS starts the task.',
      entry: { type: 'reportPhase', params: { phase: 'provisioning' } },
      on: {
        ...leaves,
        'task.running': 'running',
        // A worker can reach the scheduler before DescribeTasks shows that the task runs.
        'task.registered': { target: 'running', actions: 'recordRegistered' },
      },
    },
    running: {
      description:
        'The task runs, or was taken back while it started; `registered` once its workers are known to the scheduler.',
      entry: { type: 'reportPhase', params: { phase: 'running' } },
      on: {
        ...leaves,
        'task.registered': {
          actions: ['recordRegistered', { type: 'reportPhase', params: { phase: 'running' } }],
        },
      },
    },
    draining: {
      description: 'The group is to leave.',
      entry: 'requestDrain',
      initial: 'waiting',
      states: {
        waiting: {
          description:
            'Waits for an idle moment. The scheduler knows nothing of this: until then, work goes on, and the drain can be cancelled.',
          entry: { type: 'reportPhase', params: { phase: 'waiting' } },
          on: {
            'group.stop': 'stopping',
            'group.hold': 'held',
            'group.cancelDrain': takenBack,
            'task.registered': {
              actions: ['recordRegistered', { type: 'reportPhase', params: { phase: 'waiting' } }],
            },
            'task.failing': failing,
          },
        },
        held: {
          description:
            'Told to stop. StopTask is held back while a worker of the group cancels a task: one release of the scheduler ends itself when such a worker leaves. Until then the drain can be cancelled.',
          entry: { type: 'reportPhase', params: { phase: 'held' } },
          on: { 'group.stop': 'stopping', 'group.cancelDrain': takenBack },
        },
        stopping: {
          description: 'StopTask is requested, and requested again while ECS shows no effect.',
          entry: { type: 'reportPhase', params: { phase: 'stopping' } },
          initial: 'awaitingTurn',
          states: {
            awaitingTurn: {
              description:
                'StopTask may not be sent yet: so many calls a second are allowed. Until then the drain can be cancelled.',
              invoke: {
                id: 'takeTurn',
                src: 'takeTurn',
                input: ({ context }) => ({ taskArn: context.taskArn as string }),
                onDone: { target: 'checking', actions: 'reportTurn' },
                onError: { target: 'attempted', actions: stopFailed },
              },
              on: { 'group.cancelDrain': takenBack },
            },
            checking: {
              description:
                'StopTask may be sent now. A group that was idle when it was told to stop may be at work by then: its cohort says whether it is still to stop.',
              on: {
                'group.send': 'requesting',
                'group.drain': '#workerGroup.draining.waiting',
                'group.hold': '#workerGroup.draining.held',
                'group.cancelDrain': takenBack,
              },
            },
            requesting: {
              description: 'StopTask is on its way.',
              invoke: {
                id: 'stopTask',
                src: 'stopTask',
                input: ({ context }) => ({
                  taskArn: context.taskArn as string,
                  reason: context.stopReason ?? noLongerDesired,
                }),
                onDone: {
                  target: 'attempted',
                  actions: [
                    'recordStopAccepted',
                    { type: 'reportPhase', params: { phase: 'stopping' } },
                    'reportStopAnswer',
                  ],
                },
                onError: { target: 'attempted', actions: stopFailed },
              },
            },
            attempted: {
              description:
                'StopTask was accepted, or has failed. The cohort repeats group.stop while ECS shows no effect.',
              on: { 'group.stop': 'awaitingTurn' },
            },
          },
        },
      },
    },
    stopped: { type: 'final', description: 'The task has ended, or there never was one.' },
  },
});
