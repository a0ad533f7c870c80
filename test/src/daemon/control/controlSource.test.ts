import { describe, expect, it } from 'vitest';
import { groupStatus } from '../../../../machines/cohort/groupStatus.ts';
import { createFeed } from '../../../../src/control/feed.ts';
import type { ActorViews } from '../../../../src/daemon/control/actorViews.ts';
import { createControlSource } from '../../../../src/daemon/control/controlSource.ts';
import { createLives } from '../../../../src/daemon/control/lives.ts';
import { died, groupSamples, statusSample } from '../../../support/controlSamples.ts';
import { rowOf } from '../../../support/rows.ts';

const sample = statusSample();

function sourceWith(given: Partial<ActorViews> = {}) {
  const sent: object[] = [];
  const reported: [string, object][] = [];
  const lives = createLives(() => 5, 'e');
  const source = createControlSource({
    facts: {
      ...{ release: '0.1.0', startedAt: 1, manager: 'wm', schedulerAddress: 'tcp://a:1' },
      ...{ workerReleaseFor: () => '2.9.0', region: 'r', cluster: 'c', ownershipTag: 'se-x' },
    },
    views: {
      root: () => ({ state: 'serving', trouble: null }),
      fleet: () => sample.fleet,
      degraded: () => sample.degraded,
      page: () => ({ groups: groupSamples(), next: null }),
      find: (name) =>
        name === 'many'
          ? { ambiguous: ['a', 'b'] }
          : name.startsWith('e-')
            ? { group: groupStatus('cohort.0', name, rowOf(), 2) }
            : { unknown: true },
      ...given,
    },
    ledger: {
      group: () => undefined,
      history: () => [died({ groupId: 'ok', cause: 'drained' }), died({ groupId: 'dead' })],
    },
    lives,
    feed: createFeed(() => 5),
    send: (event) => void sent.push(event),
    now: () => 5,
    log: { report: (name, fields) => void reported.push([name, fields]) },
  });
  return { source, sent, reported, lives };
}

describe('what a daemon answers', () => {
  it('has the deaths of its history, not what was drained', () => {
    const { deaths } = sourceWith().source.status({});
    expect(deaths.map(({ groupId }) => groupId)).toEqual(['dead']);
    expect(sourceWith().source.history({})).toHaveLength(2);
  });

  it('explains a living group, one that has ended, and the last', () => {
    const { source } = sourceWith();
    expect(source.explain({ group: 'e-1-0' })).toMatchObject({ life: { isAlive: true } });
    expect(source.explain({ group: 'dead' })).toMatchObject({ life: { isAlive: false } });
    expect(source.explain({ group: 'last' })).toMatchObject({ life: { groupId: 'dead' } });
    expect(source.explain({ group: 'zz' })).toEqual({ unknown: true });
    expect(source.explain({ group: 'many' })).toEqual({ ambiguous: ['a', 'b'] });
  });
});

describe('an order of an operator', () => {
  it('to drain goes to the fleet with the ids of the groups, and is reported', () => {
    const { source, sent, reported, lives } = sourceWith();
    expect(source.drain({ groups: ['e-1-0', 'zz'] })).toEqual({
      ...{ draining: ['e-1-0'], unknown: ['zz'], ambiguous: [] },
    });
    expect(sent).toEqual([{ type: 'fleet.drainGroups', at: 5, groupIds: ['e-1-0'] }]);
    expect(reported).toEqual([['operator.drained', { count: 1, groups: ['e-1-0'] }]]);
    lives.onEvent('group.stateChanged', { group: 'e-1-0', state: 'draining.waiting' });
    expect(lives.of('e-1-0').wasEvicted).toBe(true);
  });

  it('to drain does nothing when one name is not clear, or none is known', () => {
    const { source, sent, reported } = sourceWith();
    expect(source.drain({ groups: ['e-1-0', 'many'] }).draining).toEqual([]);
    expect(source.drain({ groups: ['zz'] }).unknown).toEqual(['zz']);
    expect([sent, reported]).toEqual([[], []]);
  });

  it('to hold, resume and retry goes to the fleet, and is reported without control characters', () => {
    const { source, sent, reported } = sourceWith();
    source.hold({ reason: ' quota\x1b[2J\n' });
    source.resume({});
    expect(source.retry({})).toEqual({ breakers: 1 });
    expect(sent).toEqual([
      { type: 'fleet.hold', at: 5, reason: 'quota\\u{1b}[2J' },
      { type: 'fleet.resume', at: 5 },
      { type: 'fleet.retryNow' },
    ]);
    expect(reported.map(([name]) => name)).toEqual([
      'operator.held',
      'operator.resumed',
      'operator.retried',
    ]);
  });
});
