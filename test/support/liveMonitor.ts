import { expect } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import type { MonitorMessage } from '../../machines/scheduler/messages.ts';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { input } from '../../src/paths/models/monitor.ts';
import { arn } from './rows.ts';
import { scriptedParent, scriptedStream } from './world.ts';

export const worker = (taskId: string, n = 1, sent = 0) => ({
  workerId: `Worker|ECS-${taskId}|${n}`,
  managerId: 'wm',
  groupId: null,
  load: { free: 10, sent, queued: 0 },
});
export const list = (...workers: ReturnType<typeof worker>[]): MonitorMessage => ({
  ...{ type: 'monitor.workers', groups: null, workers },
});
export const canceling = (taskId: string, state: 'canceling' | 'canceled'): MonitorMessage => ({
  ...{ type: 'monitor.task', taskId: `task of ${taskId}`, state },
  workerId: worker(taskId).workerId,
});
/** A monitor with a scripted connection, and what it tells. */
export const liveMonitor = (dead: Record<string, number> = {}) => {
  const clock = new SimulatedClock();
  const { parent, told: heard } = scriptedParent(clock);
  const stream = scriptedStream();
  const unreadable: unknown[] = [];
  let received = 0;
  const machine = monitor.provide({
    actors: { monitorSocket: stream.logic as never },
    actions: {
      noteUnreadable: (_, trouble) => unreadable.push(trouble),
      noteReceived: () => received++,
    },
  });
  const actor = createActor(machine, { parent, input: { ...input, dead } }).start();
  let at = 1_000_000;
  const pass = (ms: number) => {
    at += ms;
    clock.increment(ms);
  };
  const open = () => stream.say({ type: 'socket.open', at });
  const show = (...messages: MonitorMessage[]) =>
    stream.say({ type: 'monitor.messages', at, messages });
  const close = (reason = 'reset', jitter = 1) =>
    stream.say({ type: 'socket.closed', at, reason, jitter });
  const tick = () => actor.send({ type: 'tick', now: at });
  const tasks = (...taskIds: string[]) => {
    const before = actor.getSnapshot().context.tasks.c ?? [];
    const added = taskIds.filter((taskId) => !before.includes(taskId));
    const removed = before.filter((taskId) => !taskIds.includes(taskId));
    actor.send({ type: 'fleet.tasksChanged', cohortId: 'c', added, removed });
  };
  const die = (taskId: string) => actor.send({ type: 'task.dead', at, taskArn: arn(taskId) });
  /** What it has reported since it was asked last, but for the time, and for each list that has come. */
  const reports = () =>
    heard.splice(0).flatMap((event) => {
      const { at: when, ...report } = event as never as { type: string; at: number };
      expect(at - when).toBeGreaterThanOrEqual(0);
      return report.type === 'monitor.listed' ? [] : [report];
    });
  const value = () => actor.getSnapshot().value;
  return {
    ...stream,
    ...{ actor, pass, open, show, close, tick, tasks, die, reports, heard, value, unreadable },
    received: () => received,
  };
};

/** The same, and its connection stands. */
export function openMonitor(): ReturnType<typeof liveMonitor> {
  const all = liveMonitor();
  all.open();
  return all;
}
