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

it.each(['g2', 'g23', 'g3'])('joins workers, their managers and their load (%s)', (generation) => {
  expect(decodeMonitor(vector(`${generation}-monitor-state-scheduler-two-workers`))).toEqual({
    type: 'monitor.workers',
    workers: [
      { workerId: id(0), managerId: 'wm-ecs', groupId: null, load: load[0] },
      { workerId: id(1), managerId: 'wm-ecs', groupId: null, load: load[1] },
    ],
    groups: null,
    canceling: 4,
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
    canceling: 4,
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

it('counts what is being cancelled', () => {
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
  ).toMatchObject({ canceling: 3 });
  expect(counted([[1, 7]])).not.toHaveProperty('canceling');
});

it('ignores what is said about other things', () => {
  expect(decodeMonitor(vector('g3-monitor-state-balance-advice'))).toBeNull();
  expect(decodeMonitor(vector('g3-echo'))).toBeNull();
});

describe.each(['2.7.0', '2.8.0', '2.9.0'])('a stream of %s', (release) => {
  const ofRelease = vectors.filter(({ name }) => name.startsWith(`g4-${release}-`));

  it.each(['ymq', 'zmq'])('tells who works, over %s', (transport) => {
    const heard = ofRelease
      .filter(({ name }) => name.startsWith(`g4-${release}-${transport}-monitor-`))
      .map(({ bytes }) => decodeMonitor(bytes));
    const whole = heard.find((message) => message?.type === 'monitor.workers');
    if (whole?.type !== 'monitor.workers') throw new Error('no state of the scheduler');
    expect(whole.workers).toHaveLength(2);
    // Three tasks on two workers with queues of a thousand.
    const loads = whole.workers.map(({ load }) => load);
    expect(loads.reduce((sum, load) => sum + (load?.sent ?? 0), 0)).toBe(3);
    for (const load of loads) expect((load?.free ?? 0) + (load?.sent ?? 0)).toBe(1000);
    const ids = whole.workers.map(({ workerId }) => workerId);
    expect(heard).toContainEqual({
      type: 'monitor.worker',
      workerId: expect.stringMatching(/^Worker\|FIX\|/),
      connected: true,
    });
    expect(heard).toContainEqual(
      expect.objectContaining({ type: 'monitor.worker', connected: false }),
    );
    const task = heard.find((message) => message?.type === 'monitor.task');
    expect(task).toMatchObject({ type: 'monitor.task', workerId: expect.any(String) });
    expect(ids).toContain(task?.type === 'monitor.task' && task.workerId);
  });

  it('tells the load of many workers whose message comes in several parts', () => {
    const many = ofRelease.find(({ name }) => name.includes('30-workers'));
    expect(many?.segments).toBeGreaterThan(1);
    const message = decodeMonitor(many?.bytes ?? new Uint8Array(0));
    expect(message).toMatchObject({ type: 'monitor.workers' });
    const workers = message?.type === 'monitor.workers' ? message.workers : [];
    expect(workers.map(({ load }) => load)).toEqual(
      Array.from({ length: 30 }, (_, n) => ({ free: 1000 - n, sent: n, queued: 2 * n })),
    );
    expect(workers.every(({ managerId }) => managerId === 'wm-ecs')).toBe(true);
  });
});
