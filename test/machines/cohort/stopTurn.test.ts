import { describe, expect, it } from 'vitest';
import { expired } from '../../../machines/cohort/deadlines.ts';
import {
  type CohortRecords,
  type GroupRecord,
  recordLoads,
} from '../../../machines/cohort/groupRecords.ts';
import { drained, undrained } from '../../../machines/cohort/scaleDown.ts';
import { answeredStop } from '../../../machines/cohort/stopTurn.ts';
import { never } from '../../../machines/shared/timing.ts';
import { arn, serves } from '../../support/rows.ts';

const idle = { workers: 2, tasks: 0, canceling: 0 };
const busy = { ...idle, tasks: 1 };
const cancels = { ...busy, canceling: 1 };
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

  it('changes nothing when the group has ended', () => {
    const records = { groups: { b: serves() }, launches: {} };
    expect(answeredStop(records, 'a', 20_000, false)).toEqual({ ...records, outbox: [] });
  });

  it.each([
    ['was taken back', serves({ load: cancels })],
    ['waits again', serves({ load: cancels, phase: 'waiting', drainRequested: true })],
  ])('changes nothing when the group %s since it asked', (_, record) => {
    const { groups, outbox } = answer(record, serves());
    expect([groups.a, outbox]).toEqual([record, []]);
  });

  it('holds a group again that is held', () => {
    const held = stops({ phase: 'held', load: cancels, stopHeldSince: 15_000 });
    expect(answer(held, serves()).outbox).toEqual([['a', { type: 'group.hold' }]]);
  });
});

describe('a group whose StopTask was held while a worker of it cancelled a task', () => {
  const hour = 3_600_000;
  const all = { pending: 1, idle: 1, busy: 1 };
  const drain = (records: CohortRecords, at: number, until = at) =>
    drained(records, all, { at, until, monitorEverConnected: true });
  const stopsOnceMore = (records: CohortRecords) => {
    const { outbox, ...again } = drain(recordLoads(records, { t: cancels }, hour), hour);
    expect(outbox).toEqual([['a', { type: 'group.hold' }]]);
    const isHeld = (at: number) => expired(again, at).outbox.length === 0;
    expect([29_999, 30_000].map((ms) => isHeld(hour + ms))).toEqual([true, false]);
  };
  const group = (load: GroupRecord['load']) =>
    serves({ taskArn: arn('t'), lastStatus: 'running', load });

  it('is held as long again at its next stop when it was taken back', () => {
    const held = drain({ groups: { a: group(cancels) }, launches: {} }, 10_000);
    const stopping = recordLoads(held, { t: busy }, 12_000);
    expect(stopping.outbox).toEqual([['a', { type: 'group.stop' }]]);
    stopsOnceMore(undrained(stopping, 1));
  });

  it('is held as long again at its next stop when it went back to wait', () => {
    const stopping = drain({ groups: { a: group(idle) }, launches: {} }, 10_000, never);
    const held = answeredStop(recordLoads(stopping, { t: cancels }, 11_000), 'a', 12_000, false);
    expect(held.outbox).toEqual([['a', { type: 'group.hold' }]]);
    const again = recordLoads(held, { t: busy }, 13_000);
    const waits = answeredStop(again, 'a', 14_000, false);
    expect(waits.outbox).toEqual([['a', { type: 'group.drain' }]]);
    stopsOnceMore(waits);
  });
});
