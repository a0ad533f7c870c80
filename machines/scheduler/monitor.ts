import { assign, cancel, type ErrorActorEvent, raise, sendTo, setup } from 'xstate';
import { backoff, jittered } from '../shared/backoff.ts';
import { stream } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import type { WorkerLoad } from './messages.ts';

export type { WorkerLoad };

/** `loads` by Fargate task id, only what changed; null: nothing is told any more, so nothing is known. */
export type MonitorEvent = {
  type: 'monitor.loads';
  at: number;
  loads: Record<string, WorkerLoad> | null;
};

/** The scheduler's monitor stream: welcome, never needed. It only listens. */
export const monitor = setup({
  types: {} as {
    context: { attempts: number; jitter: number; trouble: string | null };
    events:
      | MonitorEvent
      | { type: 'monitor.forget' }
      | { type: 'socket.open' }
      | { type: 'socket.closed'; reason: string; jitter: number }
      | ErrorActorEvent;
  },
  actors: { monitorSocket: stream('monitorSocket') },
  delays: {
    memory: 30_000,
    /** 1 s, 2 s, 4 s ... 15 s, each between its half and its whole: sooner than a scheduler that is back is obeyed. */
    reconnectPause: ({ context: { attempts, jitter } }) =>
      jittered(backoff(attempts, { firstMs: 1000, longestMs: 15_000 }), jitter),
  },
  actions: {
    forward: sendTo(parent, ({ event }) => event),
    forget: sendTo(parent, { type: 'monitor.loads', at: 0, loads: null } satisfies MonitorEvent),
  },
}).createMachine({
  id: 'monitor',
  context: { attempts: 0, jitter: 0, trouble: null },
  on: { 'monitor.forget': { actions: 'forget' } },
  initial: 'online',
  states: {
    online: {
      entry: assign({ attempts: ({ context }) => context.attempts + 1 }),
      invoke: {
        id: 'monitorSocket',
        src: 'monitorSocket',
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
      },
      initial: 'connecting',
      states: {
        connecting: { on: { 'socket.open': 'listening' } },
        listening: {
          on: {
            'monitor.loads': {
              actions: [cancel('forget'), assign({ attempts: 0, trouble: null }), 'forward'],
            },
          },
          // It comes back within a moment, more often than not; what it told last is worth something.
          exit: [
            cancel('forget'),
            raise({ type: 'monitor.forget' }, { id: 'forget', delay: 'memory' }),
          ],
        },
      },
    },
    waiting: { after: { reconnectPause: 'online' } },
  },
});
