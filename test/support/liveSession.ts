import { createActor, type EventObject, SimulatedClock } from 'xstate';
import type { SessionNote } from '../../machines/scheduler/dialogue.ts';
import type {
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import { session } from '../../machines/scheduler/session.ts';
import type { SessionInput } from '../../machines/scheduler/sessionState.ts';
import { sessionInput } from '../../src/paths/models/session.ts';
import { scriptedParent, scriptedStream } from './world.ts';

/** Messages of the scheduler, as the socket tells them. */
export { desired, echo, sessionInput } from '../../src/paths/models/session.ts';
export const start: SchedulerMessage = { type: 'start', capabilities: [] };
export const shutdownWorkers = (...workerIds: string[]): SchedulerMessage => ({
  ...{ type: 'shutdown', groupId: null, workerIds },
});
export const shutdownGroup = (groupId: string): SchedulerMessage => ({
  ...{ type: 'shutdown', groupId, workerIds: [] },
});

/** A session whose socket, parent and time are the test's. */
export const liveSession = (given: Partial<SessionInput> = {}) => {
  const socket = scriptedStream();
  const simulated = new SimulatedClock();
  const { parent, told: heard } = scriptedParent(simulated);
  const notes: SessionNote[] = [];
  const actor = createActor(
    session.provide({
      actors: { socket: socket.logic as never },
      actions: { note: (_, note) => notes.push(note) },
    }),
    { input: { ...sessionInput, ...given }, parent },
  ).start();
  let at = 1_000_000;
  /** Time as it passes, with the root's ticks: the simulated clock itself would leap over timers set again. */
  const pass = (ms: number) => {
    for (let i = 0; i < ms; i++) {
      at++;
      simulated.increment(1);
      if (at % 1000 === 0 && actor.getSnapshot().status === 'active')
        actor.send({ type: 'tick', now: at });
    }
  };
  const open = (magic: number | null = 1) => socket.say({ type: 'socket.open', at, magic });
  const hear = (message: SchedulerMessage, generation: Generation = 'g3') =>
    socket.say({ type: 'socket.message', at, generation, message });
  const close = (kind = 'aborted', jitter = 1) =>
    socket.say({ type: 'socket.closed', at, kind, reason: 'x', jitter });
  const tasks = (...taskIds: string[]) => {
    const before = actor.getSnapshot().context.tasks.c ?? [];
    const added = taskIds.filter((taskId) => !before.includes(taskId));
    const removed = before.filter((taskId) => !taskIds.includes(taskId));
    actor.send({ type: 'fleet.tasksChanged', cohortId: 'c', added, removed });
  };
  const sent = (): OutgoingMessage[] =>
    socket.told.flatMap((event) =>
      event.type === 'socket.send'
        ? [(event as EventObject & { message: OutgoingMessage }).message]
        : [],
    );
  const of = <T extends OutgoingMessage['type']>(type: T) =>
    sent().filter((message) => message.type === type) as Extract<OutgoingMessage, { type: T }>[];
  const closes = () => socket.told.filter(({ type }) => type === 'socket.close').length;
  const reported = (type: string) => heard.filter((event) => event.type === type);
  const context = () => actor.getSnapshot().context;
  return {
    ...socket,
    ...{ actor, clock: { pass }, heard, notes, open, hear, close, tasks, sent, of, closes },
    ...{ reported, context, value: () => actor.getSnapshot().value, now: () => at },
  };
};

/** So many workers of that Fargate task. */
export const workersOf = (taskId: string, count = 2) =>
  Array.from({ length: count }, (_, n) => `Worker|ECS-${taskId}|name|${n}`);

/** The Fargate tasks of each shutdown that it has requested since this was asked last. */
export const taskIdsIn = ({ reported }: ReturnType<typeof liveSession>) =>
  reported('scheduler.shutdownRequested').map(
    (event) => (event as never as { taskIds: string[] }).taskIds,
  );
