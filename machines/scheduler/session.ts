import { sessionSetup } from './sessionSetup.ts';
import { newSession } from './sessionState.ts';

export type { SchedulerEvent } from './events.ts';
export { echoLimit } from './sessionState.ts';

/** What is only kept while there is no connection to act on. */
const keep = {
  tick: { actions: 'advanceClock' },
  'fleet.tasksChanged': { actions: 'keepTasks' },
  'fleet.inventoryCompleted': { actions: 'completeInventory' },
  'monitor.loads': { actions: 'keepLoads' },
  'monitor.listed': { actions: 'keepListed' },
  'monitor.work': { actions: 'keepWork' },
  'monitor.groups': { actions: 'keepGroups' },
  'monitor.deadWorkers': { actions: 'keepDeadWorkers' },
  'monitor.closed': { actions: 'forgetMonitor' },
} as const;

/** While connected, the unit protocol looks at each of them: a response goes out as soon as its task is there. */
const keepAndAct = {
  tick: [
    // What has come meanwhile is read first: it may be the task of a start, or show that a worker is not to be reported.
    { guard: 'stoodStill', actions: 'advanceClock' },
    { actions: ['advanceClock', 'pollUnits', 'reportDeadWorkers'] },
  ],
  'fleet.tasksChanged': { actions: ['keepTasks', 'pollUnits'] },
  'fleet.inventoryCompleted': { actions: ['completeInventory', 'pollUnits'] },
  'monitor.loads': { actions: ['keepLoads', 'pollUnits'] },
  'monitor.listed': { actions: ['keepListed', 'pollUnits'] },
  'monitor.groups': { actions: ['keepGroups', 'pollUnits'] },
  'monitor.deadWorkers': { actions: ['keepDeadWorkers', 'reportDeadWorkers'] },
} as const;

/** What the scheduler says to us at any time. */
const messages = [
  { guard: 'isContradiction', actions: 'reportUnreadable' },
  { guard: 'isEcho', actions: 'onEcho' },
  { guard: 'isDesired', actions: ['onDesired', 'reportDeadWorkers'] },
  { guard: 'isUnitCommand', actions: ['onUnitCommand', 'reportDeadWorkers'] },
  { guard: 'isAcknowledgement', actions: 'onAcknowledgement' },
  { guard: 'isShutdown', actions: 'onShutdown' },
] as const;

const closeWhenEchoed = [
  { guard: 'allEchoedReportsPending', target: '#session.online.disconnecting.acknowledging' },
  { guard: 'allEchoed', target: '#session.online.disconnecting.closing' },
  { target: 'goodbye' },
] as const;

const reconnect = [
  { guard: 'reportsPending', target: '#session.online.reconnecting.acknowledging' },
  { target: '#session.online.reconnecting.closing' },
] as const;

const leave = [
  {
    guard: 'mustStayAway',
    target: '#session.online.reconnecting.closing',
    actions: 'stayAway',
  },
] as const;

export const session = sessionSetup.createMachine({
  id: 'session',
  description:
    'The dialogue with the scheduler: one heartbeat per interval. A lost connection is a state, not an end.',
  context: ({ input }) => newSession(input),
  initial: 'online',
  on: { ...keep, 'session.capacity': { actions: 'setCapacity' } },
  states: {
    online: {
      description: 'A connection stands or is being made.',
      entry: 'connect',
      exit: 'reportLost',
      invoke: {
        id: 'socket',
        src: 'socket',
        onError: { target: 'backoff', actions: 'noteError' },
      },
      on: {
        'socket.closed': { target: 'backoff', actions: 'onClosed' },
        'socket.message': messages,
        'socket.unreadable': { actions: 'reportUnreadable' },
        'socket.sendFailed': { actions: 'onSendFailed' },
      },
      initial: 'connecting',
      states: {
        connecting: {
          description: 'Not connected yet.',
          on: {
            'socket.open': { target: 'connected', actions: 'onOpen' },
            // The scheduler cannot have said anything yet.
            'socket.message': {},
            'session.close': '#session.closed',
          },
        },
        connected: {
          description: 'Connected. Commands are answered, and dead workers reported.',
          on: keepAndAct,
          initial: 'ready',
          states: {
            ready: {
              description: 'A heartbeat has been sent; the next one is due after an interval.',
              entry: 'sendHeartbeat',
              after: {
                heartbeatInterval: [
                  ...leave,
                  { guard: 'echoesMissing', target: 'unresponsive' },
                  { target: 'ready', reenter: true },
                ],
              },
              on: { 'session.close': closeWhenEchoed },
            },
            unresponsive: {
              description:
                'Connected, but no echo comes: the scheduler is stuck, or another manager has our id. Heartbeats go on.',
              initial: 'beating',
              states: {
                beating: {
                  description: 'A heartbeat has been sent.',
                  entry: 'sendHeartbeat',
                  after: { heartbeatInterval: { target: 'beating', reenter: true } },
                },
                lastEcho: {
                  description:
                    'The connection is to be given up: no more heartbeats, and the echo of the last one is waited for. After a standstill of this process that one was sent a moment ago.',
                  after: { echoWait: reconnect },
                },
              },
              after: { silenceLimit: '.lastEcho' },
              on: {
                'socket.message': { guard: 'isEcho', target: 'listening', actions: 'onEcho' },
                'session.close': 'goodbye',
              },
            },
            listening: {
              description:
                'An echo has come again; the next heartbeat is due a full interval later.',
              after: { heartbeatInterval: [...leave, { target: 'ready' }] },
              on: { 'session.close': closeWhenEchoed },
            },
            goodbye: {
              description: 'No more heartbeats: the echoes of the last ones are waited for.',
              after: { goodbyeWait: '#session.online.disconnecting.overdue' },
              on: {
                'socket.closed': { target: '#session.closed', actions: 'onClosed' },
                'socket.message': [
                  {
                    guard: 'isLastEchoReportsPending',
                    target: '#session.online.disconnecting.acknowledging',
                    actions: 'onEcho',
                  },
                  {
                    guard: 'isLastEcho',
                    target: '#session.online.disconnecting.closing',
                    actions: 'onEcho',
                  },
                ],
              },
            },
          },
        },
        reconnecting: {
          description:
            'The connection is given up. A new one with our identity frees a scheduler that waits for us.',
          after: { closeLimit: '#session.backoff' },
          on: {
            'session.close': [
              { guard: 'reportsPending', target: 'disconnecting.acknowledging' },
              { target: 'disconnecting.closing' },
            ],
          },
          initial: 'closing',
          states: {
            acknowledging: {
              description: 'The acknowledgements of reported workers are waited for.',
              after: { acknowledgementWait: 'closing' },
              on: {
                'socket.message': {
                  guard: 'isLastAcknowledgement',
                  target: 'closing',
                  actions: 'onAcknowledgement',
                },
              },
            },
            closing: {
              description: 'The scheduler is to close the connection.',
              entry: 'closeSocket',
            },
          },
        },
        disconnecting: {
          description: 'The last connection is closed in order.',
          after: { closeLimit: '#session.closed' },
          on: { 'socket.closed': { target: '#session.closed', actions: 'onClosed' } },
          initial: 'closing',
          states: {
            overdue: {
              description:
                'Echoes are late. What came during a standstill of this process is read before the end.',
              after: {
                unreadWait: [
                  { guard: 'reportsPending', target: 'acknowledging' },
                  { target: 'closing' },
                ],
              },
            },
            acknowledging: {
              description: 'The acknowledgements of reported workers are waited for.',
              after: { acknowledgementWait: 'closing' },
              on: {
                'socket.message': {
                  guard: 'isLastAcknowledgement',
                  target: 'closing',
                  actions: 'onAcknowledgement',
                },
              },
            },
            closing: {
              description: 'The scheduler is to close the connection.',
              entry: 'closeSocket',
            },
          },
        },
      },
    },
    backoff: {
      description: 'No connection; the next attempt comes after a pause.',
      entry: 'reportDisconnected',
      after: { reconnectPause: 'online' },
      on: { 'session.close': 'closed' },
    },
    closed: {
      type: 'final',
      description: 'The dialogue is over.',
      entry: 'reportDisconnected',
    },
  },
});
