import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../machines/scheduler/messages.ts';
import { changeBetween } from '../../../machines/shared/change.ts';
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

const shutdownAsked = { type: 'shutdownAsked' } as const;
type Live = ReturnType<typeof liveSession>;
const outcomes = ({ of }: Live) =>
  of('response').map(({ response: { command, outcome, groupId } }) => [command, outcome, groupId]);
const termsIn = ({ reported }: Live) =>
  reported('scheduler.identified').map((event) => (event as never as { terms: unknown }).terms);

describe('what the scheduler speaks', () => {
  it('tells the socket how to decode from then on, on each connection anew', () => {
    const { told, open, hear, close, clock } = liveSession();
    const expected = () => told.filter(({ type }) => type === 'socket.expect').splice(0);
    open(null);
    hear(echo, 'g3');
    hear(start, 'g2');
    expect(expected()).toEqual([
      { type: 'socket.expect', generation: 'g3' },
      { type: 'socket.expect', generation: 'g2' },
    ]);
    close();
    clock.pass(500);
    open(2);
    expect(expected().slice(2)).toEqual([{ type: 'socket.expect', generation: 'g4' }]);
  });

  it('is reported when it says more than before', () => {
    const live = liveSession();
    live.open(0);
    live.hear(echo, 'g3');
    live.hear(shutdownWorkers(), 'g2');
    live.hear(shutdownWorkers(), 'g2');
    expect(termsIn(live)).toEqual([
      { transport: 'ymq', generation: 'g3', exact: false, bare: true },
      { transport: 'ymq', generation: 'g2', exact: true, bare: true },
    ]);
    live.close();
    live.clock.pass(500);
    live.open(0);
    live.hear(shutdownWorkers(), 'g2');
    expect(termsIn(live)).toHaveLength(2);
  });

  it('is noted for people, once, among the heartbeats', () => {
    const live = liveSession();
    live.open(1);
    live.hear(shutdownWorkers(), 'g2');
    live.close();
    const terms = { transport: 'ymq', bare: false };
    expect(live.notes).toEqual([
      { note: 'identified', ...terms, generation: 'g3', exact: false },
      { note: 'heartbeatSent' },
      { note: 'identified', ...terms, generation: 'g2', exact: true },
      { note: 'responded', response: live.of('response')[0]?.response },
    ]);
  });

  it.each([
    [null, null],
    ['2.6.0', null],
    ['2.9.0', 'Scaler 2.9.0'],
  ] as const)('may not suit workers of release %s', (workerRelease, reason) => {
    const live = liveSession({ workerRelease });
    live.open(1);
    expect(live.reported('scheduler.mismatch')).toEqual([
      expect.objectContaining({ reason: reason && expect.stringContaining(reason) }),
    ]);
  });

  it('is answered in no other way once a command has shown it', () => {
    for (const [magic, message, generation] of [
      [1, desired, 'g3'],
      [null, desired, 'g4'],
      [2, echo, 'g4'],
    ] as const) {
      const live = liveSession();
      live.open(magic);
      live.hear(message, generation);
      live.hear(shutdownWorkers(), 'g2');
      live.hear(shutdownGroup('ecs-t1'), 'g1');
      expect(live.of('response')).toEqual([]);
      expect(live.notes.filter(({ note }) => note === 'unreadable')).toEqual([
        { note: 'unreadable', reason: 'a g2 message from a scheduler that is not' },
        { note: 'unreadable', reason: 'a g1 message from a scheduler that is not' },
      ]);
    }
  });
});

describe('a start', () => {
  it.each([
    ['g1', 'ecs-t1'],
    ['g2', ''],
  ] as const)(
    'of %s is answered as soon as its task is there, without a tick',
    (generation, id) => {
      const live = liveSession();
      live.open(null);
      live.hear(start, generation);
      expect(live.reported('scheduler.startRequested')).toHaveLength(1);
      expect(outcomes(live)).toEqual([]);
      live.tasks('t1');
      expect(outcomes(live)).toEqual([['start', 'success', id]]);
      live.clock.pass(20_000);
      expect(outcomes(live)).toHaveLength(1);
    },
  );

  it('that is repeated while its task is on its way asks for no second one', () => {
    const live = liveSession();
    live.open(null);
    live.hear(start, 'g2');
    live.hear(start, 'g2');
    expect(live.reported('scheduler.startRequested')).toHaveLength(1);
  });

  it('is refused by a tick when no task has come', () => {
    const live = liveSession();
    live.open(null);
    live.hear(start, 'g1');
    live.clock.pass(7999);
    expect(outcomes(live)).toEqual([]);
    live.clock.pass(1);
    expect(outcomes(live)).toEqual([['start', 'tooMany', '']]);
  });

  it('of an earlier connection is not answered', () => {
    const live = liveSession();
    live.open(null);
    live.hear(start, 'g2');
    live.close();
    live.clock.pass(500);
    live.open(null);
    live.tasks('t1');
    live.clock.pass(10_000);
    expect(live.of('response')).toEqual([]);
  });

  it('of G23 is answered at once with nothing done, because its desired counts are followed', () => {
    const live = liveSession();
    live.tasks('t1');
    live.open(1);
    live.hear(start, 'g23');
    live.hear(shutdownWorkers(...workersOf('t1')), 'g23');
    expect(outcomes(live)).toEqual([
      ['start', 'success', ''],
      ['shutdown', 'success', ''],
    ]);
    expect(live.of('response').map(({ generation }) => generation)).toEqual(['g23', 'g23']);
    for (const { response } of live.of('response'))
      expect([response.workerIds, response.capabilities]).toEqual([[], []]);
    expect([taskIdsIn(live), live.reported('scheduler.startRequested')]).toEqual([[], []]);
  });
});

describe('groups that a scheduler which was replaced does not know', () => {
  /** A session with a task, and what the monitor shows of groups. */
  const shown = (magic: number | null, isCalm: boolean | null) => {
    const live = liveSession();
    live.tasks('t1');
    live.open(magic);
    const until = live.now();
    const groups =
      isCalm === null
        ? null
        : { known: [], calm: isCalm ? { since: until - 31_000, until } : null };
    live.actor.send({ type: 'monitor.groups', at: 1, groups });
    return live;
  };

  it('are stopped once it has long had no task on this connection; nothing is answered', () => {
    const live = shown(null, true);
    const since = live.now();
    // It may have asked for this one on the connection before.
    expect(taskIdsIn(live)).toEqual([]);
    for (let n = 0; n < 15; n++) {
      expect(taskIdsIn(live)).toEqual([]);
      live.hear(echo, 'g1');
      live.clock.pass(2000);
      const calm = { since: since - 31_000, until: live.now() };
      live.actor.send({ type: 'monitor.groups', at: live.now(), groups: { known: [], calm } });
    }
    expect(taskIdsIn(live)).toEqual([['t1']]);
    expect(live.of('response')).toEqual([]);
    // It is to go: that is no answer to the first command.
    live.hear(start, 'g1');
    expect(live.reported('scheduler.startRequested')).toHaveLength(1);
    expect(live.of('response')).toEqual([]);
  });

  it('stay while it asks for one more, for its tasks may wait for a worker that lives', () => {
    const live = shown(null, null);
    live.hear(start, 'g1');
    live.tasks('t1', 't2');
    live.clock.pass(1000);
    const since = live.now() - 31_000;
    const goes = () => {
      const groups = { known: ['ecs-t1'], calm: { since, until: live.now() } };
      live.actor.send({ type: 'monitor.groups', at: 1, groups });
      live.hear(echo, 'g1');
      live.clock.pass(2000);
      return taskIdsIn(live).flat();
    };
    for (let seconds = 3; seconds < 32; seconds += 2) expect(goes()).toEqual([]);
    expect(goes()).toEqual(['t2']);
  });

  it('stay while it has tasks, and with any scheduler that shows no groups', () => {
    for (const [magic, isCalm] of [
      [null, false],
      [null, null],
      [1, true],
    ] as const) {
      const live = shown(magic, isCalm);
      const since = live.now() - 31_000;
      for (let n = 0; n < 20; n++) {
        live.hear(echo, magic === null ? 'g1' : 'g3');
        live.clock.pass(2000);
        const calm = { since, until: live.now() };
        const groups = isCalm === null ? null : { known: [], calm: isCalm ? calm : null };
        live.actor.send({ type: 'monitor.groups', at: live.now(), groups });
      }
      expect(taskIdsIn(live)).toEqual([]);
    }
    const known = liveSession();
    known.tasks('t1');
    known.open(null);
    known.hear(shutdownWorkers(), 'g2');
    const groups = { known: [], calm: { since: known.now() - 31_000, until: known.now() } };
    known.actor.send({ type: 'monitor.groups', at: 1, groups });
    expect(taskIdsIn(known)).toEqual([]);
  });

  it('are forgotten with a scheduler that turns out to name workers', () => {
    const live = shown(null, false);
    live.clock.pass(1000);
    live.hear(start, 'g2');
    // Its scheduler knows t1 by its workers: that is no answer.
    expect(live.reported('scheduler.startRequested')).toHaveLength(1);
    expect(live.of('response')).toEqual([]);
  });
});

it('obeys at once on its first connection only: a later one may lead to a new scheduler', () => {
  const live = liveSession({ workersPerTask: 1 });
  live.tasks('t1');
  const named = () => {
    live.hear(shutdownWorkers(...workersOf('t1', 1)), 'g2');
    return taskIdsIn(live).flat().length;
  };
  live.open(null);
  expect(named()).toBe(1);
  live.close();
  live.clock.pass(500);
  live.open(null);
  expect(named()).toBe(1);
  for (let n = 0; n < 15; n++) {
    live.hear(echo, 'g2');
    live.clock.pass(2000);
  }
  expect(named()).toBe(2);
});

it('wants what it asked for on an earlier connection only if it asks again', () => {
  const live = liveSession();
  live.open(null);
  live.hear(start, 'g2');
  expect(live.reported('scheduler.shutdownRequested')).toEqual([]);
  live.close();
  live.clock.pass(500);
  live.open(null);
  live.hear(start, 'g2');
  const told = live.heard.map(({ type }) => type).filter((type) => /request/i.test(type));
  expect(told).toEqual([
    ...['scheduler.startRequested', 'scheduler.requestsForgotten', 'scheduler.startRequested'],
  ]);
});

it('drops what an earlier connection asked for once, also where groups were shown before a command', () => {
  const live = liveSession();
  live.open(null);
  live.close();
  live.clock.pass(500);
  live.open(null);
  live.actor.send({
    type: 'monitor.groups',
    at: 1,
    groups: { known: [], calm: null },
  });
  live.hear(start, 'g1');
  live.tasks('t1');
  live.hear(start, 'g1');
  const told = live.heard.map(({ type }) => type).filter((type) => /request/i.test(type));
  expect(told).toEqual([
    ...['scheduler.requestsForgotten', 'scheduler.startRequested'],
    // It is over with its answer.
    ...['scheduler.shutdownRequested', 'scheduler.startRequested'],
  ]);
});

describe('workers that died without a word', () => {
  const dead = workersOf('t1');
  const named = ({ of }: Live) => of('disconnectRequest').map(({ workerId }) => workerId);
  const opened = (magic: number | null) => {
    const live = liveSession();
    live.open(magic);
    /** Names these, and no other ones any more. */
    const die = (workerIds = dead) => {
      const change = changeBetween(live.context().deadWorkers, workerIds);
      live.actor.send({ type: 'monitor.deadWorkers', at: live.now(), ...change });
    };
    return { ...live, die };
  };

  it('are reported one by one, and once, though the monitor shows them again', () => {
    const live = opened(1);
    live.hear(desired);
    live.die();
    expect(named(live)).toEqual(dead);
    expect(live.notes.filter(({ note }) => note === 'deadWorkerReported')).toEqual(
      dead.map((worker) => ({ note: 'deadWorkerReported', worker })),
    );
    live.die([]);
    live.die();
    live.clock.pass(59_000);
    expect(named(live)).toEqual(dead);
  });

  it('are not looked at again at each tick and each command once they are reported', () => {
    const live = opened(1);
    live.hear(desired);
    live.die();
    const { reported } = live.context();
    live.clock.pass(1000);
    live.hear(desired);
    expect(live.context().reported).toBe(reported);
    expect(live.context().unreported).toEqual([]);
  });

  it('are reported as soon as it is certain what the scheduler speaks, and not before', () => {
    const live = opened(1);
    live.die();
    live.hear(echo);
    live.clock.pass(1000);
    expect(named(live)).toEqual([]);
    live.hear(desired);
    expect(named(live)).toEqual(dead);
    expect(live.of('disconnectRequest').map(({ generation }) => generation)).toEqual(['g3', 'g3']);
  });

  it('are not reported to a scheduler that learns of workers only from the workers', () => {
    const live = opened(2);
    live.hear(desired, 'g4');
    live.die();
    live.clock.pass(1000);
    expect(named(live)).toEqual([]);
  });

  it('are not reported when the monitor does not name them any more', () => {
    for (const event of [
      { type: 'monitor.deadWorkers', at: 1, added: [], removed: dead },
      { type: 'monitor.closed', at: 1 },
    ] as const) {
      const live = opened(1);
      live.die();
      live.actor.send(event as never);
      expect(live.context().deadWorkers).toEqual([]);
      live.hear(desired);
      expect(named(live)).toEqual([]);
    }
  });

  it('are reported again where the report could not be sent', () => {
    const live = opened(1);
    live.hear(desired);
    live.die();
    const [what] = live.of('disconnectRequest');
    live.say({ type: 'socket.sendFailed', at: live.now(), what });
    live.clock.pass(1000);
    expect(named(live)).toEqual([...dead, dead[0]]);
    expect(live.context().unacknowledged).toEqual([dead[1], dead[0]]);
    // A heartbeat that could not be sent is no report.
    live.say({ type: 'socket.sendFailed', at: live.now(), what: live.of('heartbeat')[0] });
    expect(live.context().unacknowledged).toHaveLength(2);
    expect(live.notes.filter(({ note }) => note === 'notSent')).toEqual([
      { note: 'notSent', what: 'disconnectRequest' },
      { note: 'notSent', what: 'heartbeat' },
    ]);
  });

  it('are reported again on the next connection, unless the scheduler acknowledged it or they are gone', () => {
    const live = opened(1);
    live.hear(desired);
    const [first = '', second = ''] = dead;
    live.die([first, second, 'Worker|ECS-a|third']);
    live.hear({ type: 'disconnected', workerId: second });
    live.die([first, second]);
    live.close();
    expect(live.context().unacknowledged).toEqual([]);
    live.clock.pass(500);
    live.open(1);
    expect(named(live)).toHaveLength(3);
    live.hear(desired);
    expect(named(live).slice(3)).toEqual([first]);
  });

  it('keep us from leaving together with echoes that are missing, in whichever order they come', () => {
    const leaving = () => {
      const live = opened(1);
      live.clock.pass(2000);
      live.hear(desired);
      live.die();
      live.actor.send({ type: 'session.close' });
      const acknowledge = () => {
        for (const workerId of dead) live.hear({ type: 'disconnected', workerId });
        return live.closes();
      };
      const hearEcho = () => {
        live.hear(echo);
        return live.closes();
      };
      return { acknowledge, hearEcho };
    };
    const echoesLast = leaving();
    expect([echoesLast.acknowledge(), echoesLast.hearEcho(), echoesLast.hearEcho()]).toEqual([
      0, 0, 1,
    ]);
    const echoesFirst = leaving();
    expect([echoesFirst.hearEcho(), echoesFirst.hearEcho(), echoesFirst.acknowledge()]).toEqual([
      0, 0, 1,
    ]);
    const between = leaving();
    expect([between.hearEcho(), between.acknowledge(), between.hearEcho()]).toEqual([0, 0, 1]);
  });

  it('keep us from leaving until the scheduler has acknowledged, for two seconds at most', () => {
    const leaving = () => {
      const live = opened(1);
      live.hear(desired);
      live.hear(echo);
      live.die();
      live.actor.send({ type: 'session.close' });
      return live;
    };
    const live = leaving();
    live.hear({ type: 'disconnected', workerId: dead[0] as string });
    expect(live.closes()).toBe(0);
    live.hear({ type: 'disconnected', workerId: dead[1] as string });
    expect(live.closes()).toBe(1);
    const other = leaving();
    other.clock.pass(1999);
    expect(other.closes()).toBe(0);
    other.clock.pass(1);
    expect(other.closes()).toBe(1);
  });
});

describe('the end of the whole cluster', () => {
  const ends = ({ reported }: Live) => reported('scheduler.shutdown').length;

  it('is reported once, however often it is said', () => {
    const live = liveSession();
    live.open(2);
    live.hear(shutdownAsked, 'g4');
    live.hear(shutdownAsked, 'g4');
    expect([ends(live), live.notes.filter(({ note }) => note === 'shutdown').length]).toEqual([
      1, 1,
    ]);
  });

  it('is believed over ZeroMQ, too, once the scheduler has shown that it speaks g4', () => {
    const live = liveSession();
    live.open(null);
    live.hear(shutdownAsked, 'g4');
    expect(ends(live)).toBe(0);
    live.hear(echo, 'g4');
    live.hear(shutdownAsked, 'g4');
    expect(ends(live)).toBe(1);
  });

  it('cannot be asked for by an older scheduler, to which the number means our own response', () => {
    const live = liveSession();
    live.open(1);
    live.hear(shutdownAsked, 'g4');
    live.hear(desired, 'g3');
    live.hear(shutdownAsked, 'g4');
    expect(ends(live)).toBe(0);
  });
});

it('sends no response to a scheduler that takes none, whatever it says', () => {
  const generations: Generation[] = ['g1', 'g1b', 'g2', 'g23', 'g3', 'g4'];
  for (const magic of [0, 1, 2, null])
    for (const first of generations)
      for (const second of generations) {
        const live = liveSession();
        live.open(magic);
        live.hear(first === 'g3' || first === 'g4' ? desired : shutdownWorkers('x'), first);
        live.hear(second === 'g3' || second === 'g4' ? desired : shutdownWorkers('x'), second);
        live.tasks('t1');
        live.clock.pass(1000);
        const { certain } = live.context().dialect;
        for (const { generation } of live.of('response'))
          expect([generation, /^g(1|1b|2|23)$/.test(generation)]).toEqual([certain, true]);
      }
});
