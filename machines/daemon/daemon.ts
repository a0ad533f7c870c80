import {
  assign,
  type DoneActorEvent,
  type ErrorActorEvent,
  forwardTo,
  sendTo,
  setup,
} from 'xstate';
import type { ConnectionStatus } from '../fleet/adoption.ts';
import { fleetManager } from '../fleet/fleetManager.ts';
import type { FleetInput } from '../fleet/state.ts';
import { type MonitorEvent, monitor } from '../scheduler/monitor.ts';
import { type SchedulerEvent, session } from '../scheduler/session.ts';
import { backoff } from '../shared/backoff.ts';
import { effect } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';

export interface DaemonInput {
  fleet: FleetInput;
  /** Workers to advertise. */
  workers: number;
  heartbeatIntervalMs: number;
  /** How long stopping all tasks may take before we leave, ms. */
  stopTimeoutMs: number;
  /** On the first request to stop: leave the tasks running for the next start to take over. */
  leaveRunning: boolean;
}

export interface DaemonContext extends DaemonInput {
  attempts: number;
  trouble: FailureNote | null;
  crash: string | null;
}

export interface DaemonEnd {
  /** Set when a bug ended us. */
  crash: string | null;
}

/** Whatever we do by ourselves at the end: a scheduler that ends the whole cluster wants nothing left. */
const ends = {
  'daemon.stop': [{ guard: 'leaveRunning', target: 'leaving' }, { target: 'stopping' }],
  'scheduler.shutdown': 'stopping',
} as const;

/** The root: prepares AWS while the session already heartbeats, and ends everything in order. */
export const daemon = setup({
  types: {} as {
    input: DaemonInput;
    context: DaemonContext;
    events:
      | SchedulerEvent
      | { type: 'scheduler.connection'; at: number; status: ConnectionStatus }
      | MonitorEvent
      | { type: 'fleet.capacity'; workers: number | null }
      | { type: 'task.dead'; taskArn: string }
      /** What was made ready is gone. */
      | { type: 'fleet.unprepared' }
      | { type: 'daemon.stop' }
      | { type: 'fleet.stopped' }
      | DoneActorEvent<unknown>
      | ErrorActorEvent;
    output: DaemonEnd;
  },
  actors: { session, fleetManager, monitor, prepare: effect<{ revision: string }>('prepare') },
  actions: {
    notePreparation: (_, _trouble: FailureNote) => {},
    toFleetManager: forwardTo('fleetManager'),
    offer: sendTo('session', ({ context, event }) => ({
      type: 'session.capacity',
      workers:
        event.type === 'fleet.capacity'
          ? Math.min(event.workers ?? context.workers, context.workers)
          : context.workers,
    })),
    /** Its scheduler would wait a minute for workers that were killed. */
    report: sendTo('session', ({ event }) => ({
      type: 'session.dead',
      taskArn: event.type === 'task.dead' ? event.taskArn : '',
    })),
    fallSilent: sendTo('session', { type: 'session.capacity', workers: 0 }),
  },
  guards: { leaveRunning: ({ context }) => context.leaveRunning },
  delays: {
    stopTimeout: ({ context }) => context.stopTimeoutMs,
    /** 1 s, 2 s, 4 s ... 60 s. */
    preparationPause: ({ context }) =>
      backoff(context.attempts, { firstMs: 1000, longestMs: 60_000 }),
  },
}).createMachine({
  id: 'daemon',
  context: ({ input }) => ({ ...input, attempts: 0, trouble: null, crash: null }),
  output: ({ context }) => ({ crash: context.crash }),
  invoke: [
    {
      id: 'session',
      src: 'session',
      input: ({ context: { workers, heartbeatIntervalMs } }) => ({ workers, heartbeatIntervalMs }),
    },
    { id: 'fleetManager', src: 'fleetManager', input: ({ context }) => context.fleet },
    { id: 'monitor', src: 'monitor' },
  ],
  on: {
    'scheduler.*': { actions: 'toFleetManager' },
    'monitor.loads': { actions: 'toFleetManager' },
    'task.dead': { actions: 'report' },
    'fleet.capacity': { actions: 'offer' },
    'xstate.error.actor.*': {
      target: '.stopped',
      actions: assign({ crash: ({ event }) => noteOf(event.error).reason }),
    },
  },
  initial: 'preparing',
  states: {
    preparing: {
      entry: assign({ attempts: ({ context }) => context.attempts + 1 }),
      invoke: {
        id: 'prepare',
        src: 'prepare',
        onDone: {
          target: 'serving',
          actions: [
            assign({ attempts: 0 }),
            sendTo('fleetManager', ({ event }) => ({
              type: 'fleet.prepared',
              revision: event.output.revision,
            })),
          ],
        },
        onError: {
          target: 'unprepared',
          actions: [
            assign({ trouble: ({ event }) => noteOf(event.error) }),
            { type: 'notePreparation', params: ({ event }) => noteOf(event.error) },
          ],
        },
      },
      on: ends,
    },
    // AWS said no, or nothing: what runs is kept, heartbeats go on, and we ask again.
    unprepared: {
      after: { preparationPause: 'preparing' },
      on: ends,
    },
    serving: { on: { ...ends, 'fleet.unprepared': 'preparing' } },
    stopping: {
      entry: ['fallSilent', sendTo('fleetManager', { type: 'fleet.stop' })],
      after: { stopTimeout: 'leaving' },
      on: { 'fleet.stopped': 'leaving', 'daemon.stop': 'leaving', 'fleet.capacity': {} },
    },
    leaving: {
      entry: sendTo('session', { type: 'session.close' }),
      on: {
        'xstate.done.actor.session': 'stopped',
        'daemon.stop': 'stopped',
        'fleet.capacity': {},
      },
    },
    stopped: { type: 'final' },
  },
});
