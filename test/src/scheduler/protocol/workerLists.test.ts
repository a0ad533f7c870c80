import { expect, it } from 'vitest';
import { encodeMonitorMessage, type WorkerStatus } from '../../../../src/demo/monitorMessage.ts';
import { decodeMonitor } from '../../../../src/scheduler/protocol/monitor.ts';
import { WorkerLists } from '../../../../src/scheduler/protocol/workerLists.ts';

const worker = (n: number, tasks = 0, managerId = 'wm'): WorkerStatus => ({
  workerId: `Worker|ECS-${n}|x`,
  managerId,
  tasks,
});

function reader() {
  const lists = new WorkerLists();
  return (...workers: WorkerStatus[]) => {
    const bytes = encodeMonitorMessage(workers);
    const message = decodeMonitor(bytes, 'g3', lists);
    if (message?.type !== 'monitor.workers') throw new Error('not a list of workers');
    // With a memory or without, the same is read.
    expect(message).toEqual(decodeMonitor(bytes, 'g3'));
    return message.workers;
  };
}

it('is the same array when nothing has changed', () => {
  const read = reader();
  const first = read(worker(1), worker(2));
  expect(read(worker(1), worker(2))).toBe(first);
});

it('keeps the entries of workers that have not changed', () => {
  const read = reader();
  const first = read(worker(1), worker(2), worker(3));
  const next = read(worker(1), worker(2, 4), worker(3));
  expect(next).not.toBe(first);
  expect(next[0]).toBe(first[0]);
  expect(next[1]).toMatchObject({ load: { sent: 4 } });
  expect(next[2]).toBe(first[2]);
});

it.each([
  ['comes', [worker(1), worker(2), worker(3)]],
  ['goes', [worker(2)]],
  ['takes the place of another', [worker(1), worker(3)]],
  ['changes hands', [worker(1), worker(2, 0, 'other')]],
  ['is named twice', [worker(1), worker(1, 2)]],
  ['has an id that is not ASCII', [worker(1), { ...worker(2), workerId: 'Worker|ECS-ä|x' }]],
  ['has an id that begins like bytes', [worker(1), { ...worker(2), workerId: 'hex:6162' }]],
])('is read whole, and again after it, when a worker %s', (_, next) => {
  const read = reader();
  read(worker(1), worker(2));
  read(...next);
  read(...next);
  read(worker(1), worker(2));
});
