import { expect, it } from 'vitest';
import { drained, undrained } from '../../../machines/cohort/drain.ts';
import { countRecords, type GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { recordAged } from '../../../machines/cohort/lifetime.ts';
import { degradedIsSpare } from '../../../machines/fleet/degradedGroups.ts';
import { newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput } from '../../support/liveManager.ts';
import { arn, serves } from '../../support/rows.ts';

const hour = 3_600_000;
const shows = (createdAt: number, tasks = 0, workers = 2) =>
  serves({ createdAt, taskArn: arn(`t${createdAt}`), load: { workers, tasks, canceling: 0 } });
const agedOf = (groups: Parameters<typeof recordAged>[0]['groups'], at: number, max = hour) => {
  const next = recordAged({ groups, launches: {} }, at, { maxLifetimeMs: max }).groups;
  return Object.keys(next).filter((groupId) => next[groupId]?.aged);
};

it('marks the oldest group that is too old, one at a time, and none without a limit', () => {
  const groups = { a: shows(500), b: shows(100), c: shows(2 * hour) };
  expect(agedOf(groups, hour)).toEqual([]);
  expect(agedOf(groups, hour + 100)).toEqual(['b']);
  expect(agedOf(groups, 2 * hour)).toEqual(['b']);
  expect(agedOf({ b: groups.b, a: groups.a }, 2 * hour)).toEqual(['b']);
  expect(agedOf({ ...groups, a: { ...groups.a, aged: true } }, 2 * hour)).toEqual(['a']);
  const records = { groups, launches: {} };
  expect(recordAged(records, 9 * hour, {})).toBe(records);
});

it('counts the age of a group of the journal from what is presumed, then from what ECS shows: its creation may be by another clock', () => {
  const day = 24 * hour;
  const old = shows(0);
  expect(agedOf({ a: { ...old, presumedFrom: day - 1 } }, day)).toEqual([]);
  expect(agedOf({ a: { ...shows(2 * day), presumedFrom: day - hour } }, day)).toEqual(['a']);
  expect(agedOf({ a: { ...old, presumedFrom: day - 1, billedFrom: 5 } }, day)).toEqual(['a']);
  const young = { ...old, presumedFrom: 5, billedFrom: day - 1 };
  expect(agedOf({ a: young }, day)).toEqual([]);
});

it('marks the next one when the last has left for good, and none that does not serve', () => {
  const leaving = {
    ...shows(100),
    ...{ aged: true, drainRequested: true, phase: 'stopping' as const, stopsForGood: true },
  };
  // Its workers are connected for a while.
  expect(agedOf({ a: leaving, b: shows(200) }, 2 * hour)).toEqual(['a', 'b']);
  expect(agedOf({ a: { ...leaving, aged: false }, b: shows(200) }, 2 * hour)).toEqual(['b']);
  expect(agedOf({ a: serves({ createdAt: 0 }) }, 2 * hour)).toEqual([]);
});

it.each([
  ['waits for an idle moment', { phase: 'waiting', drainDeadline: 9 * hour }],
  ['waits until its StopTask may be sent', { phase: 'stopping' }],
] as const)(
  'marks no other group while the last one %s, so that both are never replaced at once',
  (_, wait) => {
    const leaving = { ...shows(100, 1), aged: true, drainRequested: true, ...wait };
    const records = { groups: { a: leaving, b: shows(200) }, launches: {} };
    const polled = recordAged(records, 2 * hour, { maxLifetimeMs: hour });
    expect(polled).toBe(records);
    const { groups } = undrained(polled, 1);
    expect(countRecords(groups, 2)).toMatchObject({ busy: 1, idle: 1, degradedMissing: 2 });
  },
);

it('marks another group in the place of one whose workers are gone, and not both when they return', () => {
  const gone = { ...shows(100, 0, 0), aged: true, workersLostSince: hour };
  const { groups } = recordAged({ groups: { a: gone, b: shows(200) }, launches: {} }, 2 * hour, {
    maxLifetimeMs: hour,
  });
  const back = { ...groups, a: { ...gone, ...shows(100), aged: groups.a?.aged ?? true } };
  expect(countRecords(back, 2)).toMatchObject({ idle: 2, degradedMissing: 2 });
  expect(agedOf(back, 2 * hour)).toEqual(['b']);
});

it('asks for a whole group more before the old one leaves, and then drains the old one while idle', () => {
  const old = { ...shows(100), aged: true };
  const before = { old, other: shows(200) };
  const counts = countRecords(before, 2);
  expect(counts).toMatchObject({
    idle: 2,
    degraded: 0,
    degradedMissing: 2,
    degradedIdleWorkers: 2,
  });
  const fleet = { ...newFleet(fleetInput), desiredWorkers: 4 };
  expect(degradedIsSpare(fleet, counts)).toBe(false);
  const after = { ...before, next: shows(300) };
  expect(degradedIsSpare(fleet, countRecords(after, 2))).toBe(true);
  const share = { pending: 0, idle: 0, busy: 0, degraded: 1 };
  const wait = { at: 5000, until: 9000, monitorEverConnected: true };
  const { outbox } = drained({ groups: after, launches: {} }, share, wait);
  expect(outbox).toEqual([['old', { type: 'group.stop' }]]);
});

it('counts no old group without workers as one to replace', () => {
  const { degradedMissing } = countRecords({ old: { ...shows(100, 0, 0), aged: true } }, 2);
  expect(degradedMissing).toBe(0);
});

it('counts an old group as one that is replaced until nothing is connected of it, on its way out as well', () => {
  const old = { ...shows(100), aged: true };
  const leaving = { ...old, drainRequested: true };
  const counted = (record: GroupRecord) => countRecords({ old: record, next: shows(300) }, 2).aged;
  expect([old, leaving, { ...leaving, phase: 'stopping' as const }].map(counted)).toEqual([
    1, 1, 1,
  ]);
  const without = { workers: 0, tasks: 0, canceling: 0 };
  expect([without, null].map((load) => counted({ ...leaving, load }))).toEqual([0, 1]);
});

it('marks an old group of an earlier run before its workers are shown, and no other until then', () => {
  const { load: _, ...shown } = shows(100);
  const unshown = { ...shown, load: null, registered: false, presumedFrom: 100 };
  expect(agedOf({ a: unshown, b: shows(200) }, 2 * hour)).toEqual(['a']);
  const marked = { ...unshown, aged: true };
  expect(agedOf({ a: marked, b: shows(50) }, 2 * hour)).toEqual(['a']);
  // It is to leave anyway; it has no workers any more; or it is of this run, and boots.
  expect(agedOf({ a: { ...unshown, drainRequested: true }, b: shows(200) }, 2 * hour)).toEqual([
    'b',
  ]);
  const without = { workers: 0, tasks: 0, canceling: 0 };
  expect(agedOf({ a: { ...marked, load: without }, b: shows(200) }, 2 * hour)).toEqual(['b']);
  expect(agedOf({ a: { ...unshown, presumedFrom: null } }, 2 * hour)).toEqual([]);
});

it('keeps an old group that is at work until its idle moment', () => {
  const counts = countRecords({ old: { ...shows(100, 3), aged: true }, next: shows(300) }, 2);
  expect(counts).toMatchObject({ degradedMissing: 2, degradedIdleWorkers: 0 });
});
