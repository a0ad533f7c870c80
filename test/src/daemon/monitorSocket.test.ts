import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { setTime } from '../../../src/clock.ts';
import { loadKeeper, monitorTeller, taskOf } from '../../../src/daemon/monitorSocket.ts';
import { decodeMonitor, type MonitorMessage } from '../../../src/protocol/monitor.ts';

const worker = (task: string, n: number, sent = 0) => ({
  workerId: `Worker|ECS-${task}|${n}`,
  managerId: 'wm',
  groupId: null,
  load: { free: 10, sent, queued: 0 },
});
const all = (...workers: ReturnType<typeof worker>[]): MonitorMessage => ({
  type: 'monitor.workers',
  workers,
});

describe('taskOf', () => {
  it('reads the Fargate task from a worker id', () => {
    expect(taskOf('Worker|ECS-0123456789abcdef|ffff')).toBe('0123456789abcdef');
  });
  it.each(['Worker|FIX|0123|ffff', 'Worker|NAT|0123', 'Worker|ECS|0123|ff', 'Client|x', ''])(
    'finds none in %s',
    (id) => expect(taskOf(id)).toBeNull(),
  );
});

describe('loadKeeper', () => {
  it('adds workers up to their task, and tells a task once until it changes', () => {
    const { changes } = loadKeeper();
    const state = all(worker('a', 1, 2), worker('a', 2, 1), worker('b', 1));
    expect(changes(state, [])).toEqual({
      a: { workers: 2, tasks: 3 },
      b: { workers: 1, tasks: 0 },
    });
    expect(changes(state, null)).toBeNull();
    expect(changes(all(worker('a', 1), worker('a', 2), worker('b', 1)), null)).toEqual({
      a: { workers: 2, tasks: 0 },
    });
  });

  it('tells that the last worker of a task is gone', () => {
    const { changes } = loadKeeper();
    changes(all(worker('a', 1), worker('b', 1)), []);
    expect(changes(all(worker('b', 1)), null)).toEqual({ a: { workers: 0, tasks: 0 } });
  });

  it('begins with all of ours, also those without a worker', () => {
    const { changes } = loadKeeper();
    expect(changes(all(worker('a', 1)), ['a', 'c'])).toEqual({
      a: { workers: 1, tasks: 0 },
      c: { workers: 0, tasks: 0 },
    });
  });

  it('hears of one worker without waiting for the next full state', () => {
    const { changes } = loadKeeper();
    changes(all(), []);
    const id = worker('a', 1).workerId;
    expect(changes({ type: 'monitor.worker', workerId: id, connected: true }, null)).toEqual({
      a: { workers: 1, tasks: 0 },
    });
    expect(changes({ type: 'monitor.worker', workerId: id, connected: false }, null)).toEqual({
      a: { workers: 0, tasks: 0 },
    });
    expect(changes({ type: 'monitor.worker', workerId: id, connected: false }, null)).toBeNull();
  });

  it('does not mind workers that are not ours to join', () => {
    const bytes = readFileSync(
      new URL('../../vectors/g3-monitor-state-scheduler-two-workers.bin', import.meta.url),
    );
    const message = decodeMonitor(bytes);
    if (message?.type !== 'monitor.workers') throw new Error('not the workers');
    expect(message.workers.length).toBeGreaterThan(0);
    expect(loadKeeper().changes(message, [])).toEqual({});
  });
});

describe('monitorTeller', () => {
  afterEach(() => setTime(null));

  it('tells of a task that became ours after its workers came, and all of ours now and then', () => {
    let time = 50_000;
    setTime(() => time);
    const ours = ['a'];
    const tell = monitorTeller(() => ours);
    const state = all(worker('a', 1), worker('b', 1, 4));
    expect(
      tell({ type: 'monitor.worker', workerId: 'Worker|ECS-a|1', connected: true }),
    ).toBeNull();
    expect(tell(state)).toMatchObject({ a: { workers: 1, tasks: 0 } });
    time += 1000;
    expect(tell(state)).toBeNull();
    ours.push('b');
    expect(tell(state)).toEqual({ b: { workers: 1, tasks: 4 } });
    expect(tell(state)).toBeNull();
    time += 9000;
    expect(tell(state)).toEqual({ a: { workers: 1, tasks: 0 }, b: { workers: 1, tasks: 4 } });
  });
});
