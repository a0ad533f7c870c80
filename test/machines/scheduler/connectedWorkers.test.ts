import { describe, expect, it } from 'vitest';
import { fromList, fromListBefore } from '../../../machines/scheduler/connectedWorkers.ts';
import type { MonitoredWorker } from '../../../machines/scheduler/messages.ts';

const worker = (task: string, n: number, sent = 0, managerId = 'wm'): MonitoredWorker => ({
  workerId: `Worker|ECS-${task}|${n}`,
  managerId,
  groupId: null,
  load: { free: 10, sent, queued: 0 },
});

describe('a list of all workers', () => {
  it('touches the tasks whose workers came, went or have another number of tasks', () => {
    const first = [worker('a', 1), worker('b', 1), worker('c', 1), worker('c', 2)];
    const { connected } = fromList({}, first);
    const next = [worker('a', 1), worker('b', 1, 2), worker('c', 1), worker('d', 1)];
    const change = fromList(connected, next);
    expect([...change.touched].sort()).toEqual(['b', 'c', 'd']);
    expect(change.connected).toEqual({
      a: { 'Worker|ECS-a|1': 0 },
      b: { 'Worker|ECS-b|1': 2 },
      c: { 'Worker|ECS-c|1': 0 },
      d: { 'Worker|ECS-d|1': 0 },
    });
  });

  it('counts no task for a worker that has not shown its load yet', () => {
    const { connected } = fromList({}, [{ ...worker('a', 1), load: null }]);
    expect(connected).toEqual({ a: { 'Worker|ECS-a|1': 0 } });
  });

  it('leaves out workers that name no task', () => {
    expect(fromList({}, [{ ...worker('a', 1), workerId: 'Worker|x' }]).connected).toEqual({});
  });
});

describe('a list of all workers beside the one before', () => {
  const workers = [worker('a', 1), worker('a', 2), worker('b', 1)];
  const listed = { workers, added: [] };
  const { connected } = fromList({}, workers);

  it('changes nothing if it is the same', () => {
    expect(fromListBefore(connected, listed, workers)?.connected).toBe(connected);
  });

  it('gives what reading it whole gives where only loads changed', () => {
    const next = [worker('a', 1), worker('a', 2, 5), workers[2] as MonitoredWorker];
    const change = fromListBefore(connected, listed, next);
    expect(change?.connected).toEqual(fromList(connected, next).connected);
    expect([...(change?.touched ?? [])]).toEqual(['a']);
    expect(connected).toEqual(fromList({}, workers).connected);
  });

  it('gives what reading it whole gives where workers were added, announced or not', () => {
    const next = [...workers, worker('c', 1), worker('d', 1, 2)];
    const announced = { workers, added: [worker('c', 1).workerId] };
    const known = { ...connected, c: { [worker('c', 1).workerId]: 0 } };
    const change = fromListBefore(known, announced, next);
    expect(change?.connected).toEqual(fromList({}, next).connected);
    expect([...(change?.touched ?? [])]).toEqual(['d']);
  });

  it('gives what reading it whole gives where the load of a worker changed that names no task', () => {
    const nameless = (sent: number) => ({ ...worker('a', 1, sent), workerId: 'x' });
    const before = [...workers, nameless(0)];
    const change = fromListBefore(connected, { workers: before, added: [] }, [
      ...workers,
      nameless(1),
    ]);
    expect(change).toEqual({ connected, touched: new Set() });
  });

  it.each([
    ['one worker less', workers.slice(1)],
    ['another worker', [worker('c', 1), ...workers.slice(1)]],
    ['a worker of another manager', [worker('a', 1, 0, 'other'), ...workers.slice(1)]],
    ['one more worker that names no task', [...workers, { ...worker('c', 1), workerId: 'x' }]],
  ])('is read whole with %s', (_, next) => {
    expect(fromListBefore(connected, listed, next)).toBeNull();
  });

  it('is read whole when a worker that was announced is not listed', () => {
    const announced = { workers, added: [worker('c', 1).workerId] };
    expect(fromListBefore(connected, announced, workers)).toBeNull();
    expect(fromListBefore(connected, announced, [...workers, worker('d', 1)])).toBeNull();
  });
});
