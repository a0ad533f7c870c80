import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../../src/scheduler/protocol/encodeMessage.ts';
import { decodeMonitor } from '../../../../src/scheduler/protocol/monitor.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
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

it.each(['g2', 'g23', 'g3'])(
  'decodeMonitor joins workers with their managers and loads (%s)',
  (generation) => {
    expect(decodeMonitor(vector(`${generation}-monitor-state-scheduler-two-workers`))).toEqual({
      type: 'monitor.workers',
      workers: [
        { workerId: id(0), managerId: 'wm-ecs', groupId: null, load: load[0] },
        { workerId: id(1), managerId: 'wm-ecs', groupId: null, load: load[1] },
      ],
      groups: null,
      ...{ canceling: 4, tasks: 0 + 2 + 4 + 6 + 20, managers: ['wm-ecs'] },
    });
  },
);

it('decodeMonitor returns groups instead of managers for g1', () => {
  expect(decodeMonitor(vector('g1-monitor-state-scheduler-two-workers'))).toEqual({
    type: 'monitor.workers',
    workers: [
      { workerId: id(0), managerId: null, groupId: 'ecs-1', load: load[0] },
      { workerId: id(1), managerId: null, groupId: 'ecs-1', load: load[1] },
    ],
    groups: ['ecs-1'],
    ...{ canceling: 4, tasks: 32 },
  });
});

it('decodeMonitor reports that a worker connected or disconnected', () => {
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
  'decodeMonitor reports the worker and the state of a task (%s)',
  (generation) => {
    expect(decodeMonitor(encodeMessage(task(generation)))).toEqual({
      type: 'monitor.task',
      taskId: 'task',
      workerId: id(1),
      state: 'canceling',
    });
  },
);

it('decodeMonitor reads g4 and the wide worker status without a hint', () => {
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

it('decodeMonitor counts the tasks that are being cancelled', () => {
  const wire = decodeMessage(vector('g3-monitor-state-scheduler-two-workers')) as WireMessage;
  if (wire.message !== 'stateScheduler') throw new Error(wire.message);
  const counted = (counts: [state: number, count: number][]) =>
    decodeMonitor(
      encodeMessage({
        ...wire,
        fields: {
          ...wire.fields,
          taskManager: { stateToCount: counts.map(([state, count]) => ({ state, count })) },
        },
      } as WireMessage),
    );
  expect(
    counted([
      [1, 7],
      [2, 3],
      [3, 5],
    ]),
  ).toMatchObject({ canceling: 3, tasks: 15 });
  expect(counted([[1, 7]])).not.toHaveProperty('canceling');
});

it('decodeMonitor counts the tasks that the scheduler holds, and none where it names no state', () => {
  const wire = decodeMessage(vector('g3-monitor-state-scheduler-two-workers')) as WireMessage;
  if (wire.message !== 'stateScheduler') throw new Error(wire.message);
  const fields = { ...wire.fields, taskManager: { stateToCount: [] } };
  const silent = decodeMonitor(encodeMessage({ ...wire, fields } as WireMessage));
  expect(silent).not.toHaveProperty('tasks');
  // Finished tasks stay in the counts of their states.
  const ended = [4, 5, 6, 7, 8].map((state) => ({ state, count: 100 }));
  const stateToCount = [...ended, { state: 0, count: 3 }];
  const busy = { ...wire, fields: { ...wire.fields, taskManager: { stateToCount } } };
  expect(decodeMonitor(encodeMessage(busy as WireMessage))).toMatchObject({ tasks: 3 });
});

it.each([
  ['g4-2.9.0-monitor-state-scheduler-two-workers', { tasks: 1, ageSeconds: 70_000 }],
  ['g3-monitor-state-scheduler-two-workers', undefined],
])('decodeMonitor reads how old the running tasks are (%s)', (name, running) => {
  const message = decodeMonitor(vector(name));
  if (message?.type !== 'monitor.workers') throw new Error('not the workers');
  expect(message.workers.map(({ load }) => load?.running)).toEqual([undefined, running]);
});

it('decodeMonitor returns null for other messages', () => {
  expect(decodeMonitor(vector('g3-monitor-state-balance-advice'))).toBeNull();
  expect(decodeMonitor(vector('g3-echo'))).toBeNull();
});

describe.each(['2.7.0', '2.8.0', '2.9.0'])(
  'decodeMonitor with the captured stream of %s',
  (release) => {
    const ofRelease = vectors.filter(({ name }) => name.startsWith(`g4-${release}-`));

    it.each(['ymq', 'zmq'])('reports the workers and their tasks over %s', (transport) => {
      const messages = ofRelease
        .filter(({ name }) => name.startsWith(`g4-${release}-${transport}-monitor-`))
        .map(({ bytes }) => decodeMonitor(bytes));
      const snapshot = messages.find((message) => message?.type === 'monitor.workers');
      if (snapshot?.type !== 'monitor.workers') throw new Error('no state of the scheduler');
      expect(snapshot.workers).toHaveLength(2);
      // Three tasks on two workers with queues of 1000.
      const loads = snapshot.workers.map(({ load }) => load);
      expect(loads.reduce((sum, load) => sum + (load?.sent ?? 0), 0)).toBe(3);
      for (const load of loads) expect((load?.free ?? 0) + (load?.sent ?? 0)).toBe(1000);
      const ids = snapshot.workers.map(({ workerId }) => workerId);
      expect(messages).toContainEqual({
        type: 'monitor.worker',
        workerId: expect.stringMatching(/^Worker\|FIX\|/),
        connected: true,
      });
      expect(messages).toContainEqual(
        expect.objectContaining({ type: 'monitor.worker', connected: false }),
      );
      const task = messages.find((message) => message?.type === 'monitor.task');
      expect(task).toMatchObject({ type: 'monitor.task', workerId: expect.any(String) });
      expect(ids).toContain(task?.type === 'monitor.task' && task.workerId);
    });

    it('reports the loads of 30 workers from a message of several segments', () => {
      const many = ofRelease.find(({ name }) => name.includes('30-workers'));
      expect(many?.segments).toBeGreaterThan(1);
      const message = decodeMonitor(many?.bytes ?? new Uint8Array(0));
      expect(message).toMatchObject({ type: 'monitor.workers' });
      const workers = message?.type === 'monitor.workers' ? message.workers : [];
      expect(workers).toMatchObject(
        Array.from({ length: 30 }, (_, n) => ({
          load: { free: 1000 - n, sent: n, queued: 2 * n },
        })),
      );
      expect(workers.every(({ managerId }) => managerId === 'wm-ecs')).toBe(true);
    });
  },
);
