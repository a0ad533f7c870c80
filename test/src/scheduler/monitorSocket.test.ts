import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, setup } from 'xstate';
import type { MonitoredWorker, MonitorMessage } from '../../../machines/scheduler/messages.ts';
import {
  groupsTeller,
  loadKeeper,
  monitorSocket,
  monitorTeller,
  taskOf,
} from '../../../src/scheduler/monitorSocket.ts';
import { decodeMonitor } from '../../../src/scheduler/protocol/monitor.ts';
import type { Connect } from '../../../src/scheduler/transport/connection.ts';
import { parseAddress } from '../../../src/shared/address.ts';
import { setTime } from '../../../src/shared/clock.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

const worker = (task: string, n: number, sent = 0) => ({
  workerId: `Worker|ECS-${task}|${n}`,
  managerId: 'wm',
  groupId: null,
  load: { free: 10, sent, queued: 0 },
});
const all = (...workers: MonitoredWorker[]): MonitorMessage => ({
  type: 'monitor.workers',
  workers,
  groups: null,
});
const grouped = (groups: string[], ...workers: MonitoredWorker[]): MonitorMessage => ({
  type: 'monitor.workers',
  workers: workers.map((each) => ({ ...each, managerId: null })),
  groups,
});
/** As workers call themselves that know nothing of their task. */
const nameless = (n: number, sent = 0, managerId = 'wm'): MonitoredWorker => ({
  ...worker('', n, sent),
  workerId: `Worker|FIX|${n}|ffff`,
  managerId,
});

describe('taskOf', () => {
  it('reads the Fargate task from a worker id', () => {
    expect(taskOf('Worker|ECS-0123456789abcdef|ffff')).toBe('0123456789abcdef');
  });
  it.each([
    'Worker|FIX|0123|ffff',
    'Worker|NAT|0123',
    'Worker|ECS|0123|ff',
    'Worker|ECS-unknown|01|ff',
    'Client|x',
    '',
  ])('finds none in %s', (id) => expect(taskOf(id)).toBeNull());
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
    const tell = monitorTeller(() => ours, 'wm');
    const state = all(worker('a', 1), worker('b', 1, 4));
    expect(
      tell({ type: 'monitor.worker', workerId: 'Worker|ECS-a|1', connected: true }),
    ).toBeUndefined();
    expect(tell(state)).toMatchObject({ a: { workers: 1, tasks: 0 } });
    time += 1000;
    expect(tell(state)).toBeUndefined();
    ours.push('b');
    expect(tell(state)).toEqual({ b: { workers: 1, tasks: 4 } });
    expect(tell(state)).toBeUndefined();
    time += 9000;
    expect(tell(state)).toEqual({ a: { workers: 1, tasks: 0 }, b: { workers: 1, tasks: 4 } });
  });

  it('tells nothing while a worker of ours names no task: silence about a task means nothing then', () => {
    const tell = monitorTeller(() => ['a'], 'wm');
    expect(tell(all(nameless(1)))).toBeUndefined();
    expect(
      tell({ type: 'monitor.worker', workerId: 'Worker|ECS-a|1', connected: true }),
    ).toBeUndefined();
    expect(tell(all(worker('a', 1)))).toEqual({ a: { workers: 1, tasks: 0 } });
    expect(tell(all(worker('a', 1), nameless(1)))).toBeNull();
    expect(tell(all(worker('a', 1), nameless(1)))).toBeUndefined();
    expect(tell(all())).toEqual({ a: { workers: 0, tasks: 0 } });
  });

  it('does not mind the nameless workers of others', () => {
    const tell = monitorTeller(() => ['a'], 'wm');
    expect(tell(all(nameless(1, 0, 'other'), worker('a', 1)))).toEqual({
      a: { workers: 1, tasks: 0 },
    });
  });

  it('takes any nameless worker for one of ours where nobody says whose it is', () => {
    const tell = monitorTeller(() => ['a'], 'wm');
    expect(tell(grouped([]))).toEqual({ a: { workers: 0, tasks: 0 } });
    expect(tell(grouped(['ecs-a'], nameless(1)))).toBeNull();
    expect(monitorTeller(() => ['a'], 'wm')(grouped(['wm'], nameless(1)))).toEqual({
      a: { workers: 0, tasks: 0 },
    });
  });
});

describe('monitorSocket', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('leaves a line that says nothing for half a minute', () => {
    const told: { type: string; reason?: string }[] = [];
    let say = (_payload: Uint8Array) => {};
    const connect: Connect = (_, { onMessage, onClosed }) => {
      say = onMessage;
      const destroy = () => onClosed({ kind: 'closed', reason: 'we closed it' });
      return { send: () => false, close: () => {}, destroy, dropped: 0 };
    };
    const address = parseAddress('tcp://127.0.0.1:1');
    const ours = () => [];
    const logic = monitorSocket({ connect, address, workerManagerID: 'wm', ours }, silentLog);
    const machine = setup({ actors: { logic } }).createMachine({
      invoke: { src: 'logic' },
      on: { '*': { actions: ({ event }) => told.push(event) } },
    });
    createActor(machine).start();
    vi.advanceTimersByTime(29_000);
    say(new Uint8Array(8));
    vi.advanceTimersByTime(29_999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([expect.objectContaining({ reason: 'nothing said for 30 s' })]);
  });
});

describe('groupsTeller', () => {
  afterEach(() => setTime(null));

  it('says which groups a scheduler knows, and since when its workers have had nothing to do', () => {
    let time = 1000;
    setTime(() => time);
    const tell = groupsTeller('wm');
    const known = new Set(['ecs-a']);
    expect(tell(grouped(['ecs-a']))).toEqual({ known, calmSince: null });
    expect(tell(grouped(['ecs-a'], nameless(1)))).toEqual({ known, calmSince: 1000 });
    time = 2000;
    expect(tell(grouped(['ecs-a'], nameless(1)))).toEqual({ known, calmSince: 1000 });
    expect(tell(grouped(['ecs-a'], nameless(1), nameless(2, 1)))).toEqual({
      known,
      calmSince: null,
    });
    expect(tell(grouped(['ecs-a'], nameless(1)))).toEqual({ known, calmSince: 2000 });
  });

  it('knows a scheduler that has managers, though one shows them where groups were', () => {
    const tell = groupsTeller('wm');
    expect(tell(all(nameless(1)))).toBeNull();
    expect(tell(grouped(['wm', 'other'], nameless(1)))).toBeNull();
    expect(
      tell({ type: 'monitor.worker', workerId: 'Worker|FIX|1|f', connected: true }),
    ).toBeUndefined();
  });
});
