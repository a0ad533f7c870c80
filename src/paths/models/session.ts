import type { AnyMachineSnapshot, EventObject } from 'xstate';
import type { SchedulerMessage } from '../../../machines/scheduler/messages.ts';
import type { SessionContext, SessionInput } from '../../../machines/scheduler/sessionState.ts';
import type { Model } from '../explore.ts';

export const sessionInput: SessionInput = {
  workers: 8,
  heartbeatIntervalMs: 2000,
  workerManagerId: 'wm',
  capabilities: [],
  maxTasks: 4,
  workersPerTask: 2,
  workerRelease: null,
  responsePending: false,
};

export const echo: SchedulerMessage = { type: 'heartbeatEcho' };
export const desired: SchedulerMessage = {
  type: 'desired',
  requests: [{ taskConcurrency: 1, capabilities: [] }],
};

const message = (generation: string, of: object) => ({
  ...{ type: 'socket.message', at: 20_000, generation, message: of },
});
const timers: [where: string, type: string][] = [
  ['ready', 'heartbeatInterval.session.online.connected.ready'],
  ['unresponsive', 'heartbeatInterval.session.online.connected.unresponsive.beating'],
  ['unresponsive', 'silenceLimit.session.online.connected.unresponsive'],
  ['lastEcho', 'echoWait.session.online.connected.unresponsive.lastEcho'],
  ['listening', 'heartbeatInterval.session.online.connected.listening'],
  ['goodbye', 'goodbyeWait.session.online.connected.goodbye'],
  ['overdue', 'unreadWait.session.online.disconnecting.overdue'],
  ['reconnecting', 'closeLimit.session.online.reconnecting'],
  [
    '"reconnecting":"acknowledging',
    'acknowledgementWait.session.online.reconnecting.acknowledging',
  ],
  ['disconnecting', 'closeLimit.session.online.disconnecting'],
  [
    '"disconnecting":"acknowledging',
    'acknowledgementWait.session.online.disconnecting.acknowledging',
  ],
  ['backoff', 'reconnectPause.session.backoff'],
];

const eventsIn = (state: AnyMachineSnapshot): EventObject[] => {
  const context = state.context as SessionContext;
  const value = JSON.stringify(state.value);
  const all: { type: string; [key: string]: unknown }[] = [
    ...[1, 2].map((magic) => ({ type: 'socket.open', at: 0, magic })),
    { type: 'socket.closed', at: 20_000, kind: 'aborted', reason: 'reset', jitter: 0.5 },
    { type: 'socket.unreadable', at: 20_000, reason: 'short' },
    {
      ...{ type: 'socket.sendFailed', at: 20_000 },
      what: { type: 'disconnectRequest', generation: 'g3', workerId: 'w1' },
    },
    message(context.dialect.certain ?? 'g3', echo),
    message('g3', desired),
    message('g2', { type: 'start', capabilities: [] }),
    message(context.dialect.certain ?? 'g3', { type: 'disconnected', workerId: 'w1' }),
    message('g4', { type: 'shutdownAsked' }),
    { type: 'tick', now: context.now > 10_000 ? context.now + 1000 : 20_000 },
    { type: 'fleet.tasksChanged', cohortId: 'c', added: ['t1'], removed: [] },
    { type: 'fleet.inventoryCompleted', at: 0, looked: true },
    { type: 'monitor.loads', at: 0, loads: {} },
    { type: 'monitor.listed', at: 0 },
    { type: 'monitor.work', at: 0, work: null },
    { type: 'monitor.groups', at: 0, groups: null },
    { type: 'monitor.deadWorkers', at: 0, added: ['w1', 'w2'], removed: [] },
    { type: 'monitor.closed', at: 0 },
    { type: 'session.capacity', workers: 4 },
    { type: 'session.close' },
    { type: 'xstate.error.actor.socket', error: new Error('bad scheme') },
    ...timers
      .filter(([where]) => value.includes(where))
      .map(([, type]) => ({ type: `xstate.after.${type}` })),
  ];
  return all;
};

/** Two missed echoes make a scheduler unresponsive at this interval: fewer states. */
const slowly = { ...sessionInput, heartbeatIntervalMs: 20_000 };

/** What is not crossed with everything: `only` these events, told apart by `key`. */
const part = (
  key: (context: SessionContext) => unknown[],
  only: (event: EventObject & { magic?: number; generation?: string }) => boolean = () => true,
  given = {},
): Model => ({
  input: { ...slowly, ...given },
  key: ({ value, context }) => [value, ...key(context as SessionContext)],
  events: (state) => eventsIn(state).filter(only),
});
const isTimer = ({ type }: EventObject) => type.startsWith('xstate.after.');
const isOf = (...types: string[]) => {
  const known = new Set(['socket.open', 'socket.closed', 'session.close', ...types]);
  return (event: EventObject & { magic?: number; generation?: string }) =>
    (known.has(event.type) || isTimer(event)) &&
    event.magic !== 2 &&
    (event.type !== 'socket.message' || event.generation === 'g3');
};

export const models: Model[] = [
  // All events in all states.
  part(() => []),
  // Echoes that come and do not come.
  part(
    ({ missedEchoes, outstanding }) => [Math.min(missedEchoes, 2), Math.min(outstanding, 3)],
    isOf('socket.message', 'xstate.error.actor.socket'),
  ),
  // Reports of dead workers and their acknowledgements.
  part(
    ({ outstanding, unacknowledged, dialect: { certain } }) => [
      ...[Math.min(outstanding, 3), Math.min(unacknowledged.length, 2), certain],
    ],
    isOf('socket.message', 'monitor.deadWorkers', 'socket.sendFailed'),
  ),
  // The shutdown of the cluster.
  part(
    ({ dialect: { certain }, shutdownReported }) => [certain, shutdownReported],
    ({ type, magic }) => /open|message|closed/.test(type) && magic !== 1,
  ),
  // A response that may be pending.
  part(
    ({ outstanding, pendingResponse, now }) => [
      ...[Math.min(outstanding, 3), pendingResponse.suspected, now > 10_000],
    ],
    isOf('socket.message', 'tick'),
    { responsePending: true },
  ),
];
