import { describe, expect, it } from 'vitest';
import { canceling, list, liveMonitor, worker } from '../../support/liveMonitor.ts';
import {
  desired,
  echo,
  liveSession,
  shutdownGroup,
  shutdownWorkers,
  start,
  taskIdsIn,
  workersOf,
} from '../../support/liveSession.ts';

type Live = ReturnType<typeof liveSession>;

describe('a scheduler that may wait for a lost response', () => {
  /** Until it is left, with an echo for each heartbeat. */
  const heartbeats = (live: Live) => {
    const before = live.of('heartbeat').length;
    for (let n = 0; n < 20 && live.closes() === 0; n++) {
      live.hear(echo, 'g3');
      live.clock.pass(2000);
    }
    return live.of('heartbeat').length - before;
  };

  it('is left until it has forgotten us', () => {
    const live = liveSession();
    live.open(null);
    live.hear(start, 'g2');
    live.close();
    live.clock.pass(500);
    live.open(null);
    heartbeats(live);
    expect(live.closes()).toBe(1);
    // The first heartbeat goes out when the connection opens, and there are five more in twelve seconds.
    expect(live.of('heartbeat').length - 1).toBeGreaterThanOrEqual(6);
    expect(live.of('heartbeat').length - 1).toBeLessThanOrEqual(7);
    live.close('closed');
    const { length } = live.lines;
    // The last heartbeat was two seconds before; twelve seconds from then on nothing is to be heard of us.
    live.clock.pass(9_900);
    expect(live.lines).toHaveLength(length);
    live.clock.pass(1_200);
    expect(live.lines).toHaveLength(length + 1);
    expect(live.notes).toContainEqual({ note: 'stayingAway', seconds: 11 });
    live.open(null);
    expect(live.closes()).toBe(1);
    live.clock.pass(100);
    expect(heartbeats(live)).toBe(0);
  });

  it('is left although some first heartbeats were never echoed: later echoes show that theirs will not come', () => {
    const live = liveSession({ responsePending: true });
    live.open(null);
    live.clock.pass(6000);
    for (let n = 0; n < 8; n++) {
      live.hear(echo);
      live.clock.pass(2000);
    }
    expect(live.closes()).toBe(1);
  });

  it('is not left while an echo is late', () => {
    const live = liveSession({ responsePending: true });
    live.open(null);
    live.clock.pass(2000);
    for (let n = 0; n < 8; n++) {
      if (n % 3 < 2) live.hear(echo);
      live.clock.pass(2000);
    }
    expect(live.closes()).toBe(0);
  });

  it('is one that has not shown itself before its connection was lost, and no other', () => {
    for (const isShown of [true, false]) {
      const live = liveSession();
      live.open(null);
      if (isShown) live.hear(desired, 'g3');
      live.clock.pass(2000);
      live.close();
      live.clock.pass(500);
      live.open(null);
      heartbeats(live);
      expect([isShown, live.closes()]).toEqual([isShown, isShown ? 0 : 1]);
    }
  });

  it('is left by a process whose predecessor may owe it a response, and not by another', () => {
    for (const responsePending of [true, false]) {
      const live = liveSession({ responsePending });
      live.open(null);
      heartbeats(live);
      expect(live.closes()).toBe(responsePending ? 1 : 0);
    }
  });
});

/** After how many seconds a scheduler is left, with an echo for each heartbeat; `show` is what the monitor stream does. */
const leftAfter = (live: Live, seconds: number, show: (second: number) => void = () => {}) => {
  for (let n = 1; n <= seconds; n++) {
    if (n % 2 === 1) live.hear(echo, live.context().dialect.certain ?? 'g3');
    live.clock.pass(1000);
    if (live.closes() > 0) return n;
    show(n);
  }
  return null;
};
const opened = () => {
  const live = liveSession();
  live.open(null);
  return live;
};

describe('a scheduler that has sent no command though work waits', () => {
  /** A report of the monitor stream every second; null: the stream is gone. */
  const leftWith = (live: Live, seconds: number, tasks: (second: number) => number | null) =>
    leftAfter(live, seconds, (second) => {
      const work = { at: live.now(), everyMs: 1000, workers: 0, own: 0, otherManagers: 0 };
      const waiting = tasks(second);
      if (waiting === null) live.actor.send({ type: 'monitor.closed', at: live.now() });
      else
        live.actor.send({
          ...{ type: 'monitor.work', at: live.now(), work: { ...work, tasks: waiting } },
        });
    });

  it('is left after a minute until it has forgotten us', () => {
    const live = opened();
    expect(leftWith(live, 120, () => 1)).toBe(62);
    expect(live.notes).toContainEqual({ note: 'stayingAway', seconds: 11 });
  });

  it('is not left if work waits for less than a minute, or the stream is gone meanwhile', () => {
    expect(leftWith(opened(), 200, (second) => (second % 50 === 0 ? 0 : 1))).toBeNull();
    expect(leftWith(opened(), 200, (second) => (second % 50 === 0 ? null : 1))).toBeNull();
  });

  it('is not left while a Fargate task of ours is still to connect, or none may be launched', () => {
    const booting = opened();
    booting.tasks('t1');
    expect(leftWith(booting, 200, () => 1)).toBeNull();
    const full = opened();
    full.actor.send({ type: 'session.capacity', workers: 0 });
    expect(leftWith(full, 200, () => 1)).toBeNull();
  });

  it('is not left once it has sent a command', () => {
    const live = opened();
    live.hear(start, 'g2');
    expect(leftWith(live, 200, () => 1)).toBeNull();
  });
});

describe('a scheduler that has sent no command though no work is known to wait', () => {
  it('is left after five minutes without a monitor stream', () => {
    const live = opened();
    expect(leftAfter(live, 400)).toBe(302);
    expect(live.notes).toContainEqual({ note: 'stayingAway', seconds: 11 });
  });

  it('is left after as long with a stream that shows no work that waits', () => {
    const live = opened();
    const shown = { everyMs: 1000, workers: 1, own: 1, tasks: 1, otherManagers: 0 };
    const showWork = () =>
      live.actor.send({
        ...{ type: 'monitor.work', at: live.now(), work: { ...shown, at: live.now() } },
      });
    expect(leftAfter(live, 400, showWork)).toBe(302);
  });

  const showGroups = (live: Live, known: string[] | null) =>
    live.actor.send({
      ...{ type: 'monitor.groups', at: live.now() },
      groups: known && { known, calm: null },
    });

  it('is not left if the stream has shown since the connection was made that it names groups', () => {
    const live = opened();
    live.clock.pass(1000);
    showGroups(live, []);
    expect(leftAfter(live, 400)).toBeNull();
    live.actor.send({ type: 'monitor.closed', at: live.now() });
    showGroups(live, null);
    expect(leftAfter(live, 400)).toBeNull();
    live.close();
    live.clock.pass(60_000);
    live.open(null);
    expect(live.context().groupsShown).toBe(false);
  });

  it('is left though a stream without a list of groups is there', () => {
    const live = opened();
    showGroups(live, null);
    expect(leftAfter(live, 400)).toBe(302);
  });

  it('is not left if the stream has shown groups before the connection was made', () => {
    const live = liveSession();
    showGroups(live, []);
    live.open(null);
    expect(leftAfter(live, 400)).toBeNull();
  });

  it.each([
    ['g1', start],
    ['g3', desired],
  ] as const)(
    'is not left if a command of an earlier connection was of %s',
    (generation, message) => {
      const live = opened();
      live.hear(message, generation);
      live.close();
      live.clock.pass(500);
      live.open(null);
      expect(leftAfter(live, 1000)).toBeNull();
    },
  );
});

describe('after a standstill of this process', () => {
  /** A start that waits for its task when the process stands still for so long; the tick then comes first. */
  const asked = (standstillMs: number) => {
    const live = liveSession();
    live.open(null);
    live.clock.pass(8000);
    live.hear(start, 'g2');
    live.clock.pass(7000);
    const { now } = live.context();
    live.actor.send({ type: 'tick', now: now + standstillMs });
    const outcomes = () => live.of('response').map(({ response }) => response.outcome);
    return { live, outcomes, later: now + standstillMs + 1000 };
  };

  it('a start is answered with its task though its time is up, if that had come meanwhile', () => {
    const { live, outcomes } = asked(3001);
    expect(outcomes()).toEqual([]);
    live.tasks('t1');
    expect(outcomes()).toEqual(['success']);
  });

  it('a start is refused at the next tick if no task has come', () => {
    const { live, outcomes, later } = asked(3001);
    expect(outcomes()).toEqual([]);
    live.actor.send({ type: 'tick', now: later });
    expect(outcomes()).toEqual(['tooMany']);
  });

  it('a tick that is a little late counts as one', () => {
    expect(asked(3000).outcomes()).toEqual(['tooMany']);
  });
});

it('a connection that ends is reported as lost at that moment, and one that is silent at the last tick', () => {
  const live = liveSession();
  live.open(1);
  live.clock.pass(500);
  live.close();
  expect(live.reported('scheduler.lost')).toEqual([{ type: 'scheduler.lost', at: live.now() }]);
  live.clock.pass(500);
  live.open(1);
  live.clock.pass(30_000);
  expect(live.reported('scheduler.lost').slice(1)).toEqual([
    { type: 'scheduler.lost', at: expect.any(Number) },
  ]);
});

it('what cannot be read is noted with its reason', () => {
  const live = liveSession();
  live.open(1);
  live.say({ type: 'socket.unreadable', at: live.now(), reason: 'short' });
  expect(live.notes).toContainEqual({ note: 'unreadable', reason: 'short' });
});

it('a group that is unknown is forgotten with the scheduler only after an inventory', () => {
  for (const isComplete of [true, false]) {
    const live = liveSession();
    live.open(null);
    if (isComplete)
      live.actor.send({ type: 'fleet.inventoryCompleted', at: live.now(), looked: true });
    for (let n = 0; n < 4; n++) {
      live.hear(shutdownGroup('ecs-gone'), 'g1');
      live.hear(echo, 'g1');
      live.clock.pass(2000);
    }
    expect(live.of('response')).toHaveLength(isComplete ? 1 : 0);
  }
});

it('a cohort that has no task left leaves no entry', () => {
  const live = liveSession();
  live.tasks('t1');
  live.tasks();
  expect(live.context().tasks).toEqual({});
});

it('a socket that fails again and again is made anew within three seconds each time', () => {
  const live = liveSession();
  for (let n = 0; n < 6; n++) {
    live.actor.send({ type: 'xstate.error.actor.socket', error: new Error('x') } as never);
    live.clock.pass(3000);
    expect(live.lines).toHaveLength(n + 2);
  }
});

describe('another connection with our identity', () => {
  it('is in conflict as soon as a connection was replaced that had just been made', () => {
    const live = liveSession();
    live.open(1);
    live.hear(echo);
    live.clock.pass(400);
    live.close('graceful', 1);
    const statuses = live.reported('scheduler.connection');
    expect(statuses.map((event) => (event as never as { status: string }).status)).toEqual([
      ...['unacknowledged', 'ready', 'conflict'],
    ]);
  });

  it('is given the scheduler for a while, and is reported', () => {
    const live = liveSession();
    const statuses = () =>
      live
        .reported('scheduler.connection')
        .map((event) => (event as never as { status: string }).status);
    for (let n = 0; n < 3; n++) {
      live.open(1);
      live.hear(echo);
      live.clock.pass(400);
      live.close('graceful', 1);
      if (n < 2) live.clock.pass(500);
    }
    expect(live.lines).toHaveLength(3);
    expect(live.notes.filter(({ note }) => note === 'identityTaken')).toHaveLength(1);
    expect(statuses().at(-1)).toBe('conflict');
    live.clock.pass(14_999);
    expect(live.lines).toHaveLength(3);
    live.clock.pass(1);
    expect(live.lines).toHaveLength(4);
    // The connection that stands may be taken again.
    live.open(1);
    live.hear(echo);
    live.hear(desired);
    expect(statuses().slice(-2)).toEqual(['unacknowledged', 'conflict']);
    for (let n = 0; n < 15; n++) {
      live.clock.pass(2000);
      live.hear(echo);
    }
    expect(statuses().at(-1)).toBe('ready');
  });
});

describe('the loads that the monitor tells', () => {
  it('are said to be complete with each list in which all workers of ours name their task', () => {
    const { open, show, pass, heard } = liveMonitor();
    const listed = () => heard.splice(0).filter(({ type }) => type === 'monitor.listed');
    open();
    show(canceling('t1', 'canceled'), { ...worker('t1'), type: 'monitor.worker', connected: true });
    expect(listed()).toEqual([]);
    show(list(worker('t1')));
    pass(700);
    show(list(worker('t1')));
    expect(listed()).toEqual([
      { type: 'monitor.listed', at: 1_000_000 },
      { type: 'monitor.listed', at: 1_000_700 },
    ]);
    show(list({ ...worker('t1'), workerId: 'unknown' }));
    expect(listed()).toEqual([]);
  });
});

describe('the loads of Fargate tasks', () => {
  const load = { t1: { workers: 2, tasks: 0, canceling: 0 } };

  it('stop a task some of whose workers are named as soon as it has no task', () => {
    const live = liveSession();
    live.tasks('t1');
    live.open(null);
    live.hear(shutdownWorkers(...workersOf('t1', 1)), 'g2');
    live.actor.send({ type: 'monitor.loads', at: 1, loads: { t1: { ...load.t1, tasks: 3 } } });
    live.clock.pass(4000);
    expect(taskIdsIn(live)).toEqual([]);
    live.actor.send({ type: 'monitor.loads', at: live.now(), loads: load });
    expect(taskIdsIn(live)).toEqual([]);
    live.actor.send({ type: 'monitor.listed', at: live.now() });
    expect(taskIdsIn(live)).toEqual([['t1']]);
  });

  it('stop no task that was last listed before one of its workers was named', () => {
    const live = liveSession();
    live.tasks('t1');
    live.open(null);
    live.actor.send({ type: 'monitor.listed', at: live.now() });
    live.actor.send({ type: 'monitor.loads', at: live.now(), loads: load });
    live.hear(shutdownWorkers(...workersOf('t1', 1)), 'g2');
    live.clock.pass(4000);
    live.actor.send({ type: 'tick', now: live.now() });
    expect(taskIdsIn(live)).toEqual([]);
    live.actor.send({ type: 'monitor.listed', at: live.now() });
    live.actor.send({ type: 'tick', now: live.now() });
    expect(taskIdsIn(live)).toEqual([['t1']]);
  });

  it('stop no task of which a scheduler that surely names all that may go keeps workers', () => {
    const live = liveSession();
    live.tasks('t1');
    live.open(1);
    live.hear(shutdownWorkers(...workersOf('t1', 1)), 'g2');
    live.actor.send({ type: 'monitor.loads', at: 1, loads: load });
    live.clock.pass(4000);
    live.actor.send({ type: 'monitor.listed', at: live.now() });
    expect(taskIdsIn(live)).toEqual([]);
  });

  it.each(['monitor.closed', 'monitor.loads'] as const)('mean nothing after %s', (type) => {
    const live = liveSession();
    live.tasks('t1');
    live.open(null);
    live.actor.send({ type: 'monitor.loads', at: 1, loads: load });
    live.actor.send({ type, at: 1, loads: null });
    live.hear(shutdownWorkers(...workersOf('t1', 1)), 'g2');
    live.clock.pass(4000);
    live.actor.send({ type: 'monitor.listed', at: live.now() });
    expect(taskIdsIn(live)).toEqual([]);
  });

  it('are not kept for a scheduler that names desired counts', () => {
    const live = liveSession();
    live.open(1);
    live.actor.send({ type: 'monitor.loads', at: 1, loads: load });
    expect(live.context().loads).toEqual(load);
    live.hear(desired, 'g3');
    live.actor.send({ type: 'monitor.loads', at: 1, loads: load });
    expect(live.context().loads).toEqual({});
  });
});
