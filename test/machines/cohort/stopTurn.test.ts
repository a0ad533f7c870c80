import { describe, expect, it } from 'vitest';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { answeredStop } from '../../../machines/cohort/stopTurn.ts';
import { serves } from '../../support/rows.ts';

const idle = { workers: 2, tasks: 0, canceling: 0 };
const busy = { ...idle, tasks: 1 };
/** Told to stop; it is at work, and may wait no longer. */
const stops = (given: Partial<GroupRecord> = {}): GroupRecord =>
  serves({
    ...{ phase: 'stopping', drainRequested: true, stopRequestedAt: 5000 },
    ...{ load: busy, lastStatus: 'running', stopUnlessBusyUntil: null },
    ...given,
  });
const answer = (record: GroupRecord, other: GroupRecord, isOld = false) =>
  answeredStop({ groups: { a: record, b: other }, launches: {} }, 'a', 20_000, isOld);

describe('the turn of a StopTask', () => {
  it('takes a group at work back while another group has nothing to do', () => {
    const { groups, outbox } = answer(stops(), serves({ load: idle }));
    expect(outbox).toEqual([['a', { type: 'group.cancelDrain' }]]);
    expect(groups.a).toMatchObject({
      phase: 'running',
      drainRequested: false,
      stopsForGood: false,
    });
  });

  it('shows a group that registered after it was told to stop its workers when it stays', () => {
    const { outbox } = answer(stops({ registered: false }), serves({ load: idle }));
    expect(outbox).toEqual([
      ['a', { type: 'group.cancelDrain' }],
      ['a', { type: 'task.registered' }],
    ]);
  });

  it.each([
    ['the other one is at work', stops(), serves({ load: busy }), false],
    ['the other one leaves', stops(), stops({ load: idle }), false],
    ['it is idle as well', stops({ load: idle }), serves({ load: idle }), false],
    ['nothing shows its work', stops({ load: null }), serves({ load: idle }), false],
    ['the loads are of old', stops(), serves({ load: idle }), true],
    ['it leaves for good', stops({ stopsForGood: true }), serves({ load: idle }), false],
  ])('lets the group be stopped where %s', (_, record, other, isOld) => {
    const { groups, outbox } = answer(record, other, isOld);
    expect(outbox).toEqual([['a', { type: 'group.send' }]]);
    expect(groups).toMatchObject({ a: { phase: 'stopping', stopsForGood: true }, b: other });
  });

  it('lets a group at work that may still wait do so, whatever others do', () => {
    const { outbox } = answer(stops({ stopUnlessBusyUntil: 60_000 }), serves({ load: idle }));
    expect(outbox).toEqual([['a', { type: 'group.drain' }]]);
  });

  it('is nothing to a group that has ended', () => {
    const records = { groups: { b: serves() }, launches: {} };
    expect(answeredStop(records, 'a', 20_000, false)).toEqual({ ...records, outbox: [] });
  });
});
