import { describe, expect, it } from 'vitest';
import type { MonitorMessage } from '../../../machines/scheduler/messages.ts';
import { monitor } from '../../../machines/scheduler/monitor.ts';
import { model } from '../../../src/paths/models/monitor.ts';
import { canceling, list, liveMonitor, openMonitor, worker } from '../../support/liveMonitor.ts';
import { untaken, unvisited, walkEveryEdge } from '../../support/paths.ts';
import { holesOf } from '../../support/placeholders.ts';

const untraced = { ...worker('t1'), workerId: 'Worker|FIX|1|f' };
const load = (workers: number, tasks = 0) => ({ workers, tasks, canceling: 0 });

const listening = { online: { listening: 'current' } };
const overdue = { online: { listening: 'overdue' } };

it('the monitor keeps its invariants on every edge', async () => {
  await walkEveryEdge(monitor, model, ({ steps }) => {
    const { actor, lines, told } = liveMonitor();
    for (const { event, state } of steps) {
      actor.send(event as never);
      const { value } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      expect(lines.at(-1)?.open).toBe(value !== 'backoff'); // no connection left behind
      expect(told).toEqual([]); // it only listens
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(monitor, model)).toEqual([]);
  expect(unvisited(monitor, model)).toEqual([]);
});

describe('the monitor stream', () => {
  it('is noted as received at the first messages of each connection', () => {
    const { open, show, close, pass, received } = liveMonitor();
    open();
    expect(received()).toBe(0);
    show(list(worker('t1')));
    show(list(worker('t1')));
    expect(received()).toBe(1);
    close();
    pass(1000);
    open();
    show(list(worker('t1')));
    expect(received()).toBe(2);
  });

  it('is read once it is open, and its loads are unknown when it has ended for long', () => {
    const { open, show, close, tick, pass, reports, heard } = liveMonitor();
    show(list(worker('t1')));
    open();
    expect(reports()).toEqual([]);
    show(list(worker('t1')));
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: { t1: load(1) } }]);
    pass(500);
    close();
    expect(heard).toEqual([{ type: 'monitor.closed', at: 1_000_500 }]);
    heard.splice(0);
    pass(29_999);
    expect(reports()).toEqual([]);
    tick();
    pass(1);
    expect(heard).toEqual([
      { type: 'monitor.freshness', at: 1_030_499, isCurrent: false },
      { type: 'monitor.loads', at: 1_030_499, loads: null },
    ]);
  });

  it('has its last loads believed when it comes back soon, and told anew', () => {
    const { open, show, close, pass, reports } = liveMonitor();
    open();
    show(list(worker('t1')));
    close();
    reports();
    pass(1000);
    open();
    close();
    pass(2000);
    open();
    show(list(worker('t1')));
    expect(reports().filter(({ type }) => type === 'monitor.loads')).toEqual([
      { type: 'monitor.loads', loads: { t1: load(1) } },
    ]);
    pass(29_000);
    expect(reports()).toEqual([]);
  });

  it('is joined again ever more slowly, and quickly again once it was read', () => {
    const { lines, open, show, close, pass } = liveMonitor();
    const pauseAfter = (reason: string, jitter: number) => {
      const count = lines.length;
      close(reason, jitter);
      let waited = 0;
      for (; lines.length === count; waited += 500) pass(500);
      return waited;
    };
    const pauses = Array.from({ length: 8 }, () => pauseAfter('refused', 1));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
    expect(pauseAfter('refused', 0)).toBe(7500);
    open();
    show(list());
    expect(pauseAfter('reset', 0)).toBe(500);
  });

  it('is left when it has shown nothing for half a minute, though it reports each second', () => {
    const { actor, lines, show, pass, value, reports } = openMonitor();
    show(list());
    pass(1000);
    show(list());
    pass(29_000);
    show();
    pass(29_999);
    expect(value()).toEqual(listening);
    pass(1);
    expect(value()).toEqual(overdue);
    pass(199);
    expect(value()).toEqual(overdue);
    pass(1);
    expect(value()).toBe('backoff');
    expect(reports()).toContainEqual({ type: 'monitor.closed' });
    expect(lines[0]?.open).toBe(false);
    expect(actor.getSnapshot().context.trouble).toBe('it has fallen silent');
  });

  it.each([10_000, 60_000])(
    'is not left between reports that come every %i ms, and is after two and a half times that',
    (every) => {
      const { open, show, pass, value } = liveMonitor();
      open();
      for (let n = 0; n < 3; n++) {
        pass(every);
        expect(value()).toEqual(listening);
        show(list());
      }
      const limit = Math.max(30_000, 2.5 * every);
      pass(limit - 1);
      expect(value()).toEqual(listening);
      pass(1);
      expect(value()).toEqual(overdue);
      pass(200);
      expect(value()).toBe('backoff');
    },
  );

  it.each([
    ['a list', () => ({ type: 'monitor.messages', messages: [list(worker('t1'))] })],
    ['what cannot be read', () => ({ type: 'socket.unreadable', reason: 'short' })],
  ])('is not left after a standstill of this process if %s waits to be read', (_, unread) => {
    const { show, pass, say, value, lines } = openMonitor();
    show(list());
    pass(1000);
    show(list());
    pass(30_000);
    expect(value()).toEqual(overdue);
    say({ at: 1_000_000, ...unread() } as never);
    expect(value()).toEqual(listening);
    pass(29_999);
    expect(value()).toEqual(listening);
    expect(lines).toHaveLength(1);
  });

  it.each([1000, 10_000, 60_000])(
    'shows what is idle until its next report is late, where one comes every %i ms',
    (every) => {
      const { open, show, pass, tick, heard } = liveMonitor();
      const freshness = () =>
        heard.splice(0).flatMap((event) => ('isCurrent' in event ? [event.isCurrent] : []));
      const wait = (ms: number) => {
        pass(ms);
        tick();
      };
      open();
      show(list(worker('t1')));
      expect(freshness()).toEqual([]);
      // The first report does not say when the next one is due.
      wait(2501);
      expect(freshness()).toEqual([false]);
      wait(every);
      show(list(worker('t1')));
      wait(every);
      show(list(worker('t1')));
      expect(freshness()).toEqual([true]);
      wait(every);
      wait(Math.max(1500, every / 10));
      expect(freshness()).toEqual([]);
      wait(3000);
      expect(freshness()).toEqual([false]);
      wait(3000);
      expect(freshness()).toEqual([]);
    },
  );

  it('shows what is idle until the very moment when its next report is due', () => {
    const { show, pass, tick, reports } = openMonitor();
    show(list(worker('t1')));
    reports();
    pass(2500);
    tick();
    expect(reports()).toEqual([]);
    pass(1);
    tick();
    expect(reports()).toEqual([{ type: 'monitor.freshness', isCurrent: false }]);
  });

  it('shows nothing as idle any longer because of what is said of single workers and tasks', () => {
    const { open, show, pass, tick, reports } = liveMonitor();
    const freshness = () => reports().filter(({ type }) => type === 'monitor.freshness');
    open();
    show(list(worker('t1')));
    pass(2000);
    show(canceling('t1', 'canceled'));
    pass(501);
    tick();
    expect(freshness()).toEqual([{ type: 'monitor.freshness', isCurrent: false }]);
    show(canceling('t1', 'canceled'));
    expect(freshness()).toEqual([]);
  });

  it('shows nothing as idle before a report in which each worker of ours names its task', () => {
    const { open, show, pass, tick, reports } = liveMonitor();
    tick();
    open();
    tick();
    show(list({ ...worker('t1'), workerId: 'Worker|FIX|1|f' }));
    pass(10_000);
    tick();
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: null }]);
  });

  it('forgets its last loads at the first report of a connection in which a worker of ours names no task', () => {
    const { open, show, close, pass, reports } = liveMonitor();
    open();
    show(list(worker('t1')));
    close();
    pass(1000);
    open();
    reports();
    show(list(untraced));
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: null }]);
    show(list(untraced));
    pass(29_000);
    expect(reports()).toEqual([]);
  });

  it('is left two and a half minutes after it was opened when it has never reported', () => {
    const { pass, value } = openMonitor();
    pass(149_999);
    expect(value()).toEqual(listening);
    pass(1);
    expect(value()).toEqual(overdue);
    pass(200);
    expect(value()).toBe('backoff');
  });

  it('reports the work of the scheduler with each list that shows it', () => {
    const { show, pass, reports } = openMonitor();
    const shown = { ...list(worker('t1')), tasks: 40, managers: ['wm', 'other'] };
    show(shown as MonitorMessage);
    pass(2000);
    show({ ...shown, tasks: 30 } as MonitorMessage);
    const works = reports().filter(({ type }) => type === 'monitor.work');
    const work = { workers: 1, own: expect.any(Number), otherManagers: expect.any(Number) };
    expect(works).toEqual([
      { type: 'monitor.work', work: { ...work, at: expect.any(Number), tasks: 40, everyMs: null } },
      { type: 'monitor.work', work: { ...work, at: expect.any(Number), tasks: 30, everyMs: 2000 } },
    ]);
  });

  it('is not left for frames that cannot be read; each is noted', () => {
    const { say, pass, value, unreadable } = openMonitor();
    for (let n = 0; n < 3; n++) {
      pass(20_000);
      say({ type: 'socket.unreadable', at: 1, reason: 'short' });
    }
    expect(value()).toEqual(listening);
    expect(unreadable).toEqual(Array(3).fill({ reason: 'short' }));
  });

  it('is waited for without an end where no connection is made', () => {
    const { pass, value } = liveMonitor();
    pass(3_600_000);
    expect(value()).toEqual({ online: 'connecting' });
  });

  it('knows what went wrong until it is read again', () => {
    const { actor, lines, open, show, close, pass } = liveMonitor();
    const trouble = () => actor.getSnapshot().context.trouble;
    expect(trouble()).toBeNull();
    close('refused');
    expect(trouble()).toBe('refused');
    pass(1000);
    const error = new Error('bad scheme');
    actor.send({ type: 'xstate.error.actor.monitorSocket', error } as never);
    expect(trouble()).toBe('bad scheme');
    expect(lines[1]?.open).toBe(false);
    pass(2000);
    open();
    show(list());
    expect(trouble()).toBeNull();
  });
});

describe('the loads', () => {
  it('of all of our tasks are told first, then of those that change or are new', () => {
    const { actor, open, show, tasks, reports } = liveMonitor();
    const loads = (...messages: MonitorMessage[]) => {
      show(...messages);
      return reports();
    };
    tasks('t1', 't2');
    open();
    const told = (loads: object) => [{ type: 'monitor.loads', loads }];
    expect(loads(list(worker('t1')))).toEqual(told({ t1: load(1), t2: load(0) }));
    expect(loads(list(worker('t1')))).toEqual([]);
    tasks('t1', 't3');
    expect(loads(list(worker('t1')))).toEqual(told({ t3: load(0) }));
    expect(loads(list(worker('t1')))).toEqual([]);
    tasks();
    expect(loads(list(worker('t1', 1, 2)))).toEqual(told({ t1: load(1, 2) }));
    expect(actor.getSnapshot().context.tasks).toEqual({});
  });

  it('of tasks that come are not waited for before a list, nor after the stream has ended', () => {
    const { actor, open, close, show, tasks, reports } = liveMonitor();
    const waiting = () => actor.getSnapshot().context.added;
    const comeAndGo = () => {
      for (const taskId of ['t1', 't2', 't3']) tasks(taskId);
    };
    comeAndGo();
    expect(waiting()).toEqual([]);
    open();
    show({ type: 'monitor.worker', workerId: worker('t3').workerId, connected: true });
    comeAndGo();
    expect(waiting()).toEqual([]);
    show(list(worker('t3')));
    reports();
    tasks('t3', 't4');
    expect(waiting()).toEqual(['t4']);
    close();
    expect(waiting()).toEqual([]);
    comeAndGo();
    expect(waiting()).toEqual([]);
  });

  it('of a task that becomes ours after its workers were shown are told at once, and with the next list', () => {
    const { show, pass, tasks, reports } = openMonitor();
    tasks('t1');
    show(list(worker('t1'), worker('t2', 1, 3)));
    reports();
    pass(1000);
    tasks('t1', 't2', 't3');
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: { t2: load(1, 3) } }]);
    show(list(worker('t1'), worker('t2', 1, 3), untraced));
    reports();
    tasks('t2');
    tasks('t1', 't2');
    expect(reports()).toEqual([]);
  });

  it('are unknown while a worker names no task', () => {
    const { show, reports } = openMonitor();
    show(list(worker('t1')));
    reports();
    show(list({ ...worker('t1'), workerId: 'Worker|FIX|1|f' }));
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: null }]);
  });
});

it('tells of the groups of a scheduler with each list, and of their end once', () => {
  const { open, show, reports } = liveMonitor();
  const groups = (...known: string[]) => {
    show({ type: 'monitor.workers', workers: [], groups: known });
    return reports().filter(({ type }) => type === 'monitor.groups');
  };
  open();
  const told = (...known: string[]) => [{ type: 'monitor.groups', groups: { known, calm: null } }];
  expect(groups('ecs-a')).toEqual(told('ecs-a'));
  // The session may have dropped a group meanwhile that the scheduler has kept.
  expect(groups('ecs-a')).toEqual(told('ecs-a'));
  show({ type: 'monitor.worker', workerId: 'Worker|FIX|a', connected: false });
  expect(reports().filter(({ type }) => type === 'monitor.groups')).toEqual([]);
  expect(groups('ecs-a', 'ecs-b')).toEqual(told('ecs-a', 'ecs-b'));
  show(list());
  expect(reports()).toContainEqual({ type: 'monitor.groups', groups: null });
});

describe('the workers of a dead task', () => {
  const [one, two] = [worker('t1', 1), worker('t1', 2)];
  /** Which were named, and of which that was taken back. */
  const changes = ({ reports }: ReturnType<typeof liveMonitor>) =>
    reports().filter(({ type }) => type === 'monitor.deadWorkers');
  const changed = (added: { workerId: string }[], removed: { workerId: string }[]) => ({
    type: 'monitor.deadWorkers',
    added: added.map(({ workerId }) => workerId),
    removed: removed.map(({ workerId }) => workerId),
  });
  const came = (...workers: { workerId: string }[]) => changed(workers, []);
  const went = (...workers: { workerId: string }[]) => changed([], workers);

  it('are named while they count as connected, whenever that changes', () => {
    const all = openMonitor();
    all.show(list(one, two, worker('t2')));
    all.die('t1');
    expect(changes(all)).toEqual([came(one, two)]);
    all.show(list(one, two, worker('t2')));
    expect(changes(all)).toEqual([]);
    all.show({ type: 'monitor.worker', workerId: one.workerId, connected: false });
    expect(changes(all)).toEqual([went(one)]);
    all.show(list());
    expect(changes(all)).toEqual([went(two)]);
  });

  it('are named once, though the task is said to be dead again, and not with those of tasks that died before', () => {
    const other = worker('t2');
    const all = openMonitor();
    all.show(list(one, other));
    for (const taskId of ['t1', 't1', 't2']) all.die(taskId);
    expect(changes(all)).toEqual([came(one), came(other)]);
  });

  it('are named anew when as many others have died', () => {
    const all = openMonitor();
    all.show(list(one));
    all.die('t1');
    all.show(list(two));
    expect(changes(all)).toEqual([came(one), changed([two], [one])]);
  });

  it('are named when they connect after the task has died', () => {
    const all = openMonitor();
    all.show(list());
    all.die('t1');
    expect(changes(all)).toEqual([]);
    all.show({ type: 'monitor.worker', workerId: one.workerId, connected: true });
    expect(changes(all)).toEqual([came(one)]);
  });

  it('are named at the first list if the task was dead when this process began', () => {
    const all = liveMonitor({ t1: 999_000 });
    all.open();
    all.show(list(one, worker('t2')));
    expect(changes(all)).toEqual([came(one)]);
    all.pass(59_000);
    all.tick();
    expect(changes(all)).toEqual([went(one)]);
  });

  it('are not named while a task of theirs is being cancelled', () => {
    const all = openMonitor();
    all.show(list(one), canceling('t1', 'canceling'));
    all.die('t1');
    expect(changes(all)).toEqual([]);
    all.show(canceling('t1', 'canceled'));
    expect(changes(all)).toEqual([came(one)]);
    all.show(canceling('t1', 'canceling'));
    expect(changes(all)).toEqual([went(one)]);
  });

  it('are left to the scheduler after a minute', () => {
    const all = openMonitor();
    all.show(list(one));
    all.die('t1');
    all.reports();
    for (const [ms, told] of [
      [20_000, []],
      [20_000, []],
      [19_999, []],
      [1, [went(one)]],
    ] as const) {
      all.pass(ms);
      all.show(list(one));
      all.tick();
      expect([ms, changes(all)]).toEqual([ms, told]);
    }
  });

  it('are not known after the stream has ended, and not before its next list of workers', () => {
    const all = openMonitor();
    all.show(list(one));
    all.die('t1');
    all.reports();
    all.close();
    all.pass(1000);
    all.open();
    all.tick();
    all.reports();
    all.show({ type: 'monitor.worker', workerId: one.workerId, connected: true });
    // A cancellation may have begun meanwhile.
    expect(changes(all)).toEqual([]);
    all.show(list(one));
    expect(changes(all)).toEqual([came(one)]);
  });
});

it('names an effect that was not provided', async () => {
  expect(await holesOf(monitor)).toEqual({
    monitorSocket: "effect 'monitorSocket' is not provided",
  });
});

describe('cancellations before the loads', () => {
  const told = (tasks: Record<string, number>) => ({ type: 'monitor.canceling', canceling: tasks });
  const ofCancellations = (reports: { type: string }[]) =>
    reports.filter(({ type }) => type === 'monitor.canceling');

  it('are told as they change, until a list of workers tells the loads', () => {
    const { open, show, tasks, reports } = liveMonitor();
    tasks('t1');
    open();
    show(canceling('t1', 'canceling'));
    expect(reports()).toEqual([told({ t1: 1 })]);
    show(canceling('t1', 'canceling'));
    expect(reports()).toEqual([]);
    show(canceling('t1', 'canceled'), canceling('t2', 'canceling'));
    expect(reports()).toEqual([told({ t1: 0, t2: 1 })]);
    show(list(worker('t1')), canceling('t1', 'canceling'));
    show(canceling('t1', 'canceled'));
    expect(ofCancellations(reports())).toEqual([]);
  });

  it('are told to a group that comes to know its task after them', () => {
    const { show, tasks, reports } = openMonitor();
    show(canceling('t1', 'canceling'));
    reports();
    tasks('t2');
    expect(reports()).toEqual([]);
    tasks('t1', 't2');
    expect(reports()).toEqual([told({ t1: 1 })]);
    show(list(worker('t1')), canceling('t3', 'canceling'));
    reports();
    tasks('t1', 't2', 't3');
    expect(ofCancellations(reports())).toEqual([]);
  });

  it('are told anew after loads that are not known any more', () => {
    const { open, show, tasks, reports } = liveMonitor();
    tasks('t1');
    open();
    show(canceling('t1', 'canceling'), list(untraced));
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: null }, told({ t1: 1 })]);
    show(list(worker('t1')));
    reports();
    show(list(worker('t1'), untraced));
    expect(reports()).toEqual([{ type: 'monitor.loads', loads: null }, told({ t1: 1 })]);
    show(list(worker('t1'), untraced));
    expect(reports()).toEqual([]);
  });
});
