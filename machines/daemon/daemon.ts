import {
  assertEvent,
  assign,
  type DoneActorEvent,
  type ErrorActorEvent,
  raise,
  sendTo,
  setup,
} from 'xstate';
import { fleetManager } from '../fleet/fleetManager.ts';
import type { FleetInput } from '../fleet/state.ts';
import type {
  ConnectionStatus,
  FleetNews,
  MonitorEvent,
  SchedulerEvent,
} from '../scheduler/events.ts';
import { type MonitorInput, monitor } from '../scheduler/monitor.ts';
import { session } from '../scheduler/session.ts';
import type { SessionInput } from '../scheduler/sessionState.ts';
import { backoff } from '../shared/backoff.ts';
import { effect, stream } from '../shared/effect.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';
import { preparationBackoff } from '../shared/timing.ts';

export interface DaemonInput {
  session: SessionInput;
  monitor: MonitorInput;
  fleet: FleetInput;
  /** How long stopping all tasks may take before we leave, ms. */
  stopTimeoutMs: number;
  /** On the first request to stop: leave the tasks running for the next start to take over. */
  leaveRunning: boolean;
}

/** What of ours was left when the daemon ended, as far as the fleet manager knew. */
export interface Remaining {
  tasks: number;
  launches: number;
}

export interface DaemonContext extends DaemonInput {
  attempts: number;
  trouble: FailureNote | null;
  crash: string | null;
  /** Told by the fleet while it stops; null: not yet. */
  remaining: Remaining | null;
  /** A complete inventory has shown what there is, or listing is denied for good and the journal knows all. */
  looked: boolean;
  /** The tasks stay on purpose. */
  leftOnPurpose: boolean;
}

/** What AWS was prepared to. */
export interface Prepared {
  /** ARN of the task definition revision. */
  revision: string;
  /** The cluster did not exist before. */
  clusterCreated?: boolean | undefined;
}

export interface DaemonEnd {
  /** The exit status: 0 when ECS was looked at and nothing of ours is left, or when it was left on purpose. */
  status: 0 | 1;
  /** Set when a bug ended us. */
  crash: string | null;
  remaining: Remaining | null;
  /** Whether it could look at ECS: if not, tasks may run that are not counted in `remaining`. */
  looked: boolean;
  /** What is left stays on purpose, for the next start. */
  leftOnPurpose: boolean;
}

const nothing: Remaining = { tasks: 0, launches: 0 };

export function endOf(context: DaemonContext): DaemonEnd {
  const { crash, remaining, looked, leftOnPurpose } = context;
  // Without a look it is not known, though this run has launched nothing and its journal is empty: another host, or a
  // state directory that is gone, may have launched under the same id.
  const isEmpty = remaining !== null && remaining.tasks + remaining.launches === 0 && looked;
  const status = crash === null && (isEmpty || leftOnPurpose) ? 0 : 1;
  return { status, crash, remaining, looked, leftOnPurpose };
}

/** A scheduler that ends the whole cluster wants nothing left, whatever a person's stop would leave. */
const ends = {
  'daemon.stop': [
    {
      guard: 'leaveRunning',
      target: 'disconnecting',
      actions: ['leaveOnPurpose', 'leaveFleet'],
    },
    { target: 'stopping' },
  ],
  'scheduler.shutdown': { target: 'stopping' },
} as const;

const whileStopping = {
  'fleet.stopped': [
    {
      guard: 'knowsAll',
      target: 'disconnecting',
      actions: { type: 'keepRemaining', params: nothing },
    },
    { target: 'disconnecting' },
  ],
  'daemon.stopTimeout': 'disconnecting',
  'fleet.capacity': {},
} as const;

export const daemon = setup({
  types: {} as {
    input: DaemonInput;
    context: DaemonContext;
    events:
      | { type: 'tick'; now: number }
      | SchedulerEvent
      | MonitorEvent
      | FleetNews
      /** Workers that the fleet can have; null: all that the settings allow. */
      | { type: 'fleet.capacity'; workers: number | null }
      /** No worker of this Fargate task can be alive. */
      | { type: 'task.dead'; at: number; taskArn: string }
      /** What was prepared is gone. */
      | { type: 'fleet.unprepared' }
      | ({ type: 'fleet.remaining'; looked: boolean } & Remaining)
      /** All that is known has gone. */
      | { type: 'fleet.stopped'; isKnown: boolean }
      /** Ordered by an operator after a repair: every breaker probes at once. */
      | { type: 'fleet.retryNow' }
      /** Ordered by a person: nothing is launched until `fleet.resume`. */
      | { type: 'fleet.hold'; at: number; reason: string }
      | { type: 'fleet.resume'; at: number }
      /** Ordered by a person: these groups leave at an idle moment; what is desired stays. */
      | { type: 'fleet.drainGroups'; at: number; groupIds: string[] }
      | { type: 'daemon.stop' }
      /** To itself: stopping has taken as long as it may. */
      | { type: 'daemon.stopTimeout' }
      | DoneActorEvent<unknown>
      | ErrorActorEvent;
    output: DaemonEnd;
  },
  actors: {
    ticker: stream('ticker'),
    session,
    monitor,
    fleetManager,
    prepare: effect<Prepared>('prepare'),
  },
  actions: {
    // Placeholders of the wiring.
    notePreparation: (_, _trouble: FailureNote) => {},
    /** The connection to the scheduler has another status; the wiring reports it. */
    noteConnection: (_, _status: ConnectionStatus) => {},
    /** What the wiring holds back of its own after failures goes on at once. */
    retryCalls: () => {},
    toSession: sendTo('session', ({ event }) => event as never),
    toMonitor: sendTo('monitor', ({ event }) => event as never),
    toFleet: sendTo('fleetManager', ({ event }) => event as never),
    advertiseCapacity: sendTo(
      'session',
      ({ context }, { workers }: { workers: number | null }) => ({
        type: 'session.capacity',
        workers: Math.min(workers ?? context.session.workers, context.session.workers),
      }),
    ),
    advertiseZero: sendTo('session', { type: 'session.capacity', workers: 0 }),
    startPreparing: assign({ attempts: ({ context }) => context.attempts + 1 }),
    endPreparing: assign({ attempts: 0 }),
    tellPrepared: sendTo('fleetManager', (_, prepared: Prepared) => ({
      type: 'fleet.prepared',
      ...prepared,
    })),
    prepareFailed: assign({ trouble: (_, trouble: FailureNote) => trouble }),
    stopFleet: sendTo('fleetManager', { type: 'fleet.stop' }),
    leaveFleet: sendTo('fleetManager', { type: 'fleet.leave' }),
    stopFleetNow: sendTo('fleetManager', { type: 'fleet.stopNow' }),
    armStopTimeout: raise({ type: 'daemon.stopTimeout' }, { delay: 'stopTimeout' }),
    closeSession: sendTo('session', { type: 'session.close' }),
    leaveOnPurpose: assign({ leftOnPurpose: true }),
    keepRemaining: assign({
      remaining: (_, { tasks, launches }: Remaining) => ({ tasks, launches }),
    }),
    keepLooked: assign({ looked: (_, { looked }: { looked: boolean }) => looked }),
    noteCrash: assign({ crash: (_, { reason }: { reason: string }) => reason }),
  },
  guards: {
    leaveRunning: ({ context }) => context.leaveRunning,
    knowsAll: ({ event }) => {
      assertEvent(event, 'fleet.stopped');
      return event.isKnown;
    },
    tasksLeft: ({ context }) => context.remaining !== null && context.remaining.tasks > 0,
  },
  delays: {
    stopTimeout: ({ context }) => context.stopTimeoutMs,
    preparationPause: ({ context }) => backoff(context.attempts, preparationBackoff),
  },
}).createMachine({
  id: 'daemon',
  description:
    'The root: prepares AWS while the session already sends heartbeats, passes events on between its children, and ends everything in order.',
  context: ({ input }) => ({
    ...input,
    attempts: 0,
    trouble: null,
    crash: null,
    remaining: null,
    looked: false,
    leftOnPurpose: false,
  }),
  output: ({ context }) => endOf(context),
  invoke: [
    { id: 'session', src: 'session', input: ({ context }) => context.session },
    { id: 'fleetManager', src: 'fleetManager', input: ({ context }) => context.fleet },
    { id: 'monitor', src: 'monitor', input: ({ context }) => context.monitor },
    // Last: every actor that it sends ticks to has started.
    { id: 'ticker', src: 'ticker' },
  ],
  on: {
    tick: { actions: ['toSession', 'toMonitor', 'toFleet'] },
    'scheduler.lost': { actions: 'toFleet' },
    'scheduler.heartbeatEcho': { actions: 'toFleet' },
    'scheduler.desired': { actions: 'toFleet' },
    'scheduler.startRequested': { actions: 'toFleet' },
    'scheduler.shutdownRequested': { actions: 'toFleet' },
    'scheduler.requestsForgotten': { actions: 'toFleet' },
    'scheduler.mismatch': { actions: 'toFleet' },
    'scheduler.identified': { actions: 'toFleet' },
    'scheduler.connection': {
      actions: ['toFleet', { type: 'noteConnection', params: ({ event }) => event.status }],
    },
    'monitor.loads': { actions: ['toSession', 'toFleet'] },
    'monitor.canceling': { actions: 'toFleet' },
    'monitor.work': { actions: ['toSession', 'toFleet'] },
    'monitor.listed': { actions: 'toSession' },
    'monitor.freshness': { actions: 'toFleet' },
    'monitor.groups': { actions: 'toSession' },
    'monitor.deadWorkers': { actions: 'toSession' },
    'monitor.closed': { actions: ['toSession', 'toFleet'] },
    'fleet.tasksChanged': { actions: ['toSession', 'toMonitor'] },
    'fleet.inventoryCompleted': {
      actions: ['toSession', { type: 'keepLooked', params: ({ event }) => event }],
    },
    'fleet.capacity': {
      actions: {
        type: 'advertiseCapacity',
        params: ({ event: { workers } }) => ({ workers }),
      },
    },
    'fleet.remaining': {
      actions: [
        { type: 'keepRemaining', params: ({ event }) => event },
        { type: 'keepLooked', params: ({ event }) => event },
      ],
    },
    // Calls first: what the fleet tries now must not meet a failure that is still remembered.
    'fleet.retryNow': { actions: ['retryCalls', 'toFleet'] },
    'fleet.hold': { actions: 'toFleet' },
    'fleet.resume': { actions: 'toFleet' },
    'fleet.drainGroups': { actions: 'toFleet' },
    'task.dead': { actions: 'toMonitor' },
    'xstate.error.actor.*': {
      target: '.stopped',
      actions: { type: 'noteCrash', params: ({ event }) => noteOf(event.error) },
    },
  },
  initial: 'preparing',
  states: {
    preparing: {
      description: 'AWS is being prepared; the session sends heartbeats already.',
      entry: 'startPreparing',
      invoke: {
        id: 'prepare',
        src: 'prepare',
        onDone: {
          target: 'serving',
          actions: ['endPreparing', { type: 'tellPrepared', params: ({ event }) => event.output }],
        },
        onError: {
          target: 'unprepared',
          actions: [
            { type: 'prepareFailed', params: ({ event }) => noteOf(event.error) },
            { type: 'notePreparation', params: ({ event }) => noteOf(event.error) },
          ],
        },
      },
      on: ends,
    },
    unprepared: {
      description: 'AWS could not be prepared. What runs is kept, and the next attempt follows.',
      after: { preparationPause: 'preparing' },
      on: {
        ...ends,
        'fleet.retryNow': { target: 'preparing', actions: ['retryCalls', 'toFleet'] },
      },
    },
    serving: {
      description: 'The fleet follows what the scheduler desires.',
      on: { ...ends, 'fleet.unprepared': 'preparing' },
    },
    stopping: {
      description: 'All tasks are being stopped; those at work may wait for an idle moment first.',
      entry: ['advertiseZero', 'stopFleet', 'armStopTimeout'],
      on: {
        ...whileStopping,
        'daemon.stop': [{ guard: 'tasksLeft', target: 'stoppingNow' }, { target: 'disconnecting' }],
      },
    },
    stoppingNow: {
      description: 'A second request to stop: tasks at work are stopped, too.',
      entry: 'stopFleetNow',
      on: { ...whileStopping, 'daemon.stop': 'disconnecting' },
    },
    disconnecting: {
      description: 'The connection to the scheduler is closed in order.',
      entry: 'closeSession',
      on: {
        'xstate.done.actor.session': 'stopped',
        'daemon.stop': 'stopped',
        'fleet.capacity': {},
      },
    },
    stopped: { type: 'final', description: 'The daemon has ended.' },
  },
});
