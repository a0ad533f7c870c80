import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MonitoredWorker, MonitorMessage } from '../../../machines/scheduler/messages.ts';
import {
  type MonitorStream,
  nothingShown,
  readMessages,
} from '../../../machines/scheduler/monitorStream.ts';
import { decodeMonitor } from '../../../src/scheduler/protocol/monitor.ts';

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
/** Workers that know nothing of their task have such names. */
const untraced = (n: number, sent = 0, managerId = 'wm'): MonitoredWorker => ({
  ...worker('', n, sent),
  workerId: `Worker|FIX|${n}|ffff`,
  managerId,
});
const one = (task: string, connected: boolean): MonitorMessage => ({
  type: 'monitor.worker',
  workerId: worker(task, 1).workerId,
  connected,
});
const canceling = (taskId: string, task: string, state = 'canceling'): MonitorMessage => ({
  type: 'monitor.task',
  taskId,
  workerId: worker(task, 1).workerId,
  state: state as never,
});
const state = canceling;
const load = (workers: number, tasks: number, cancelled = 0) => ({
  workers,
  tasks,
  canceling: cancelled,
});

/** A reader whose state goes through JSON between two batches, or stays the same objects. */
const reader = (first: string[] = [], copied = true) => {
  const world = { ours: first, at: 50_000, cohorts: (ours: string[]) => [ours] };
  let stream: MonitorStream = nothingShown;
  let told = new Set(first);
  const read = (...messages: MonitorMessage[]) => {
    const reading = readMessages(stream, messages, world.at, {
      workerManagerId: 'wm',
      cohorts: () => world.cohorts(world.ours),
      added: world.ours.filter((taskId) => !told.has(taskId)),
    });
    stream = copied ? JSON.parse(JSON.stringify(reading.stream)) : reading.stream;
    if (reading.listed) told = new Set(world.ours);
    return reading.loads;
  };
  return { world, read, shown: () => stream };
};

describe('the loads of Fargate tasks', () => {
  it('add up their workers, and are told once until they change', () => {
    const { read } = reader();
    const state = all(worker('a', 1, 2), worker('a', 2, 1), worker('b', 1));
    expect(read(state)).toEqual({ a: load(2, 3), b: load(1, 0) });
    expect(read(state)).toBeUndefined();
    expect(read(all(worker('a', 1), worker('a', 2), worker('b', 1)))).toEqual({ a: load(2, 0) });
  });

  it('tell that the last worker of a task is gone', () => {
    const { read } = reader();
    read(all(worker('a', 1), worker('b', 1)));
    expect(read(all(worker('b', 1)))).toEqual({ a: load(0, 0) });
  });

  it('are those of the list also where its entries are the same objects as before', () => {
    const { read } = reader(['a'], false);
    const [a, b] = [worker('a', 1), worker('b', 1)];
    const list = all(a, b);
    expect(read(list)).toEqual({ a: load(1, 0), b: load(1, 0) });
    expect(read(list)).toBeUndefined();
    expect(read(one('a', false))).toEqual({ a: load(0, 0) });
    expect(read(list)).toEqual({ a: load(1, 0) });
    expect(read(all(a, worker('b', 1, 2)))).toEqual({ b: load(1, 2) });
    expect(read(all(a))).toEqual({ b: load(0, 0) });
  });

  it('begin with all of ours, also those without a worker', () => {
    const { read } = reader(['a', 'c']);
    expect(read(all(worker('a', 1)))).toEqual({ a: load(1, 0), c: load(0, 0) });
  });

  it('tell of one worker without waiting for the next list', () => {
    const { read } = reader();
    read(all());
    expect(read(one('a', true))).toEqual({ a: load(1, 0) });
    expect(read(one('a', true))).toBeUndefined();
    expect(read(one('a', false))).toEqual({ a: load(0, 0) });
    expect(read(one('a', false))).toBeUndefined();
  });

  it('tell of a task given to an idle worker, and of its end, without waiting for the next list', () => {
    const { read } = reader();
    read(all(worker('a', 1), worker('a', 2), worker('b', 1, 3)));
    expect(read(state('t1', 'a', 'running'))).toEqual({ a: load(2, 1) });
    expect(read(state('t1', 'a', 'running'))).toBeUndefined();
    expect(read(state('t1', '', 'success'))).toEqual({ a: load(2, 0) });
    // What a worker had before is not known one by one.
    expect(read(state('t2', 'b', 'running'), state('t2', '', 'success'))).toBeUndefined();
  });

  it('are those of the next list, whatever was said of single tasks since the last one', () => {
    const { read } = reader(['a'], false);
    const list = all(worker('a', 1));
    expect(read(list)).toEqual({ a: load(1, 0) });
    expect(read(state('t1', 'a', 'running'), state('t2', 'a', 'running'))).toEqual({
      a: load(1, 2),
    });
    expect(read(list)).toEqual({ a: load(1, 0) });
    expect(read(state('t3', 'a', 'running'))).toEqual({ a: load(1, 1) });
    expect(read(all(worker('a', 1, 1)))).toBeUndefined();
    expect(read(state('t3', '', 'success'))).toBeUndefined();
  });

  it('tell of a worker and its first task, which come together', () => {
    const { read } = reader();
    read(all());
    expect(read(state('t1', 'a', 'running'), one('a', true))).toEqual({ a: load(1, 1) });
  });

  it('say since when the tasks run, where the list shows how old they are', () => {
    const { world, read } = reader();
    const runs = (n: number, ageSeconds: number): MonitoredWorker => ({
      ...worker('a', n),
      load: { free: 8, sent: 2, queued: 1, running: { tasks: 1, ageSeconds } },
    });
    expect(read(all(runs(1, 5), runs(2, 20), worker('b', 1, 1)))).toEqual({
      a: { ...load(2, 4), running: { tasks: 2, begunSum: 2 * world.at - 25_000 } },
      b: load(1, 1),
    });
    expect(read(all(runs(1, 6), runs(2, 21), worker('b', 1, 1)))).toBeUndefined();
  });

  it('do not say since when tasks run at a Fargate task whose workers have left since the list', () => {
    const { read } = reader();
    const running = { tasks: 1, ageSeconds: 5 };
    read(all({ ...worker('a', 1), load: { free: 8, sent: 1, queued: 0, running } }));
    expect(read(one('a', false))).toEqual({ a: load(0, 0) });
  });

  it('keep the tasks of a worker that is said to be connected again', () => {
    const { read } = reader();
    read(all(worker('a', 1, 3)));
    expect(read(one('a', true))).toBeUndefined();
  });

  it('leave out workers that name no task', () => {
    const bytes = readFileSync(
      new URL('../../vectors/g3-monitor-state-scheduler-two-workers.bin', import.meta.url),
    );
    const message = decodeMonitor(bytes);
    if (message?.type !== 'monitor.workers') throw new Error('not the workers');
    expect(message.workers.length).toBeGreaterThan(0);
    const { read } = reader();
    expect(read(message)).toBeUndefined();
  });

  it('tell of a task that became ours after its workers came, and all of ours now and then', () => {
    const { world, read } = reader(['a']);
    const state = all(worker('a', 1), worker('b', 1, 4));
    expect(read(one('a', true))).toBeUndefined();
    expect(read(state)).toMatchObject({ a: load(1, 0) });
    world.at += 1000;
    expect(read(state)).toBeUndefined();
    world.ours = ['a', 'b'];
    expect(read(one('c', false))).toBeUndefined();
    expect(read(state)).toEqual({ b: load(1, 4) });
    expect(read(state)).toBeUndefined();
    world.at += 8999;
    expect(read(state)).toBeUndefined();
    world.at += 1;
    expect(read(state)).toEqual({ a: load(1, 0), b: load(1, 4) });
  });

  it('are told again one cohort after another, and never all at once', () => {
    const cohorts = Array.from({ length: 8 }, (_, c) => [`${c}a`, `${c}b`]);
    const { world, read } = reader(cohorts.flat());
    world.cohorts = () => cohorts;
    const list = all(...cohorts.flat().map((taskId) => worker(taskId, 1)));
    expect(Object.keys(read(list) ?? {})).toHaveLength(16);
    const toldBy = (gapMs: number) => {
      world.at += gapMs;
      return Object.keys(read(list) ?? {});
    };
    // With a list each second, each task is told once in ten seconds.
    const second = Array.from({ length: 100 }, () => toldBy(1000));
    expect(Math.max(...second.map(({ length }) => length))).toBe(2);
    for (let from = 0; from < 100; from += 10)
      expect(
        second
          .slice(from, from + 10)
          .flat()
          .sort(),
      ).toEqual(cohorts.flat());
    // Seldom ones, and one right after another.
    expect(toldBy(5000)).toHaveLength(8);
    expect(toldBy(0)).toEqual([]);
    expect(toldBy(60_000)).toHaveLength(16);
    expect(toldBy(-30_000)).toEqual([]);
  });

  it('are told again in the order of the cohorts, from when all of them were told', () => {
    const cohorts = Array.from({ length: 8 }, (_, c) => [`${c}`]);
    const { world, read } = reader(cohorts.flat());
    Object.assign(world, { cohorts: () => cohorts, at: 53_000 });
    const list = all(...cohorts.flat().map((taskId) => worker(taskId, 1)));
    read(list);
    const told = [1, 2, 3, 4, 5].map(() => {
      world.at += 2500;
      return Object.keys(read(list) ?? {}).join();
    });
    expect(told).toEqual(['0,1', '2,3', '4,5', '6,7', '0,1']);
  });

  it('are unknown while a worker of ours names no task', () => {
    const { read } = reader(['a']);
    expect(read(all(untraced(1)))).toBeUndefined();
    expect(read(one('a', true))).toBeUndefined();
    expect(read(all(worker('a', 1)))).toEqual({ a: load(1, 0) });
    expect(read(all(worker('a', 1), untraced(1)))).toBeNull();
    expect(read(all(worker('a', 1), untraced(1)))).toBeUndefined();
    expect(read(all())).toEqual({ a: load(0, 0) });
  });

  it('are known though workers of another manager name no task', () => {
    const { read } = reader(['a']);
    expect(read(all(untraced(1, 0, 'other'), worker('a', 1)))).toEqual({ a: load(1, 0) });
  });

  it('take any worker that names no task for one of ours where its manager is not shown', () => {
    const { read } = reader(['a']);
    expect(read(grouped([]))).toEqual({ a: load(0, 0) });
    expect(read(grouped(['ecs-a'], untraced(1)))).toBeNull();
    expect(reader(['a']).read(grouped(['wm'], untraced(1)))).toEqual({ a: load(0, 0) });
  });

  it('are not known from the moment that such a worker connects, before the next list', () => {
    const move = (connected: boolean): MonitorMessage => ({
      ...{ type: 'monitor.worker', workerId: untraced(1).workerId, connected },
    });
    const { read } = reader(['a']);
    read(grouped([]));
    expect(read(move(false), one('a', true))).toEqual({ a: load(1, 0) });
    expect(read(one('a', false), move(true))).toBeNull();
    expect(read(one('a', true))).toBeUndefined();
    expect(read(grouped([], worker('a', 1)))).toEqual({ a: load(1, 0) });
    // Known again by a list of the same batch: what is gone is told as well.
    read(one('b', true));
    expect(read(move(true), grouped([], worker('a', 1)))).toEqual({ a: load(1, 0), b: load(0, 0) });
    // With a scheduler that shows no groups it may be another manager's, and the next list says whose.
    const { read: named } = reader(['a']);
    named(all());
    expect(named(move(true), one('a', true))).toEqual({ a: load(1, 0) });
  });

  it('count the tasks that are being cancelled', () => {
    const { read } = reader(['a']);
    expect(read(canceling('t', 'a'))).toBeUndefined();
    expect(read(all(worker('a', 1, 2)))).toEqual({ a: load(1, 2, 1) });
    expect(read(canceling('u', 'a'), canceling('t', 'a', 'canceled'))).toBeUndefined();
    expect(read(canceling('v', 'b'))).toEqual({ b: load(0, 0, 1) });
    expect(read(canceling('u', 'a', 'success'))).toEqual({ a: load(1, 2) });
    expect(read({ ...canceling('w', 'a'), workerId: '' } as MonitorMessage)).toBeUndefined();
  });

  it('of one batch are its last ones, whatever came between', () => {
    const { read } = reader(['a']);
    expect(read(all(worker('a', 1)), one('a', false), one('b', true))).toEqual({
      a: load(0, 0),
      b: load(1, 0),
    });
    expect(read(all(untraced(1)), all(worker('a', 1)))).toEqual({ a: load(1, 0), b: load(0, 0) });
    expect(read(all(worker('a', 1, 5)), all(worker('a', 1), untraced(1)))).toBeNull();
  });
});

describe('the loads before and after the first list that traces every worker', () => {
  it('leave out a task whose workers came and went before it', () => {
    const { read } = reader();
    read(one('x', true));
    expect(read(one('x', false), all(worker('a', 1)))).toEqual({ a: load(1, 0) });
  });

  it('hold a task whose worker was shown alone before it', () => {
    const { read } = reader();
    read(one('b', true));
    expect(read(all(worker('b', 1)))).toEqual({ b: load(1, 0) });
  });

  it('are judged again when the same workers are shown with groups, and without them', () => {
    const fixed = untraced(1, 0, null as never);
    const { read } = reader(['a'], false);
    const groups = { type: 'monitor.workers', workers: [fixed], groups: ['ecs-b'] } as const;
    expect(read(all(fixed))).toEqual({ a: load(0, 0) });
    expect(read(groups as never)).toBeNull();
    expect(read(all(fixed))).toEqual({ a: load(0, 0) });
  });
});

describe('a message about a single worker', () => {
  it('changes nothing if the worker names no task', () => {
    const { read } = reader();
    read(all());
    const message = { type: 'monitor.worker', workerId: 'Worker|FIX|1|ffff', connected: true };
    expect(read(message as MonitorMessage)).toBeUndefined();
  });

  it('keeps the list if the worker connected, and drops it if the worker left', () => {
    const { read, shown } = reader();
    const state = all(worker('a', 1));
    read(state);
    expect(shown().listed).toEqual({ workers: [worker('a', 1)], added: [] });
    read(one('b', true));
    expect(shown().listed?.added).toEqual([worker('b', 1).workerId]);
    read(canceling('t', 'a'));
    expect(shown().listed?.added).toHaveLength(1);
    read(one('b', false), one('c', true));
    expect(shown().listed).toBeNull();
  });

  it('leaves no entry of a task without workers', () => {
    const { read, shown } = reader();
    read(all(worker('a', 1)));
    read(one('a', false));
    expect(shown().connected).toEqual({});
  });
});

describe('the work of the scheduler', () => {
  const tasks = { unassigned: 3, queued: 2, running: 1 } as never;
  const list = (more: object): MonitorMessage =>
    ({ ...all(worker('a', 1), untraced(2, 0, 'other'), worker('b', 1)), ...more }) as never;

  it('is that of the last list, with the workers of this manager and the number of other managers', () => {
    const { world, read, shown } = reader();
    read(list({ tasks, managers: ['wm', 'other', 'third'] }));
    const work = { tasks, workers: 3, own: 2, otherManagers: 2 };
    expect(shown().work).toEqual({ ...work, at: 50_000, everyMs: null });
    world.at += 5000;
    read(list({ tasks, managers: ['wm'] }), list({ tasks, managers: ['wm'] }));
    expect(shown().work).toEqual({ ...work, otherManagers: 0, at: 55_000, everyMs: 5000 });
    expect(shown().listedAt).toBe(55_000);
  });

  it('is unknown if a list shows no tasks or no managers', () => {
    const { read, shown } = reader();
    read(list({ tasks, managers: ['wm'] }));
    for (const part of [{ tasks }, { managers: ['wm'] }]) {
      read(list(part));
      expect(shown().work).toBeNull();
    }
  });
});

it('does not copy what it knows for each worker that connects', () => {
  const { read } = reader();
  const many = Array.from({ length: 12_000 }, (_, n) => n);
  read(all());
  const from = performance.now();
  const messages = many.map((n) => one(`task${n}`, true));
  expect(Object.keys(read(...messages) ?? {})).toHaveLength(12_000);
  // One copy for each would take minutes.
  expect(performance.now() - from).toBeLessThan(10_000);
});

describe('the groups of a scheduler', () => {
  const groups = (first: string[] = []) => {
    const all = reader(first);
    return (at: number, message: MonitorMessage) => {
      all.world.at = at;
      all.read(message);
      return all.shown().groups;
    };
  };

  it('are shown, and since when its workers have had no task', () => {
    const read = groups();
    const known = ['ecs-a'];
    const busy = { known, calm: null };
    const calm = (since: number, until = since) => ({ known, calm: { since, until } });
    expect(read(1000, grouped(known))).toEqual(busy);
    expect(read(1000, grouped(known, untraced(1)))).toEqual(calm(1000));
    expect(read(30_999, grouped(known, untraced(1)))).toEqual(calm(1000));
    expect(read(31_000, grouped(known, untraced(1)))).toEqual(calm(1000, 31_000));
    expect(read(60_999, grouped(known, untraced(1)))).toEqual(calm(1000, 31_000));
    expect(read(61_000, grouped(known, untraced(1), untraced(2, 1)))).toEqual(busy);
    expect(read(62_000, grouped(known, untraced(1)))).toEqual(calm(62_000));
    expect(read(2000, grouped(['ecs-b'], untraced(1)))).toMatchObject({ known: ['ecs-b'] });
  });

  it('are calm from the first list on if no worker has a task or shows its load', () => {
    expect(groups()(1000, grouped(['ecs-a'], { ...untraced(1), load: null }))).toEqual({
      ...{ known: ['ecs-a'], calm: { since: 1000, until: 1000 } },
    });
  });

  it('are the same object until one of them changes', () => {
    const { world, read, shown } = reader([], false);
    const view = (...known: string[]) => {
      world.at += 1;
      read(grouped(known, untraced(1)));
      return shown().groups;
    };
    const first = view('a', 'b');
    expect(view('a', 'b')).toBe(first);
    expect(view('a', 'c')?.known).toEqual(['a', 'c']);
    expect(view('a')?.known).toEqual(['a']);
    expect(view('a', 'b')?.known).toEqual(['a', 'b']);
  });

  it('are none where managers are shown, though one release shows them where groups were', () => {
    const read = groups();
    expect(read(1, all(untraced(1)))).toBeNull();
    expect(read(1, grouped(['wm', 'other'], untraced(1)))).toBeNull();
  });

  it('stay as they are while messages speak of single workers', () => {
    const read = groups();
    read(1, grouped(['ecs-a']));
    expect(read(2, one('a', true))).toEqual({ known: ['ecs-a'], calm: null });
  });
});
