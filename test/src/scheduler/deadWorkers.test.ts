import { beforeEach, describe, expect, it } from 'vitest';
import { type CancelKeeper, cancelKeeper } from '../../../src/scheduler/cancellations.ts';
import { type Graveyard, graveyard } from '../../../src/scheduler/deadWorkers.ts';
import type { MonitorMessage, TaskState } from '../../../src/scheduler/protocol/monitor.ts';

let cancels: CancelKeeper;
let graves: Graveyard;
beforeEach(() => {
  cancels = cancelKeeper();
  graves = graveyard(cancels);
});

const hear = (message: MonitorMessage) => {
  cancels.hear(message);
  graves.hear(message);
};
const one = 'Worker|ECS-a|1|2';
const two = 'Worker|ECS-a|1|3';
const other = 'Worker|ECS-b|1|4';
const workers = (workerIds: string[], canceling?: number) =>
  hear({
    type: 'monitor.workers',
    groups: null,
    ...(canceling && { canceling }),
    workers: workerIds.map((workerId) => ({
      workerId,
      managerId: 'wm',
      groupId: null,
      load: { free: 1, sent: 1, queued: 0 },
    })),
  });
const task = (taskId: string, state: TaskState, workerId: string) =>
  hear({ type: 'monitor.task', taskId, state, workerId });

describe('a dead task', () => {
  it('has all its workers reported that still count as connected, and each once', () => {
    workers([one, two, other]);
    graves.bury('a', 0);
    expect(graves.due(0)).toEqual([one, two]);
    graves.done(one);
    expect(graves.due(1)).toEqual([two]);
    graves.done(two);
    // Shown again, it has come back, and is not dead.
    workers([one, two, other]);
    expect(graves.due(2)).toEqual([]);
  });

  it('has none to report that said goodbye, and none before any was shown', () => {
    graves.bury('a', 0);
    expect(graves.due(0)).toEqual([]);
    workers([one]);
    hear({ type: 'monitor.worker', workerId: one, connected: false });
    expect(graves.due(0)).toEqual([]);
    hear({ type: 'monitor.worker', workerId: two, connected: true });
    expect(graves.due(0)).toEqual([two]);
    workers([]);
    expect(graves.due(0)).toEqual([]);
  });

  it('is left to the scheduler once it must have noticed by itself', () => {
    workers([one]);
    graves.bury('a', 0);
    graves.bury('a', 50_000);
    expect(graves.due(59_999)).toEqual([one]);
    expect(graves.due(60_000)).toEqual([]);
  });

  it('is not spoken of while a task of its is being cancelled', () => {
    workers([one]);
    task('t', 'canceling', one);
    graves.bury('a', 0);
    expect(graves.due(0)).toEqual([]);
    task('t', 'canceled', one);
    expect(graves.due(0)).toEqual([one]);
  });

  it('is not spoken of while more is being cancelled than was heard of', () => {
    workers([one], 1);
    graves.bury('a', 0);
    expect(graves.due(0)).toEqual([]);
    // It is that of another.
    task('t', 'canceling', other);
    workers([one, other], 1);
    expect(graves.due(0)).toEqual([one]);
    workers([one, other], 2);
    expect(graves.due(0)).toEqual([]);
    workers([one, other]);
    expect(graves.due(0)).toEqual([one]);
  });

  it('is not spoken of when the stream has ended', () => {
    workers([one]);
    graves.bury('a', 0);
    cancels.clear();
    graves.clear();
    expect(graves.due(0)).toEqual([]);
    hear({ type: 'monitor.worker', workerId: one, connected: true });
    // Who knows what was begun meanwhile.
    expect(graves.due(0)).toEqual([]);
    workers([one]);
    expect(graves.due(0)).toEqual([one]);
  });
});
