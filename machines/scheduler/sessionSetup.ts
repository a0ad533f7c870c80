import { assertEvent, type ErrorActorEvent, setup } from 'xstate';
import { backoff, jittered } from '../shared/backoff.ts';
import { stream } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import {
  absentHostBackoff,
  acknowledgementWaitMs,
  closeLimitMs,
  echoWaitMs,
  goodbyeWaitMs,
  reconnectBackoff,
  sessionSilenceMs,
  sessionStandstillMs,
  unreadWaitMs,
} from '../shared/timing.ts';
import { withChangedTasks } from './cohortTasks.ts';
import { onDeadWorkers, withoutAcknowledged } from './deadWorkers.ts';
import { contradicts, speaksUnits } from './dialect.ts';
import * as dialogue from './dialogue.ts';
import type { FleetNews, MonitorEvent, SocketCommand, SocketEvent } from './events.ts';
import { sendHeartbeat } from './heartbeat.ts';
import { conflictPauseMs } from './identityConflict.ts';
import type { SchedulerMessage, UnitCommand } from './messages.ts';
import { awayMs, isWorkWaiting } from './pendingResponse.ts';
import {
  echoLimit,
  fleetView,
  reasonToLeave,
  type SessionContext,
  type SessionInput,
} from './sessionState.ts';

export type SessionEvent =
  | SocketEvent
  | FleetNews
  | MonitorEvent
  | { type: 'tick'; now: number }
  | { type: 'session.capacity'; workers: number }
  | { type: 'session.close' }
  | ErrorActorEvent;

interface Given {
  context: SessionContext;
  event: SessionEvent;
}

/** A message of another generation than the scheduler has shown. */
function isContradiction({ context, event }: Given): boolean {
  assertEvent(event, 'socket.message');
  return contradicts(context.dialect, event.generation);
}

/** A message of one of these types, and of the generation that the scheduler has shown. */
function isMessage(given: Given, ...types: SchedulerMessage['type'][]): boolean {
  assertEvent(given.event, 'socket.message');
  return types.includes(given.event.message.type) && !isContradiction(given);
}

const base = setup({
  types: {} as { input: SessionInput; context: SessionContext; events: SessionEvent },
  actors: { socket: stream<SocketCommand>('socket') },
  delays: {
    heartbeatInterval: ({ context }) => context.heartbeatIntervalMs,
    /** Longer while the scheduler is to forget us, or another has our identity. */
    reconnectPause: ({
      context: { attempts, hostAnswers, jitter, now, pendingResponse, identityConflict },
    }) =>
      Math.max(
        jittered(backoff(attempts, hostAnswers ? reconnectBackoff : absentHostBackoff), jitter),
        awayMs(pendingResponse, now),
        conflictPauseMs(identityConflict, jitter),
      ),
    silenceLimit: sessionSilenceMs,
    echoWait: echoWaitMs,
    goodbyeWait: goodbyeWaitMs,
    unreadWait: unreadWaitMs,
    acknowledgementWait: acknowledgementWaitMs,
    closeLimit: closeLimitMs,
  },
  guards: {
    /** This process has not run for so long that a timer fires before what has come meanwhile is read. */
    stoodStill: ({ context, event }) => {
      assertEvent(event, 'tick');
      return event.now - context.now > sessionStandstillMs;
    },
    isContradiction,
    isEcho: (given) => isMessage(given, 'heartbeatEcho'),
    isDesired: (given) => isMessage(given, 'desired'),
    isUnitCommand: (given) => isMessage(given, 'start', 'shutdown'),
    isAcknowledgement: (given) => isMessage(given, 'disconnected'),
    isLastAcknowledgement: (given) =>
      isMessage(given, 'disconnected') && given.context.unacknowledged.length <= 1,
    isShutdown: (given) =>
      isMessage(given, 'shutdownAsked') &&
      given.context.dialect.certain === 'g4' &&
      !given.context.shutdownReported,
    echoesMissing: ({ context: { missedEchoes, heartbeatIntervalMs } }) =>
      missedEchoes * heartbeatIntervalMs >= echoLimit(heartbeatIntervalMs),
    mustStayAway: ({ context }) => reasonToLeave(context) !== null,
    reportsPending: ({ context }) => context.unacknowledged.length > 0,
    allEchoed: ({ context }) => context.outstanding === 0,
    allEchoedReportsPending: ({ context }) =>
      context.outstanding === 0 && context.unacknowledged.length > 0,
    isLastEcho: (given) => isMessage(given, 'heartbeatEcho') && given.context.outstanding <= 1,
    isLastEchoReportsPending: (given) =>
      isMessage(given, 'heartbeatEcho') &&
      given.context.outstanding <= 1 &&
      given.context.unacknowledged.length > 0,
  },
  actions: {
    /** What people should know of the dialogue; the wiring logs it. */
    note: (_, _note: dialogue.SessionNote) => {},
  },
});

type Enqueue = Parameters<Parameters<typeof base.enqueueActions>[0]>[0]['enqueue'];

/** Carries out what a step of the dialogue says. */
function carryOut(step: dialogue.Step, enqueue: Enqueue): void {
  enqueue.assign(step.context);
  for (const command of step.toSocket ?? []) enqueue.sendTo('socket', command);
  for (const event of step.toParent ?? []) enqueue.sendTo(parent, event);
  for (const note of step.notes ?? []) enqueue({ type: 'note', params: note });
}

/** The session: its named actions are the steps of the dialogue with the scheduler. */
export const sessionSetup = base.extend({
  actions: {
    connect: base.enqueueActions(({ context, enqueue }) => {
      carryOut({ context: dialogue.connect(context) }, enqueue);
    }),
    noteError: base.assign({
      trouble: ({ event }) => {
        assertEvent(event, 'xstate.error.actor.socket' as never);
        return noteOf((event as ErrorActorEvent).error).reason;
      },
    }),
    onOpen: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.open');
      carryOut(dialogue.opened(context, event), enqueue);
    }),
    onClosed: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.closed');
      carryOut(dialogue.closed(context, event), enqueue);
    }),
    reportLost: base.sendTo(parent, ({ context, event }) => ({
      type: 'scheduler.lost',
      at: event.type === 'socket.closed' ? event.at : context.now,
    })),
    reportDisconnected: base.enqueueActions(({ context, enqueue }) => {
      carryOut(dialogue.disconnected(context), enqueue);
    }),
    reportUnreadable: base.enqueueActions(({ event, enqueue }) => {
      assertEvent(event, ['socket.unreadable', 'socket.message']);
      const reason =
        event.type === 'socket.unreadable'
          ? event.reason
          : `a ${event.generation} message from a scheduler that is not`;
      enqueue({ type: 'note', params: { note: 'unreadable', reason } });
    }),
    sendHeartbeat: base.enqueueActions(({ context, enqueue }) => {
      carryOut(sendHeartbeat(context), enqueue);
    }),
    onSendFailed: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.sendFailed');
      carryOut(dialogue.sendFailed({ ...context, now: event.at }, event.what), enqueue);
    }),
    onEcho: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.message');
      carryOut(dialogue.onEcho(context, event), enqueue);
    }),
    onDesired: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.message');
      carryOut(dialogue.onDesired(context, event), enqueue);
    }),
    onUnitCommand: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.message');
      // The guard `isUnitCommand` lets no other message pass.
      carryOut(dialogue.onUnitCommand(context, event, event.message as UnitCommand), enqueue);
    }),
    onAcknowledgement: base.assign({
      unacknowledged: ({ context, event }) => {
        assertEvent(event, 'socket.message');
        // The guard `isAcknowledgement` lets no other message pass.
        const { workerId } = event.message as SchedulerMessage & { type: 'disconnected' };
        return withoutAcknowledged(context.unacknowledged, workerId);
      },
    }),
    onShutdown: base.enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'socket.message');
      carryOut(dialogue.onShutdownAsked(context, event), enqueue);
    }),
    pollUnits: base.enqueueActions(({ context, enqueue }) => {
      carryOut(dialogue.pollUnits(context), enqueue);
    }),
    reportDeadWorkers: base.enqueueActions(({ context, enqueue }) => {
      carryOut(dialogue.reportDeadWorkers(context), enqueue);
    }),
    stayAway: base.enqueueActions(({ context, enqueue }) => {
      carryOut(dialogue.stayAway(context), enqueue);
    }),
    closeSocket: base.sendTo('socket', { type: 'socket.close' }),
    advanceClock: base.assign({
      now: ({ event }) => {
        assertEvent(event, 'tick');
        return event.now;
      },
    }),
    setCapacity: base.assign({
      workers: ({ event }) => {
        assertEvent(event, 'session.capacity');
        return event.workers;
      },
    }),
    keepTasks: base.assign({
      tasks: ({ context, event }) => {
        assertEvent(event, 'fleet.tasksChanged');
        return withChangedTasks(context.tasks, event);
      },
    }),
    completeInventory: base.assign({ inventoryComplete: true }),
    /** Only a scheduler that asks for units makes us choose by loads: to others they need not be copied. */
    keepLoads: base.assign({
      loads: ({ context, event }) => {
        assertEvent(event, 'monitor.loads');
        const { certain } = context.dialect;
        const isUsed = certain === null || speaksUnits(context.dialect);
        return event.loads === null || !isUsed ? {} : { ...context.loads, ...event.loads };
      },
    }),
    keepListed: base.assign({
      listedAt: ({ event }) => {
        assertEvent(event, 'monitor.listed');
        return event.at;
      },
    }),
    keepWork: base.assign({
      workWaitsSince: ({ context, event }) => {
        assertEvent(event, 'monitor.work');
        const { workers, workersPerTask, workWaitsSince } = context;
        const tasks = fleetView(context).taskIds.length;
        const waits = isWorkWaiting(event.work, { workers, workersPerTask, tasks });
        return waits ? (workWaitsSince ?? event.at) : null;
      },
    }),
    keepGroups: base.assign({
      groups: ({ event }) => {
        assertEvent(event, 'monitor.groups');
        return event.groups;
      },
      groupsShown: ({ context, event }) => {
        assertEvent(event, 'monitor.groups');
        return context.groupsShown || event.groups !== null;
      },
    }),
    keepDeadWorkers: base.assign(({ context, event }) => {
      assertEvent(event, 'monitor.deadWorkers');
      return onDeadWorkers(context, event);
    }),
    forgetMonitor: base.assign({
      ...{ loads: {}, groups: null, deadWorkers: [], unreported: [], workWaitsSince: null },
    }),
  },
});
