import { describe, expect, it } from 'vitest';
import { noAdoption } from '../../../machines/fleet/adoption.ts';
import { type Counts, noCounts } from '../../../machines/fleet/plan.ts';
import { type Fleet, newFleet } from '../../../machines/fleet/state.ts';
import { noTasks } from '../../../machines/fleet/taskIndex.ts';
import {
  calmListEveryMs,
  inventoryDue,
  searchDue,
  withNextList,
} from '../../../machines/fleet/whenToList.ts';
import { counted } from '../../support/cohortTotals.ts';
import { fleetInput, liveManager, resent, tasksOf } from '../../support/liveManager.ts';

const fleet = newFleet({ ...fleetInput, resend: [resent], lastLaunchAt: 2000 });

it('a search is due once a list must show what the launch has started', () => {
  expect(searchDue(fleet, 11_999)).toBe(false);
  expect(searchDue(fleet, 12_000)).toBe(true);
});

it.each([
  ['no launch is open', { resend: [] }],
  ['a list was complete', { inventoryAt: 11_000 }],
  ['listing is denied for good', { denials: 3 }],
  ['the last one was a moment ago', { searchNotBefore: 12_001 }],
])('no search is due if %s', (_, given) => {
  expect(searchDue({ ...fleet, ...given }, 12_000)).toBe(false);
});

const fleetOf = (given: Partial<Fleet>): Fleet =>
  counted({
    ...newFleet({ ...fleetInput, startedAt: 100, lastLaunchAt: 100, journalIncomplete: true }),
    ...given,
  });
const cohorts = (launches: number, counts: Partial<Counts> = {}) => ({
  a: {
    ...{ counts: { ...noCounts, ...counts }, launches },
    ...{ generation: 0, observedGeneration: 0, lastPolledAt: 0 },
  },
});

describe('a complete inventory', () => {
  it.each([
    [
      'as soon as it would show what a launch that was given up has started',
      { inventoryAt: 50, unknownOutcomeAt: 60 },
      10_059,
      10_060,
    ],
    [
      'no sooner than an attempt that failed allows',
      { inventoryAt: 50, unknownOutcomeAt: 60, inventoryNotBefore: 10_070 },
      10_069,
      10_070,
    ],
    [
      'soon when it is to show which orphans stay',
      { inventoryAt: 50, adoption: { ...noAdoption, unconfirmed: 1 } },
      5049,
      5050,
    ],
    ['once the last launch would be in it', {}, 10_099, 10_100],
    ['again after a minute', { inventoryAt: 50, cohorts: cohorts(1) }, 60_049, 60_050],
    ['not before it may be asked for again', { inventoryNotBefore: 20_000 }, 19_999, 20_000],
  ])('is asked for %s', (_, given, early, due) => {
    expect(inventoryDue(fleetOf(given), early, false)).toBe(false);
    expect(inventoryDue(fleetOf(given), due, false)).toBe(true);
  });

  it.each([
    ['as soon as that would show all', { inventoryAt: 9000 }, 10_099, 10_100],
    [
      'while launches have no answer, as soon as it would show what they have started',
      { inventoryAt: 20_000, cohorts: cohorts(1) },
      29_999,
      30_000,
    ],
    [
      'when no launch is open, after a minute',
      { inventoryAt: 20_000, cohorts: cohorts(0) },
      79_999,
      80_000,
    ],
    [
      'of a run that knows of nothing, at once',
      { journalIncomplete: false, inventoryNotBefore: 70 },
      69,
      70,
    ],
    [
      'of a run that knows of a launch, once it would be in it',
      { journalIncomplete: false, opened: 1 },
      10_099,
      10_100,
    ],
  ])('is asked for at the end %s', (_, given, early, due) => {
    expect(inventoryDue(fleetOf(given), early, true)).toBe(false);
    expect(inventoryDue(fleetOf(given), due, true)).toBe(true);
  });

  it('is not asked for early while a run that knows of nothing is not to end', () => {
    expect(inventoryDue(fleetOf({ journalIncomplete: false }), 10_099, false)).toBe(false);
  });

  it('is not requested while launches are open that it could not show', () => {
    expect(inventoryDue(fleetOf({ cohorts: cohorts(1) }), 90_000, false)).toBe(false);
  });
});

describe('lists of a large fleet', () => {
  const ofTasks = (size: number) => ({ taskIndex: { ...noTasks, size } });
  const long = { inventoryAt: 50, ...ofTasks(10_000) };

  it.each([
    [0, 60_000],
    [6_000, 60_000],
    [6_001, 61_000],
    [10_000, 100_000],
    [40_000, 400_000],
  ])(
    'of %i tasks begin %i ms after one another: they take a quarter of the time',
    (tasks, pause) => {
      expect(calmListEveryMs(fleetOf(ofTasks(tasks)))).toBe(pause);
    },
  );

  it('begin so, too, while no cohort has its tasks yet', () => {
    const owned = tasksOf(6_001);
    expect(calmListEveryMs(fleetOf({ owned }))).toBe(61_000);
  });

  it.each([
    ['while nothing waits for it: after four times as long as they take', {}, 100_050],
    ['while launches have an answer to come', { cohorts: cohorts(1) }, 100_050],
    [
      'while a launch has got no answer: as often as any',
      { cohorts: cohorts(1, { unanswered: 1 }) },
      60_050,
    ],
    [
      'while DescribeTasks denies a task: as often as any',
      { cohorts: cohorts(0, { denied: 1 }) },
      60_050,
    ],
    ['while orphans are unconfirmed: soon', { adoption: { ...noAdoption, unconfirmed: 1 } }, 5050],
    ['after a launch was given up: once it would show all', { unknownOutcomeAt: 60 }, 10_060],
  ])('are asked for %s', (_, given, due) => {
    expect(inventoryDue(fleetOf({ ...long, ...given }), due - 1, false)).toBe(false);
    expect(inventoryDue(fleetOf({ ...long, ...given }), due, false)).toBe(true);
  });

  it('make the end wait no longer', () => {
    const ending = fleetOf({ ...long, cohorts: cohorts(1) });
    expect(inventoryDue(ending, 10_050, true)).toBe(true);
    expect(inventoryDue(fleetOf({ ...long, opened: 1 }), 10_100, true)).toBe(true);
  });
});

it('the next list comes two seconds after one that was of no use, and then twice as late each time, up to a minute', () => {
  const delays = [0, 1, 2, 4, 5, 6].map((inventoryFailures) => {
    const next = withNextList({ ...fleetOf({}), now: 1000, inventoryFailures });
    expect(next.inventoryFailures).toBe(inventoryFailures + 1);
    return next.inventoryNotBefore - 1000;
  });
  expect(delays).toEqual([2000, 4000, 8000, 32_000, 60_000, 60_000]);
});

it('a list that has failed since is no longer one that waits for the scheduler to answer', () => {
  expect(withNextList({ ...fleet, listAwaitsAnswer: true }).listAwaitsAnswer).toBe(false);
});

describe('a restart', () => {
  it('lists only when the list would show the last launch', () => {
    const { fleet } = liveManager({ lastLaunchAt: 5000 });
    expect(inventoryDue(fleet(), 14_999, false)).toBe(false);
    expect(inventoryDue(fleet(), 15_000, false)).toBe(true);
  });
});
