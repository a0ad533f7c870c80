import { describe, expect, it } from 'vitest';
import { whenTold } from '../../../machines/scheduler/gathering.ts';
import type { MonitorMessage, TaskState } from '../../../machines/scheduler/messages.ts';

const list: MonitorMessage = { type: 'monitor.workers', workers: [], groups: null };
const worker: MonitorMessage = { type: 'monitor.worker', workerId: 'w', connected: true };
const task = (state: TaskState | null): MonitorMessage => ({
  ...{ type: 'monitor.task', taskId: 't', workerId: 'w', state },
});

/** When it is told before the first list of a connection, and after it. */
const timesOf = (message: MonitorMessage) => [whenTold(message, false), whenTold(message, true)];

describe('a message of the monitor stream', () => {
  it('is told soon if it is the first list of the connection, and gathered if it is a later one', () => {
    expect(timesOf(list)).toEqual(['soon', 'gathered']);
  });

  it('is gathered if it is about a worker', () => {
    expect(timesOf(worker)).toEqual(['gathered', 'gathered']);
  });

  it('is told soon if it says that a task is being cancelled', () => {
    expect(timesOf(task('canceling'))).toEqual(['soon', 'soon']);
  });

  it.each(['running', 'balanceCanceling', 'canceled', 'canceledNotFound', null] as const)(
    'is gathered if it says of a task: %s',
    (state) => {
      expect(timesOf(task(state))).toEqual(['gathered', 'gathered']);
    },
  );
});
