import { describe, expect, it } from 'vitest';
import { countRecords, type GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { recordStops } from '../../../machines/cohort/slowStops.ts';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { arn, serves } from '../../support/rows.ts';

const recordsOf = (groups: Record<string, GroupRecord>) => ({ groups, launches: {} });

describe('a stop that ECS takes long to carry out', () => {
  const stops = (given: Partial<GroupRecord> = {}) =>
    serves({
      ...{ phase: 'stopping', drainRequested: true, stopsForGood: true, stopAccepted: true },
      ...given,
    });

  it('is reported once, two minutes after it began', () => {
    let records = recordsOf({ a: stops(), b: serves() });
    const slowAt = (at: number) => {
      const { slowStops, ...next } = recordStops(records, at);
      records = next;
      return slowStops;
    };
    expect(slowAt(1000)).toEqual([]);
    expect(slowAt(120_999)).toEqual([]);
    expect(slowAt(121_000)).toEqual([{ groupId: 'a', taskArn: arn('t'), since: 1000 }]);
    expect(slowAt(122_000)).toEqual([]);
    expect(slowAt(900_000)).toEqual([]);
    expect(records.groups.b).toEqual(serves());
  });

  it.each([
    ['uses its slot', {}, 0],
    ['uses none once its container has ended', { executionStopped: true }, 1],
    ['uses none once it is overdue', { stopOverdue: true }, 1],
    ['uses its slot before StopTask is accepted', { stopAccepted: false, stopOverdue: true }, 0],
    ['uses its slot while it is held', { phase: 'held', executionStopped: true }, 0],
  ] as const)('%s', (_, given, freed) => {
    expect(countRecords({ a: stops(given) })).toEqual({ ...noCounts, stopping: 1, freed });
  });

  it('does not count while StopTask waits for its turn', () => {
    const records = recordsOf({ a: stops({ stopsForGood: false, stoppingSince: 1000 }) });
    expect(recordStops(records, 900_000)).toEqual({ ...records, slowStops: [] });
  });

  it('is overdue after ten minutes', () => {
    const overdueAt = (at: number) =>
      recordStops(recordsOf({ a: stops({ stoppingSince: 1000 }) }), at).groups.a?.stopOverdue;
    expect(overdueAt(600_999)).toBe(false);
    expect(overdueAt(601_000)).toBe(true);
  });
});
