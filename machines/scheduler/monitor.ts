import { assertEvent, assign, cancel, type ErrorActorEvent, raise, sendTo, setup } from 'xstate';
import { backoff, jittered } from '../shared/backoff.ts';
import { changeBetween } from '../shared/change.ts';
import { stream } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { taskIdOf } from '../shared/ids.ts';
import { parent } from '../shared/parent.ts';
import {
  firstMonitorSilenceMs,
  monitorBackoff,
  monitorMemoryMs,
  monitorSilenceMs,
  unreadWaitMs,
} from '../shared/timing.ts';
import { cancelingAt, changedCounts, noCancellations } from './cancellations.ts';
import { type CohortTasks, type TasksChange, withChangedTasks } from './cohortTasks.ts';
import {
  type DeadTasks,
  markTaskDead,
  type NotedTimes,
  reportableWorkers,
  withoutNoticed,
  workersOfDead,
} from './deadWorkers.ts';
import type { FleetNews, MonitorEvent, MonitorSocketEvent } from './events.ts';
import { type MonitorStream, nothingShown, readMessages, shownLoads } from './monitorStream.ts';
import { idleBelievedMs, rhythmOf } from './rhythm.ts';

export type { MonitorEvent } from './events.ts';
export type { WorkerLoad } from './messages.ts';

export interface MonitorInput {
  workerManagerId: string;
  /** Tasks that were dead already. */
  dead: DeadTasks;
}

export interface MonitorContext extends Omit<MonitorInput, 'dead'> {
  /** The last time that an event has told. */
  now: number;
  attempts: number;
  jitter: number;
  trouble: string | null;
  tasks: CohortTasks;
  /** Those that became ours since the last list of workers; none before a list has told the loads of all tasks. */
  added: string[];
  stream: MonitorStream;
  /** Until when a worker that was last shown without work counts as idle; null: nothing was shown. */
  idleUntil: number | null;
  /** That is over. */
  idleDoubted: boolean;
  dead: NotedTimes;
  /** The dead workers that the session knows of. */
  reportable: string[];
}

function silenceLimit({ stream: { gapsMs } }: MonitorContext): number {
  const everyMs = rhythmOf(gapsMs);
  return everyMs === null ? firstMonitorSilenceMs : Math.max(monitorSilenceMs, 2.5 * everyMs);
}

type Closed = Extract<MonitorSocketEvent, { type: 'socket.closed' }>;

const monitorSetup = setup({
  types: {} as {
    input: MonitorInput;
    context: MonitorContext;
    events:
      | MonitorSocketEvent
      | FleetNews
      | { type: 'tick'; now: number }
      /** No worker of this Fargate task can be alive. */
      | { type: 'task.dead'; at: number; taskArn: string }
      | { type: 'monitor.silent' }
      | { type: 'monitor.forget' }
      | ErrorActorEvent;
  },
  actors: { monitorSocket: stream('monitorSocket') },
  delays: {
    silenceLimit: ({ context }) => silenceLimit(context),
    unreadWait: unreadWaitMs,
    memory: monitorMemoryMs,
    reconnectPause: ({ context: { attempts, jitter } }) =>
      jittered(backoff(attempts, monitorBackoff), jitter),
  },
  actions: {
    /** A frame of the stream could not be read; the wiring logs it. */
    noteUnreadable: (_, _trouble: { reason: string }) => {},
    /** The first messages of a connection have come; the wiring logs it. */
    noteReceived: () => {},
    connect: assign({ attempts: ({ context }) => context.attempts + 1 }),
    noteClosed: assign({
      trouble: (_, { reason }: Closed) => reason,
      jitter: (_, { jitter }: Closed) => jitter,
    }),
    noteError: assign({ trouble: ({ event }) => noteOf((event as ErrorActorEvent).error).reason }),
    noteSilence: assign({ trouble: 'it has fallen silent' }),
    restartSilence: raise({ type: 'monitor.silent' }, { id: 'silence', delay: 'silenceLimit' }),
    endSilence: cancel('silence'),
    rememberForAWhile: raise({ type: 'monitor.forget' }, { id: 'forget', delay: 'memory' }),
    remember: cancel('forget'),
    advanceClock: assign({
      now: ({ event }) => {
        assertEvent(event, 'tick');
        return event.now;
      },
    }),
    /** From here on nothing is current of what the stream has shown. */
    closeStream: assign({ stream: nothingShown, added: [], reportable: [] }),
    reportClosed: sendTo(
      parent,
      ({ context, event }): MonitorEvent => ({
        type: 'monitor.closed',
        at: event.type === 'socket.closed' ? event.at : context.now,
      }),
    ),
    reportUnknown: sendTo(
      parent,
      ({ context }): MonitorEvent => ({ type: 'monitor.loads', at: context.now, loads: null }),
    ),
    reportCanceling: sendTo(
      parent,
      ({ context }, { canceling }: { canceling: Record<string, number> }): MonitorEvent => ({
        ...{ type: 'monitor.canceling', at: context.now, canceling },
      }),
    ),
    keepTasks: assign({
      // Otherwise the next list tells the loads of all tasks. There may never be one, so none is kept for it.
      added: ({ context }, { added }: TasksChange) =>
        context.stream.isTraced ? [...context.added, ...added] : context.added,
      tasks: ({ context }, change: TasksChange) => withChangedTasks(context.tasks, change),
    }),
    forgetNoticed: assign({
      dead: ({ context: { dead, now } }) => ({
        earlier: withoutNoticed(dead.earlier, now),
        lately: withoutNoticed(dead.lately, now),
      }),
    }),
  },
});

const hasAny = (values: object): boolean => Object.keys(values).length > 0;

/** Takes in messages that came together, and tells what they change. */
const readStream = monitorSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'monitor.messages');
  const { at, messages } = event;
  const reading = readMessages(context.stream, messages, at, {
    workerManagerId: context.workerManagerId,
    cohorts: () => Object.values(context.tasks),
    added: context.added,
  });
  const { stream, loads, listed } = reading;
  if (context.attempts > 0) enqueue('noteReceived');
  enqueue.assign({
    ...{ now: at, attempts: 0, trouble: null, stream },
    added: listed ? [] : context.added,
  });
  // The first list of a connection does not say where workers are: what is remembered of the last one is no help.
  const isVoid = listed && !stream.isTraced && context.stream.listedAt === null;
  const told = isVoid ? null : loads;
  if (told !== undefined) {
    enqueue.cancel('forget');
    enqueue.sendTo(parent, { type: 'monitor.loads', at, loads: told } satisfies MonitorEvent);
  }
  if (!stream.isTraced) {
    // Where the loads have just become unknown, so have the cancellations.
    const known = told === null ? noCancellations : context.stream.cancellations;
    const canceling = changedCounts(known, stream.cancellations);
    if (hasAny(canceling)) enqueue({ type: 'reportCanceling', params: { canceling } });
  }
  if (listed && stream.isTraced) {
    enqueue.sendTo(parent, { type: 'monitor.listed', at } satisfies MonitorEvent);
    const idleUntil = at + idleBelievedMs(rhythmOf(stream.gapsMs));
    enqueue.assign({ idleUntil, idleDoubted: false });
    if (context.idleDoubted)
      enqueue.sendTo(parent, {
        ...{ type: 'monitor.freshness', at, isCurrent: true },
      } satisfies MonitorEvent);
  }
  if (stream.work !== context.stream.work)
    enqueue.sendTo(parent, {
      ...{ type: 'monitor.work', at, work: stream.work },
    } satisfies MonitorEvent);
  // With each list: the session drops a group from what it was told when it answers its shutdown, and that answer can be lost.
  if (stream.groups !== context.stream.groups || (listed && stream.groups !== null))
    enqueue.sendTo(parent, {
      ...{ type: 'monitor.groups', at, groups: stream.groups },
    } satisfies MonitorEvent);
});

/** A group that has come to know its task hears of the cancellations that were told before. */
const tellCanceling = monitorSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'fleet.tasksChanged');
  const { stream } = context;
  if (stream.isTraced) return;
  const counts = event.added.map((id) => [id, cancelingAt(stream.cancellations, id)] as const);
  const canceling = Object.fromEntries(counts.filter(([, count]) => count > 0));
  if (hasAny(canceling)) enqueue({ type: 'reportCanceling', params: { canceling } });
});

/** So does one whose workers came before: the next list may come too late to say that they serve. */
const tellShown = monitorSetup.enqueueActions(
  ({ context: { stream, now: at }, event, enqueue }) => {
    assertEvent(event, 'fleet.tasksChanged');
    const loads = shownLoads(stream, event.added);
    if (hasAny(loads))
      enqueue.sendTo(parent, { type: 'monitor.loads', at, loads } satisfies MonitorEvent);
  },
);

/** The next report is due, and has not come: what the last one showed as idle need not be so any more. */
const doubtIdle = monitorSetup.enqueueActions(({ context, enqueue }) => {
  const { idleUntil, idleDoubted, now: at } = context;
  if (idleDoubted || idleUntil === null || at <= idleUntil) return;
  enqueue.assign({ idleDoubted: true });
  enqueue.sendTo(parent, {
    ...{ type: 'monitor.freshness', at, isCurrent: false },
  } satisfies MonitorEvent);
});

/** Names the workers of this task, too, if they may be reported as dead. Nothing changes for those of others. */
const onTaskDead = monitorSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'task.dead');
  const taskId = taskIdOf(event.taskArn);
  const dead = markTaskDead(context.dead, taskId, event.at);
  if (dead === context.dead) return;
  enqueue.assign({ dead });
  const added = workersOfDead(taskId, context.stream);
  if (added.length === 0) return;
  enqueue.assign({ reportable: [...context.reportable, ...added] });
  const change = { at: context.now, added, removed: [] };
  enqueue.sendTo(parent, { type: 'monitor.deadWorkers', ...change } satisfies MonitorEvent);
});

/** Names the workers that may be reported as dead by now, and those that may not be any more. */
const reportDeadWorkers = monitorSetup.enqueueActions(({ context, enqueue }) => {
  const { dead, stream, reportable: before, now: at } = context;
  const reportable = reportableWorkers(dead, stream);
  const isSame = reportable.length === before.length;
  if (isSame && reportable.every((workerId, i) => workerId === before[i])) return;
  enqueue.assign({ reportable });
  const change = changeBetween(before, reportable);
  enqueue.sendTo(parent, { type: 'monitor.deadWorkers', at, ...change } satisfies MonitorEvent);
});

export const monitor = monitorSetup
  .extend({
    actions: { readStream, tellCanceling, tellShown, doubtIdle, onTaskDead, reportDeadWorkers },
  })
  .createMachine({
    id: 'monitor',
    description: "The scheduler's monitor stream: useful, never needed. It only listens.",
    context: ({ input }) => ({
      ...input,
      now: 0,
      attempts: 0,
      jitter: 0,
      trouble: null,
      tasks: {},
      added: [],
      stream: nothingShown,
      idleUntil: null,
      idleDoubted: false,
      dead: { earlier: input.dead, lately: {} },
      reportable: [],
    }),
    on: {
      tick: { actions: ['advanceClock', 'doubtIdle', 'forgetNoticed', 'reportDeadWorkers'] },
      'fleet.tasksChanged': {
        actions: [
          { type: 'keepTasks', params: ({ event }) => event },
          'tellCanceling',
          'tellShown',
        ],
      },
      'task.dead': { actions: 'onTaskDead' },
      'monitor.forget': { actions: 'reportUnknown' },
    },
    initial: 'online',
    states: {
      online: {
        description: 'A connection to the stream stands or is being made.',
        entry: 'connect',
        invoke: {
          id: 'monitorSocket',
          src: 'monitorSocket',
          onError: { target: 'backoff', actions: 'noteError' },
        },
        on: {
          'socket.closed': {
            target: 'backoff',
            actions: { type: 'noteClosed', params: ({ event }) => event },
          },
        },
        initial: 'connecting',
        states: {
          connecting: {
            description: 'Not connected yet.',
            on: { 'socket.open': 'listening' },
          },
          listening: {
            description: 'The stream is read, and what changes is told.',
            entry: 'restartSilence',
            initial: 'current',
            states: {
              current: {
                description: 'Messages come.',
                on: { 'monitor.silent': 'overdue' },
              },
              overdue: {
                description:
                  'None has come for too long. What came during a standstill of this process is read before the end.',
                after: { unreadWait: { target: '#monitor.backoff', actions: 'noteSilence' } },
              },
            },
            on: {
              'socket.unreadable': {
                target: '.current',
                actions: [
                  'endSilence',
                  'restartSilence',
                  { type: 'noteUnreadable', params: ({ event: { reason } }) => ({ reason }) },
                ],
              },
              'monitor.messages': {
                target: '.current',
                actions: ['readStream', 'endSilence', 'restartSilence', 'reportDeadWorkers'],
              },
            },
            exit: ['endSilence', 'closeStream', 'reportClosed', 'remember', 'rememberForAWhile'],
          },
        },
      },
      backoff: {
        description: 'No connection; the next attempt comes after a pause.',
        after: { reconnectPause: 'online' },
      },
    },
  });
