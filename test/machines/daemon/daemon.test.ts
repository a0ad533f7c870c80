import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { daemon } from '../../../machines/daemon/daemon.ts';
import type { Sent } from '../../../src/paths/explore.ts';
import { denied, input, leaving, model, terms } from '../../../src/paths/models/daemon.ts';
import { checkEveryEdge, untaken, unvisited } from '../../support/paths.ts';
import { scriptedStream, scriptedWorld } from '../../support/world.ts';

/** The rooms that each event goes to, as it is. */
const routes: Record<string, ('session' | 'fleetManager' | 'monitor')[]> = {
  tick: ['session', 'monitor', 'fleetManager'],
  'scheduler.lost': ['fleetManager'],
  'scheduler.heartbeatEcho': ['fleetManager'],
  'scheduler.desired': ['fleetManager'],
  'scheduler.startRequested': ['fleetManager'],
  'scheduler.shutdownRequested': ['fleetManager'],
  'scheduler.requestsForgotten': ['fleetManager'],
  'scheduler.mismatch': ['fleetManager'],
  'scheduler.identified': ['fleetManager'],
  'scheduler.connection': ['fleetManager'],
  'monitor.loads': ['session', 'fleetManager'],
  'monitor.groups': ['session'],
  'monitor.work': ['session', 'fleetManager'],
  'monitor.canceling': ['fleetManager'],
  'monitor.listed': ['session'],
  'monitor.freshness': ['fleetManager'],
  'monitor.deadWorkers': ['session'],
  'monitor.closed': ['session', 'fleetManager'],
  'fleet.tasksChanged': ['session', 'monitor'],
  'fleet.inventoryCompleted': ['session'],
  'task.dead': ['monitor'],
  'fleet.retryNow': ['fleetManager'],
  'fleet.hold': ['fleetManager'],
  'fleet.resume': ['fleetManager'],
  'fleet.drainGroups': ['fleetManager'],
};

it('the daemon keeps its invariants on every edge', async () => {
  for (const each of [model, leaving]) {
    const { leaveRunning } = each.input as typeof input;
    const first = { stopped: false, ending: false, stops: 0, sent: [] as readonly Sent[] };
    await checkEveryEdge(daemon, each, first, ({ event, from, state, sent, started }, past) => {
      const toldTo = (name: string, all = sent) =>
        all.filter(({ to }) => to === name).map((one) => one.event);
      const ended = event.type === 'scheduler.shutdown';
      const stopped = past.stopped || ended || event.type === 'daemon.stop';
      const ending = past.ending || ended;
      const stops = past.stops + (event.type === 'daemon.stop' ? 1 : 0);
      const all = [...past.sent, ...sent];
      const times = (type: string) =>
        toldTo('fleetManager', all).filter((told) => told.type === type).length;
      const { value, output } = state;
      if (ended && ['preparing', 'unprepared', 'serving'].includes(from.value as string))
        expect(toldTo('fleetManager').at(-1)).toEqual({ type: 'fleet.stop' }); // all of the fleet goes
      if (event.type === 'fleet.capacity' && from.value === 'serving')
        expect(toldTo('session')).toEqual([{ type: 'session.capacity', workers: 4 }]);
      const route = routes[event.type];
      if (route)
        for (const name of ['fleetManager', 'session', 'monitor'] as const)
          expect([name, toldTo(name)]).toEqual([name, route.includes(name) ? [event] : []]);
      if (event.type === 'xstate.done.actor.prepare' && from.value === 'preparing')
        expect(toldTo('fleetManager').at(-1)).toEqual({
          type: 'fleet.prepared',
          revision: 'rev:1',
        });
      expect(started).toEqual(
        from.value !== 'preparing' && value === 'preparing' ? ['prepare'] : [],
      );
      if (leaveRunning && !ending) expect(times('fleet.stop')).toBe(0);
      if (value === 'stopping') {
        expect(times('fleet.stop')).toBe(1);
        expect(toldTo('session', all)).toContainEqual({ type: 'session.capacity', workers: 0 });
      }
      if (value === 'disconnecting' && from.value !== value)
        expect(toldTo('session').at(-1)).toEqual({ type: 'session.close' }); // no goodbye without one
      if (value === 'stopped' && event.type !== 'xstate.error.actor.fleetManager')
        expect(stopped).toBe(true);
      if (value === 'stoppingNow') {
        expect(from.value).toMatch(/^stopping/);
        expect(times('fleet.stopNow')).toBe(1);
      }
      if (stops >= 4) expect(value).toBe('stopped'); // impatience is heard
      if (stops >= 3) expect(['disconnecting', 'stopped']).toContain(value);
      if (value === 'stopped')
        expect(output?.crash).toBe(event.type.includes('error') ? 'a bug' : null);
      return { stopped, ending, stops, sent: all };
    });
  }
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(daemon, model, leaving)).toEqual([]);
  expect(unvisited(daemon, model)).toEqual([]);
});

/** The daemon with its rooms scripted. */
const live = (given = input, notes: object = {}) => {
  const rooms = { manager: scriptedStream(), session: scriptedStream(), monitor: scriptedStream() };
  const { actors, calls, play } = scriptedWorld('prepare');
  const clock = new SimulatedClock();
  const troubles: unknown[] = [];
  const actor = createActor(
    daemon.provide({
      actors: {
        ...actors,
        ticker: scriptedStream().logic as never,
        fleetManager: rooms.manager.logic as never,
        session: rooms.session.logic as never,
        monitor: rooms.monitor.logic as never,
      },
      actions: { notePreparation: (_, trouble) => troubles.push(trouble), ...notes },
    }),
    { input: given, clock },
  ).start();
  return { ...rooms, actor, calls, play, clock, troubles };
};
const prepared = { type: 'xstate.done.actor.prepare', output: { revision: 'rev:1' } };
const failed = { type: 'xstate.error.actor.prepare', error: denied };
const stop = { type: 'daemon.stop' };
const shutdown = { type: 'scheduler.shutdown', at: 1 };
const closed = { type: 'xstate.done.actor.session' };
const tasksLeft = { type: 'fleet.remaining', tasks: 1, launches: 0, looked: true };
const launchesLeft = { type: 'fleet.remaining', tasks: 0, launches: 1, looked: true };

it('the daemon prepares AWS again when the resources are gone, and its pauses start from the shortest', async () => {
  const { actor, play, calls, manager, clock } = live();
  await play(actor, failed);
  clock.increment(1000);
  await play(actor, prepared);
  await play(actor, { type: 'fleet.unprepared' });
  expect(actor.getSnapshot().value).toBe('preparing');
  await play(actor, failed);
  expect(actor.getSnapshot().context.attempts).toBe(1);
  clock.increment(1000);
  await play(actor, { ...prepared, output: { revision: 'rev:2' } } as never);
  expect(calls.prepare).toHaveLength(4);
  expect(manager.told).toEqual([
    { type: 'fleet.prepared', revision: 'rev:1' },
    { type: 'fleet.prepared', revision: 'rev:2' },
  ]);
});

it('the daemon advertises the capacity of the fleet before AWS is prepared, but not while it stops', async () => {
  const { actor, play, session } = live();
  const offer = { type: 'fleet.capacity', workers: 3 };
  await play(actor, offer);
  expect(session.told).toEqual([{ type: 'session.capacity', workers: 3 }]);
  await play(actor, stop);
  session.told.splice(0);
  await play(actor, offer);
  await play(actor, stop);
  session.told.splice(0);
  await play(actor, offer);
  expect(session.told).toEqual([]);
});

describe('the daemon', () => {
  it.each([
    [
      [prepared, 'serving'],
      [stop, 'stopping'],
      [{ type: 'fleet.stopped', isKnown: true }, 'disconnecting'],
    ],
    [
      [stop, 'stopping'],
      [stop, 'disconnecting'],
      [stop, 'stopped'],
    ],
    [
      [stop, 'stopping'],
      [tasksLeft, 'stopping'],
      [stop, 'stoppingNow'],
      [stop, 'disconnecting'],
      [stop, 'stopped'],
    ],
    [
      [stop, 'stopping'],
      [launchesLeft, 'stopping'],
      [stop, 'disconnecting'],
    ],
    [
      [stop, 'stopping'],
      [tasksLeft, 'stopping'],
      [stop, 'stoppingNow'],
      [{ type: 'fleet.stopped', isKnown: true }, 'disconnecting'],
    ],
    [
      [failed, 'unprepared'],
      [stop, 'stopping'],
      [stop, 'disconnecting'],
      [closed, 'stopped'],
    ],
    [
      [shutdown, 'stopping'],
      [stop, 'disconnecting'],
    ],
    [
      [failed, 'unprepared'],
      [shutdown, 'stopping'],
    ],
    [
      [prepared, 'serving'],
      [shutdown, 'stopping'],
    ],
  ] as const)('stops its fleet under the policy drain: %j', async (...steps) => {
    const { actor, play } = live();
    for (const [event, value] of steps) {
      await play(actor, event);
      expect(actor.getSnapshot().value).toBe(value);
    }
  });

  it.each([
    [
      [stop, 'disconnecting'],
      [closed, 'stopped'],
    ],
    [
      [failed, 'unprepared'],
      [stop, 'disconnecting'],
    ],
    [
      [prepared, 'serving'],
      [stop, 'disconnecting'],
    ],
    [
      [prepared, 'serving'],
      [shutdown, 'stopping'],
    ],
  ] as const)('leaves its fleet running under the policy leave: %j', async (...steps) => {
    const { actor, play } = live({ ...input, leaveRunning: true });
    for (const [event, value] of steps) {
      await play(actor, event);
      expect(actor.getSnapshot().value).toBe(value);
    }
  });

  it('begins with a session, a fleet manager and a monitor that know their settings', () => {
    const { session, manager, monitor } = live();
    expect(session.lines[0]?.input).toBe(input.session);
    expect(manager.lines[0]?.input).toBe(input.fleet);
    expect(monitor.lines[0]?.input).toBe(input.monitor);
  });

  it('retries the preparation with longer and longer pauses, and logs the reason of each failure', async () => {
    const { actor, play, clock, troubles } = live();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n++) {
      await play(actor, failed);
      let waited = 0;
      for (; actor.getSnapshot().value === 'unprepared'; waited += 500) clock.increment(500);
      pauses.push(waited);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    const trouble = { kind: 'denied', reason: 'not allowed' };
    expect(actor.getSnapshot().context.trouble).toEqual(trouble);
    expect(troubles).toEqual(Array.from({ length: 8 }, () => trouble));
  });

  it('prepares at once when a person has mended a cause, and passes that on', async () => {
    const { actor, play, calls, manager } = live();
    await play(actor, failed);
    await play(actor, { type: 'fleet.retryNow' });
    expect(actor.getSnapshot().value).toBe('preparing');
    expect(calls.prepare).toHaveLength(2);
    expect(manager.told).toEqual([{ type: 'fleet.retryNow' }]);
  });

  it.each([
    ['is being prepared', []],
    ['could not be prepared', [failed]],
    ['is prepared', [prepared]],
    ['is to be left', [prepared, stop]],
  ])('ends the pauses of AWS calls before the fleet retries, while AWS %s', async (_, before) => {
    const told: number[] = [];
    const { actor, play, manager } = live(input, {
      retryCalls: () => told.push(manager.told.length),
    });
    for (const event of before) await play(actor, event);
    const known = manager.told.length;
    await play(actor, { type: 'fleet.retryNow' });
    expect(told).toEqual([known]);
    expect(manager.told.slice(known)).toEqual([{ type: 'fleet.retryNow' }]);
  });

  it('stops waiting for the fleet at the stop timeout', async () => {
    const { actor, play, clock } = live();
    await play(actor, stop);
    clock.increment(59_999);
    expect(actor.getSnapshot().value).toBe('stopping');
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe('disconnecting');
  });

  it('stops waiting at the same time after a second request to stop', async () => {
    const { actor, play, clock, manager } = live();
    for (const event of [stop, tasksLeft]) await play(actor, event);
    clock.increment(40_000);
    await play(actor, stop);
    expect(manager.told.at(-1)).toEqual({ type: 'fleet.stopNow' });
    clock.increment(19_999);
    expect(actor.getSnapshot().value).toBe('stoppingNow');
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe('disconnecting');
  });

  it('tells the fleet that nothing is launched any more when the tasks are left to the next start', async () => {
    const { actor, play, manager } = live({ ...input, leaveRunning: true });
    for (const event of [prepared, stop]) await play(actor, event);
    expect(actor.getSnapshot().value).toBe('disconnecting');
    expect(manager.told.at(-1)).toEqual({ type: 'fleet.leave' });
  });

  it('advertises the capacity of the fleet, at most its own limit', async () => {
    const { actor, play, session } = live();
    await play(actor, prepared);
    for (const workers of [4, 20, null])
      await play(actor, { type: 'fleet.capacity', workers } as never);
    const capacity = (workers: number) => ({ type: 'session.capacity', workers });
    expect(session.told).toEqual([capacity(4), capacity(8), capacity(8)]);
  });

  it('passes every event of the scheduler and the monitor to the fleet manager', async () => {
    const { actor, play, manager } = live();
    const command = { type: 'scheduler.desired', at: 1, requests: [] };
    const news = { type: 'monitor.loads', at: 1, loads: null };
    await play(actor, command);
    await play(actor, news);
    expect(manager.told).toEqual([command, news]);
  });

  it('ends with the error of the first child actor that crashes', async () => {
    const { actor, play } = live();
    await play(actor, {
      type: 'xstate.error.actor.session',
      error: new Error('a bug'),
    } as never);
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { crash: 'a bug' } });
  });
});

describe('the exit status', () => {
  const remaining = (tasks: number, launches: number) => ({
    ...{ type: 'fleet.remaining', tasks, launches, looked: true },
  });
  const notLooked = { ...remaining(0, 0), looked: false };
  const listedOnce = { type: 'fleet.inventoryCompleted', at: 1, looked: true };
  const gone = { type: 'fleet.stopped', isKnown: true };
  const crashed = { type: 'xstate.error.actor.session', error: new Error('a bug') };

  it.each([
    ['nothing is left', false, [stop, remaining(2, 0), gone, closed], 0],
    ['tasks are left', false, [stop, remaining(2, 0), stop, stop, stop], 1],
    ['tasks and as many launches are left', false, [stop, remaining(1, 1), stop, stop, stop], 1],
    ['a launch is left', false, [stop, remaining(0, 1), stop, stop], 1],
    ['the last task went before the fleet said so', false, [stop, remaining(0, 0), stop, stop], 0],
    ['it is not known what is left', false, [stop, stop, stop], 1],
    ['ECS could not be looked at', false, [stop, notLooked, stop, stop], 1],
    [
      'a denied list came after the order to stop, and the journal has forgotten some',
      false,
      [stop, notLooked, { ...listedOnce, looked: false }, stop, stop],
      1,
    ],
    [
      'all that is known has gone, and our tasks may not be listed',
      false,
      [stop, notLooked, { ...gone, isKnown: false }, closed],
      1,
    ],
    [
      'nothing was ever known, and ECS was not looked at',
      false,
      [stop, notLooked, gone, closed],
      1,
    ],
    ['nothing was ever known, and ECS was looked at', false, [listedOnce, stop, gone, closed], 0],
    ['tasks are left on purpose', true, [stop, closed], 0],
    [
      'tasks are left that the scheduler wanted stopped',
      true,
      [shutdown, remaining(1, 0), stop, stop, stop],
      1,
    ],
    ['a bug ended it', true, [stop, crashed], 1],
    ['a bug ended it and nothing was left', false, [stop, gone, crashed], 1],
  ] as const)('where %s', async (_, leaveRunning, events, status) => {
    const { actor, play } = live({ ...input, leaveRunning });
    for (const event of events) await play(actor, event as never);
    expect(actor.getSnapshot().output?.status).toBe(status);
  });

  it('comes with what is left', async () => {
    const { actor, play } = live();
    for (const event of [stop, remaining(2, 1), stop, stop, stop]) await play(actor, event);
    expect(actor.getSnapshot().output).toEqual({
      ...{ status: 1, crash: null, remaining: { tasks: 2, launches: 1 }, looked: true },
      leftOnPurpose: false,
    });
  });

  it.each([
    ['a signal comes first', [stop, closed], true],
    ['the scheduler has ended before the signal', [shutdown, remaining(1, 0), stop, stop], false],
  ])('comes with whether the tasks stay on purpose, where %s', async (_, events, isOnPurpose) => {
    const { actor, play } = live({ ...input, leaveRunning: true });
    for (const event of [...events, stop]) await play(actor, event as never);
    expect(actor.getSnapshot().output?.leftOnPurpose).toBe(isOnPurpose);
  });

  it.each([
    ['before any inventory', [stop, stop, stop], false],
    ['after an inventory', [listedOnce, stop, stop, stop], true],
    ['after an inventory that does not show all', [listedOnce, stop, notLooked, stop, stop], false],
  ])('comes with whether ECS could be looked at, %s', async (_, events, looked) => {
    const { actor, play } = live();
    for (const event of events) await play(actor, event as never);
    expect(actor.getSnapshot().output?.looked).toBe(looked);
  });
});

it('passes on what the scheduler speaks, the connection and the loads to the fleet manager', async () => {
  const statuses: unknown[] = [];
  const noteConnection = (_: unknown, status: unknown) => statuses.push(status);
  const { play, actor, manager } = live(input, { noteConnection });
  const events = [
    { type: 'scheduler.identified', at: 1, terms },
    { type: 'scheduler.connection', at: 1, status: 'ready' },
    { type: 'monitor.loads', at: 1, loads: {} },
  ];
  for (const event of events) await play(actor, event);
  expect(manager.told).toEqual(events);
  expect(statuses).toEqual(['ready']);
});
