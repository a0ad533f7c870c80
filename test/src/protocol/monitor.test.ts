import { expect, it } from 'vitest';
import { decodeMessage } from '../../../src/protocol/codec.ts';
import { encodeMessage } from '../../../src/protocol/encodeMessage.ts';
import { decodeMonitor } from '../../../src/protocol/monitor.ts';
import type { WireMessage } from '../../../src/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

const vector = (name: string) => {
  const found = vectors.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return found.bytes;
};
const id = (n: number) =>
  `Worker|ECS|0000000000000000000000000000100${n}|0000000000000000000000abcdef000${n}`;
const load = [
  { free: 1000, sent: 0, queued: 0 },
  { free: 999, sent: 1, queued: 0 },
];

it.each(['g2', 'g23', 'g3'])('joins workers, their managers and their load (%s)', (generation) => {
  expect(decodeMonitor(vector(`${generation}-monitor-state-scheduler-two-workers`))).toEqual({
    type: 'monitor.workers',
    workers: [
      { workerId: id(0), managerId: 'wm-ecs', groupId: null, load: load[0] },
      { workerId: id(1), managerId: 'wm-ecs', groupId: null, load: load[1] },
    ],
    groups: null,
  });
});

it('knows groups instead of managers from the oldest generation', () => {
  expect(decodeMonitor(vector('g1-monitor-state-scheduler-two-workers'))).toEqual({
    type: 'monitor.workers',
    workers: [
      { workerId: id(0), managerId: null, groupId: 'ecs-1', load: load[0] },
      { workerId: id(1), managerId: null, groupId: 'ecs-1', load: load[1] },
    ],
    groups: ['ecs-1'],
  });
});

it('says when a worker came and when it went', () => {
  expect(decodeMonitor(vector('g3-monitor-state-worker-connected'))).toEqual({
    type: 'monitor.worker',
    workerId: id(5),
    connected: true,
  });
  expect(decodeMonitor(vector('g3-monitor-state-worker-disconnected'))).toMatchObject({
    type: 'monitor.worker',
    connected: false,
  });
});

const task = (generation: 'g3' | 'g4'): WireMessage => ({
  generation,
  message: 'stateTask',
  fields: {
    taskId: new TextEncoder().encode('task'),
    functionName: new TextEncoder().encode('f'),
    state: { name: 'canceling', value: 2 },
    worker: new TextEncoder().encode(id(1)),
    capabilities: [],
    metadata: new Uint8Array(0),
  },
});

it.each(['g3', 'g4'] as const)(
  'says which worker has a task, and in what state (%s)',
  (generation) => {
    expect(decodeMonitor(encodeMessage(task(generation)))).toEqual({
      type: 'monitor.task',
      taskId: 'task',
      workerId: id(1),
      state: 'canceling',
    });
  },
);

it('reads the renumbered stream, and the wider worker status, without being told', () => {
  const wire = decodeMessage(vector('g3-monitor-state-scheduler-two-workers'));
  if (wire.message !== 'stateScheduler') throw new Error(wire.message);
  const { workers } = wire.fields.workerManager;
  const wide = workers.map((worker) => ({ ...worker, lastS: 300, memLimit: '8000000000' }));
  const bytes = encodeMessage({
    ...wire,
    generation: 'g4',
    fields: { ...wire.fields, workerManager: { workers: wide } },
  } as WireMessage);
  const again = decodeMessage(bytes);
  expect(again).toMatchObject({ generation: 'g4', message: 'stateScheduler' });
  expect(again.fields).toMatchObject({ workerManager: { workers: wide } });
  expect(decodeMonitor(bytes)).toMatchObject({ workers: [{ load: load[0] }, { load: load[1] }] });
});

it('ignores what is said about other things', () => {
  expect(decodeMonitor(vector('g3-monitor-state-balance-advice'))).toBeNull();
  expect(decodeMonitor(vector('g3-echo'))).toBeNull();
});
