import { expect, it } from 'vitest';
import { noAdoption } from '../../../machines/fleet/adoption.ts';
import { endsDenied, endsWithoutLook } from '../../../machines/fleet/lastLook.ts';
import { type Fleet, newFleet } from '../../../machines/fleet/state.ts';

const settings = { launchBurst: 30, settleMs: 10_000, stopDrainMs: 7000 };
/** It has been stopping since 20 s. */
const fleetOf = (given: Partial<Fleet>): Fleet => ({
  ...newFleet({
    ...{ settings: settings as never, epoch: 'e', startedAt: 100, lastLaunchAt: 100 },
    ...{ launchesGivenUp: 0, journalIncomplete: false, owned: [], resend: [], openAtStart: [] },
  }),
  ...{ revision: 'rev:1', drainAllUntil: 27_000 },
  ...given,
});
/** Tasks with our tag were seen, and the scheduler does not answer. */
const leftAlone = (given: Partial<Fleet> = {}): Partial<Fleet> => ({
  adoption: { ...noAdoption, unconfirmed: 2, leftAlone: true },
  ...given,
});
const one = [{ groupId: 'old', taskArn: 'arn:old', createdAt: null, deadlinesFrom: 0 }];

it.each([
  ['a second and a half after the stop of a run that knows of nothing', {}, 21_500, true],
  ['not before', {}, 21_499, false],
  ['not where nothing is to stop', { drainAllUntil: null }, 90_000, false],
  ['at once where AWS was never prepared', { revision: null }, 20_000, true],
  ['not where a task is known', { owned: one }, 90_000, false],
  [
    'not where a task is known and AWS was never prepared',
    { owned: one, revision: null },
    90_000,
    false,
  ],
  ['not where the journal may have forgotten some', { journalIncomplete: true }, 90_000, false],
  [
    'not where the journal may have forgotten some and AWS was never prepared',
    { journalIncomplete: true, revision: null },
    ...([90_000, false] as const),
  ],
  [
    'five seconds after the stop where nothing but tasks that are left alone was seen',
    leftAlone(),
    25_000,
    true,
  ],
  ['not before, tasks are left alone', leftAlone(), 24_999, false],
  [
    'not where nothing is to stop and tasks are left alone',
    leftAlone({ drainAllUntil: null }),
    90_000,
    false,
  ],
  [
    'not where a task is known beside those that are left alone',
    leftAlone({ owned: one }),
    90_000,
    false,
  ],
  [
    'five seconds after the stop where the journal may have forgotten the tasks that are left alone',
    ...([leftAlone({ journalIncomplete: true }), 25_000, true] as const),
  ],
  [
    'not where a launch was given up whose tasks a later list may show beside those that are left alone',
    ...([leftAlone({ launchesGivenUp: 1 }), 90_000, false] as const),
  ],
  [
    'not where orphans wait for the next inventory',
    { adoption: { ...noAdoption, unconfirmed: 1 } },
    90_000,
    false,
  ],
  [
    'not by itself after groups of this run have ended',
    { opened: 1, inventoryAt: 20_000 },
    90_000,
    false,
  ],
])('a fleet ends without a list %s', (_, given, now, ends) => {
  expect(endsWithoutLook(fleetOf(given), now)).toBe(ends);
});

it.each([
  ['as soon as lists are denied for good', {}, true],
  ['not before', { denials: 2 }, false],
  ['not while a list is due', { inventoryNotBefore: 30_000 }, false],
  [
    'not while a list is due because everything is to end',
    { journalIncomplete: false, inventoryNotBefore: 30_000, lastLaunchAt: 25_000 },
    false,
  ],
  ['not while a cohort is there', { cohorts: { 'cohort.1': {} as never } }, false],
  ['not while a task is known', { owned: one }, false],
  [
    'not while one more is to come to the only cohort',
    { owned: one, cohorts: { 'cohort.1': {} as never } },
    false,
  ],
])('a fleet whose journal may have forgotten some ends %s', (_, given, ends) => {
  const denied = { journalIncomplete: true, denials: 3, inventoryNotBefore: 30_001 };
  expect(endsDenied(fleetOf({ ...denied, ...given }), 30_000)).toBe(ends);
});
