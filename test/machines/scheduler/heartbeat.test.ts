import { describe, expect, it } from 'vitest';
import { echo, liveSession, shutdownGroup, start } from '../../support/liveSession.ts';

type Live = ReturnType<typeof liveSession>;
const termsIn = ({ reported }: Live) =>
  reported('scheduler.identified').map((event) => (event as never as { terms: unknown }).terms);

describe('the numbering of heartbeats', () => {
  const numbers = ({ of }: Live) => of('heartbeat').map(({ generation }) => generation);

  it('keeps the one that was echoed over ZeroMQ', () => {
    const live = liveSession();
    live.open(null);
    live.clock.pass(4000);
    live.hear(echo, 'g4');
    live.clock.pass(8000);
    expect(numbers(live)).toEqual(['g3', 'g3', 'g4', 'g4', 'g4', 'g4', 'g4']);
    expect(termsIn(live)).toEqual([
      { transport: 'zmq', generation: 'g4', exact: true, bare: false },
    ]);
  });

  it('stays with the older one where that is echoed, also late', () => {
    const live = liveSession();
    live.open(null);
    live.clock.pass(4000);
    live.hear(echo, 'g3');
    live.clock.pass(2000);
    expect(numbers(live)).toEqual(['g3', 'g3', 'g4', 'g3']);
    expect(termsIn(live)).toEqual([
      { transport: 'zmq', generation: 'g3', exact: false, bare: false },
    ]);
  });

  it.each([
    [1, 'g3'],
    [2, 'g4'],
  ] as const)('follows YMQ magic %d from the first', (magic, generation) => {
    const live = liveSession();
    live.open(magic);
    live.clock.pass(6000);
    expect(new Set(numbers(live))).toEqual(new Set([generation]));
  });
});

it('a heartbeat that was never echoed is not waited for once three later ones were echoed in time', () => {
  const closesAfter = (echoes: number) => {
    const live = liveSession();
    live.open(1);
    for (let n = 0; n < echoes; n++) {
      live.clock.pass(2000);
      live.hear(echo);
    }
    live.actor.send({ type: 'session.close' });
    return live.closes();
  };
  // The second heartbeat shows that the first has no echo; those after it count.
  expect([3, 4].map(closesAfter)).toEqual([0, 1]);
});

it('each heartbeat is noted', () => {
  const live = liveSession();
  live.open(1);
  live.clock.pass(4000);
  expect(live.notes.filter(({ note }) => note === 'heartbeatSent')).toHaveLength(3);
});

describe('the capacity', () => {
  it.each(['g1', 'g1b'] as const)(
    'of groups is told to a scheduler of groups, once it has shown that: %s',
    (groups) => {
      const { of, open, hear, clock } = liveSession();
      open(null);
      hear(echo, 'g3');
      hear(start, groups);
      clock.pass(2000);
      const told = { capabilities: [], workerManagerID: 'wm' };
      expect(of('heartbeat').map(({ generation, heartbeat }) => [generation, heartbeat])).toEqual([
        ['g3', { ...told, maxTaskConcurrency: 8 }],
        [groups, { ...told, maxTaskConcurrency: 4, workersPerGroup: 2 }],
      ]);
    },
  );

  it('has nothing on top where workers are counted, though managers are shown in the place of groups', () => {
    const { actor, of, open, hear, clock } = liveSession();
    open(1);
    hear(start, 'g2');
    actor.send({
      type: 'monitor.groups',
      at: 1,
      groups: { known: ['other'], calm: null },
    });
    clock.pass(2000);
    expect(of('heartbeat').at(-1)?.heartbeat.maxTaskConcurrency).toBe(8);
  });

  it('has them on top also before the first command, if the monitor stream shows groups', () => {
    const { actor, of, open, hear, tasks, clock } = liveSession();
    tasks('t1');
    open(0);
    const groups = {
      known: ['ecs-t1', 'ecs-dead', 'of another'],
      calm: null,
    };
    for (const [workers, shown] of [
      [8, groups],
      [0, groups],
      [2 ** 32 - 1, groups],
      [8, null],
    ] as const) {
      actor.send({ type: 'session.capacity', workers });
      actor.send({ type: 'monitor.groups', at: 1, groups: shown });
      clock.pass(2000);
      hear(echo, 'g3');
    }
    const offered = of('heartbeat').map(({ heartbeat }) => heartbeat.maxTaskConcurrency);
    expect(offered.slice(-4)).toEqual([10, 0, 2 ** 32 - 1, 8]);
  });

  it('has a group on top no more once its shutdown is answered, though the monitor stream shows it yet', () => {
    const { actor, of, open, hear, tasks, clock } = liveSession();
    tasks('t1', 't2');
    open(null);
    const known = ['ecs-t1', 'ecs-t2', 'of another'];
    const calm = { since: 5, until: 5 };
    const show = () => actor.send({ type: 'monitor.groups', at: 1, groups: { known, calm } });
    show();
    hear(shutdownGroup('ecs-t1'), 'g1');
    const offered = () => {
      clock.pass(2000);
      hear(echo, 'g1');
      return of('heartbeat').at(-1)?.heartbeat.maxTaskConcurrency;
    };
    expect(offered()).toBe(5);
    tasks('t2');
    expect(offered()).toBe(5);
    expect(actor.getSnapshot().context.groups).toEqual({ known: known.slice(1), calm });
    // With the answer lost, it is shown again.
    show();
    expect(offered()).toBe(6);
  });

  it('has a group on top no more that has ended, though a list from before the answer to its shutdown showed it', () => {
    const { actor, of, open, hear, tasks, clock } = liveSession();
    tasks('t1', 't2');
    open(null);
    const groups = { known: ['ecs-t1', 'ecs-t2'], calm: null };
    const show = () => actor.send({ type: 'monitor.groups', at: 1, groups });
    show();
    hear(shutdownGroup('ecs-t1'), 'g1');
    show();
    clock.pass(1000);
    tasks('t2');
    clock.pass(1000);
    actor.send({ type: 'monitor.closed', at: 1 });
    hear(echo, 'g1');
    clock.pass(2000);
    expect(of('heartbeat').at(-1)?.heartbeat.maxTaskConcurrency).toBe(4);
  });

  it('leaves what the monitor stream shows as it is when a start is answered', () => {
    const { actor, open, hear, tasks } = liveSession();
    tasks('t1');
    open(null);
    hear(start, 'g1');
    const groups = { known: ['ecs-t1'], calm: null };
    actor.send({ type: 'monitor.groups', at: 1, groups });
    tasks('t1', 't2');
    hear(start, 'g1');
    expect(actor.getSnapshot().context.groups).toEqual(groups);
  });

  it('has groups of others and dead ones on top, but never on top of nothing', () => {
    const { actor, of, open, hear, tasks, clock } = liveSession();
    tasks('t1');
    actor.send({
      ...{ type: 'monitor.groups', at: 1 },
      groups: { known: ['ecs-t1', 'ecs-dead', 'of another'], calm: null },
    });
    open(null);
    hear(shutdownGroup('ecs-t1'), 'g1');
    for (const workers of [8, 0, 2 ** 32 - 1]) {
      actor.send({ type: 'session.capacity', workers });
      clock.pass(2000);
      hear(echo, 'g1');
    }
    const offered = of('heartbeat').map(({ heartbeat }) => heartbeat.maxTaskConcurrency);
    expect(offered.slice(1)).toEqual([6, 0, 2 ** 32 - 1]);
  });
});
