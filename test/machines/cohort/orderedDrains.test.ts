import { describe, expect, it } from 'vitest';
import { undrained } from '../../../machines/cohort/drain.ts';
import { categoryOf } from '../../../machines/cohort/groupRecords.ts';
import { evicted, released } from '../../../machines/cohort/orderedDrains.ts';
import { arn, load, recordsOf, rowOf, serves, waits } from '../../support/rows.ts';

it('stops at once exactly those whose tasks are named, once', () => {
  const records = recordsOf({
    a: serves({ taskArn: arn('1'), load: load(3) }),
    b: serves({ taskArn: arn('2') }),
    c: waits({ taskArn: arn('3') }),
    d: serves({ taskArn: arn('4'), phase: 'stopping' }),
    e: rowOf(),
  });
  const { groups, outbox } = released(records, ['1', '3', '4', '9'], 7000);
  const gone = {
    ...{ drainRequested: true, drainDeadline: null, stopRequestedAt: 7000 },
    ...{ phase: 'stopping', stopsForGood: true },
  };
  expect(groups).toStrictEqual({
    ...records.groups,
    a: { ...records.groups.a, ...gone },
    c: { ...records.groups.c, ...gone },
    d: { ...records.groups.d, stopsForGood: true },
  });
  expect(outbox).toEqual([
    ['a', { type: 'group.stop' }],
    ['c', { type: 'group.stop' }],
  ]);
});

it('holds the stop of a group that the scheduler chose while a worker of it cancels a task', () => {
  const cancels = { workers: 4, tasks: 1, canceling: 1 };
  const { groups, outbox } = released(recordsOf({ a: serves({ load: cancels }) }), ['t'], 2000);
  expect(outbox).toEqual([['a', { type: 'group.hold' }]]);
  expect(groups.a).toMatchObject({ phase: 'held', stopHeldSince: 2000, drainRequested: true });
});

describe('groups that a person drains', () => {
  const wait = { at: 2000, until: 9000, monitorEverConnected: true };

  it('leave at an idle moment and are never taken back, whatever is desired', () => {
    const records = recordsOf({ a: serves({ load: load(3) }), b: serves({ load: load(0) }) });
    const { groups, outbox } = evicted(records, ['a', 'b', 'elsewhere'], wait);
    expect(outbox).toEqual([
      ['a', { type: 'group.drain' }],
      ['b', { type: 'group.stop' }],
    ]);
    expect(groups.a).toMatchObject({ evicted: true, drainRequested: true, drainDeadline: 9000 });
    expect(Object.values(groups).map(categoryOf)).toEqual(['stopping', 'stopping']);
    expect(undrained({ groups, launches: {} }, 9).outbox).toEqual([]);
  });

  it('that wait already are only not taken back any more, and get no event twice', () => {
    const { groups, outbox } = evicted(recordsOf({ a: waits() }), ['a'], wait);
    expect(outbox).toEqual([]);
    expect(groups.a).toStrictEqual(waits({ evicted: true }));
    expect(evicted({ groups, launches: {} }, ['a'], wait).groups.a).toBe(groups.a);
    const told = serves({ phase: 'stopping', drainRequested: true, stopsForGood: true });
    const stops = recordsOf({ a: told });
    expect(evicted(stops, ['a'], wait).groups.a).toBe(stops.groups.a);
  });

  it('are not taken back while their StopTask waits for its turn', () => {
    const stops = serves({ phase: 'stopping', drainRequested: true });
    const { groups, outbox } = evicted(recordsOf({ a: stops }), ['a'], wait);
    expect(outbox).toEqual([]);
    expect(groups.a).toStrictEqual({ ...stops, evicted: true });
    expect(undrained({ groups, launches: {} }, 9).outbox).toEqual([]);
  });
});
