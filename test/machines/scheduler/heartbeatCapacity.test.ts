import { describe, expect, it } from 'vitest';
import { echo, liveSession, shutdownGroup, start } from '../../support/liveSession.ts';

describe('the capacity', () => {
  it('of groups is told to a scheduler of groups, once it has shown that', () => {
    const { of, open, hear, clock } = liveSession();
    open(null);
    hear(echo, 'g3');
    hear(start, 'g1');
    clock.pass(2000);
    expect(of('heartbeat').map(({ generation, heartbeat }) => [generation, heartbeat])).toEqual([
      ['g3', { maxTaskConcurrency: 8, capabilities: [], workerManagerID: 'wm' }],
      [
        'g1',
        { maxTaskConcurrency: 4, workersPerGroup: 2, capabilities: [], workerManagerID: 'wm' },
      ],
    ]);
  });

  it('has groups of others and dead ones on top, but never on top of nothing', () => {
    const { actor, of, open, hear, tasks, clock } = liveSession();
    tasks('t1');
    actor.send({
      ...{ type: 'monitor.groups', at: 1 },
      groups: { known: ['ecs-t1', 'ecs-dead', 'of another'], calmSince: null },
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
