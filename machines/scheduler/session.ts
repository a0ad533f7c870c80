import { assign, type ErrorActorEvent, sendTo, setup } from 'xstate';
import { backoff, jittered } from '../shared/backoff.ts';
import type { DesiredRequest } from '../shared/domain.ts';
import { stream } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';

/** What the scheduler says, as the rest of the house hears it. `at`: milliseconds since the epoch. */
export type SchedulerEvent =
  /** The line to the scheduler is gone. */
  | { type: 'scheduler.lost' }
  | { type: 'scheduler.heartbeatEcho'; at: number }
  | { type: 'scheduler.desired'; at: number; requests: DesiredRequest[] }
  /** One Fargate task more than there are. Said again while one is on its way, it is the same wish. */
  | { type: 'scheduler.startRequested'; at: number }
  /** Exactly these Fargate tasks are to go, by their ids; and no more than there are is wanted. */
  | { type: 'scheduler.shutdownRequested'; at: number; taskIds: string[] }
  /** Why our workers could not serve this scheduler; null: they can. */
  | { type: 'scheduler.mismatch'; at: number; reason: string | null }
  /** Everything is to end in good order, we too. */
  | { type: 'scheduler.shutdown'; at: number };

/** Orders to the socket actor. */
export type SocketOrder =
  | { type: 'socket.beat'; workers: number }
  /** The workers of this Fargate task are dead: whoever has not noticed may be told. */
  | { type: 'socket.dead'; taskArn: string }
  /** Say goodbye in order: nothing outstanding, then half-close, then read until the peer closes. */
  | { type: 'socket.close' };

export type SocketEvent =
  | { type: 'socket.open' }
  /** `jitter`: 0 to 1, drawn by the effect, because machines do not draw. */
  | { type: 'socket.closed'; reason: string; jitter: number }
  | SchedulerEvent;

export interface SessionInput {
  /** Workers to advertise. */
  workers: number;
  heartbeatIntervalMs: number;
}

export interface SessionContext extends SessionInput {
  /** Heartbeats since the last echo: how long nobody has answered. */
  unheard: number;
  /** Heartbeats whose own echo has not come; a reset now could wedge the scheduler. */
  outstanding: number;
  /** Connections since the last echo. */
  attempts: number;
  jitter: number;
  trouble: string | null;
}

/** No launch, and no calm, when the last echo is older than this, ms. */
export const echoLimit = (heartbeatIntervalMs: number): number =>
  Math.max(2 * heartbeatIntervalMs, 6000);

const farewell = [
  { guard: 'allAnswered', target: '#session.online.closing.hangingUp' },
  { target: '#session.online.closing' },
] as const;

/** The conversation with the scheduler: a heartbeat per interval, for ever; a lost line is a state, not an end. */
export const session = setup({
  types: {} as {
    input: SessionInput;
    context: SessionContext;
    events:
      | SocketEvent
      | { type: 'session.capacity'; workers: number }
      | { type: 'session.dead'; taskArn: string }
      | { type: 'session.close' }
      | ErrorActorEvent;
  },
  actors: { socket: stream<SocketOrder>('socket') },
  delays: {
    heartbeatInterval: ({ context }) => context.heartbeatIntervalMs,
    /** 0.5 s, 1 s, 2 s ... 30 s, each between its half and its whole. */
    reconnectPause: ({ context: { attempts, jitter } }) =>
      jittered(backoff(attempts, { firstMs: 500, longestMs: 30_000 }), jitter),
    silencePatience: 15_000,
    farewell: 2000,
    farewellLimit: 5000,
  },
  guards: {
    unheard: ({ context: { unheard, heartbeatIntervalMs } }) =>
      unheard * heartbeatIntervalMs >= echoLimit(heartbeatIntervalMs),
    allAnswered: ({ context }) => context.outstanding === 0,
    lastAnswer: ({ context }) => context.outstanding <= 1,
  },
  actions: {
    beat: sendTo(
      'socket',
      ({ context }): SocketOrder => ({
        type: 'socket.beat',
        workers: context.workers,
      }),
    ),
    countBeat: assign({
      unheard: ({ context }) => context.unheard + 1,
      outstanding: ({ context }) => context.outstanding + 1,
    }),
    tellDead: sendTo(
      'socket',
      (_, { taskArn }: { taskArn: string }): SocketOrder => ({ type: 'socket.dead', taskArn }),
    ),
    hangUp: sendTo('socket', { type: 'socket.close' }),
    heard: assign({
      unheard: 0,
      outstanding: ({ context }) => Math.max(0, context.outstanding - 1),
      attempts: 0,
      trouble: null,
    }),
    forward: sendTo(parent, ({ event }) => event),
    tellLost: sendTo(parent, { type: 'scheduler.lost' } satisfies SchedulerEvent),
  },
}).createMachine({
  id: 'session',
  context: ({ input }) => ({
    ...input,
    unheard: 0,
    outstanding: 0,
    attempts: 0,
    jitter: 0,
    trouble: null,
  }),
  initial: 'online',
  on: {
    'session.capacity': { actions: assign({ workers: ({ event }) => event.workers }) },
  },
  states: {
    online: {
      exit: 'tellLost',
      entry: assign({
        unheard: 0,
        outstanding: 0,
        attempts: ({ context }) => context.attempts + 1,
      }),
      invoke: {
        id: 'socket',
        src: 'socket',
        onError: {
          target: 'waiting',
          actions: assign({ trouble: ({ event }) => noteOf(event.error).reason }),
        },
      },
      on: {
        'socket.closed': {
          target: 'waiting',
          actions: assign({
            trouble: ({ event }) => event.reason,
            jitter: ({ event }) => event.jitter,
          }),
        },
        'scheduler.heartbeatEcho': { actions: ['heard', 'forward'] },
        'scheduler.*': { actions: 'forward' },
        'session.dead': {
          actions: { type: 'tellDead', params: ({ event: { taskArn } }) => ({ taskArn }) },
        },
      },
      initial: 'connecting',
      states: {
        connecting: {
          on: { 'socket.open': 'talking', 'session.close': '#session.closed' },
        },
        talking: {
          entry: ['beat', 'countBeat'],
          after: {
            heartbeatInterval: [
              { guard: 'unheard', target: 'silent' },
              { target: 'talking', reenter: true },
            ],
          },
          on: { 'session.close': farewell },
        },
        // Connected, and nobody answers: the scheduler is stuck, or another manager holds our id.
        silent: {
          initial: 'beating',
          states: {
            beating: {
              entry: ['beat', 'countBeat'],
              after: { heartbeatInterval: { target: 'beating', reenter: true } },
            },
          },
          after: { silencePatience: 'rejoining' },
          on: {
            'scheduler.heartbeatEcho': { target: 'listening', actions: ['heard', 'forward'] },
            'session.close': 'closing',
          },
        },
        // Our identity on a fresh connection frees a scheduler that waits for us, and a ZeroMQ
        // router that has overlooked us.
        rejoining: {
          entry: 'hangUp',
          after: { farewellLimit: '#session.waiting' },
          on: { 'session.close': 'closing.hangingUp' },
        },
        // Heard again; the next heartbeat is due a full interval later.
        listening: {
          after: { heartbeatInterval: 'talking' },
          on: { 'session.close': farewell },
        },
        closing: {
          initial: 'waiting',
          states: {
            waiting: {
              after: { farewell: 'hangingUp' },
              on: {
                'scheduler.heartbeatEcho': [
                  { guard: 'lastAnswer', target: 'hangingUp', actions: ['heard', 'forward'] },
                  { actions: ['heard', 'forward'] },
                ],
              },
            },
            hangingUp: {
              entry: 'hangUp',
              after: { farewellLimit: '#session.closed' },
            },
          },
          on: { 'socket.closed': '#session.closed' },
        },
      },
    },
    waiting: {
      after: { reconnectPause: 'online' },
      on: { 'session.close': 'closed' },
    },
    closed: { type: 'final' },
  },
});
