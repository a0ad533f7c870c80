import { expect, it } from 'vitest';
import { isGivenUp, recordListed } from '../../../machines/cohort/deniedTasks.ts';
import { eventFor } from '../../../machines/cohort/observe.ts';
import { timeouts } from '../../../src/paths/models/cohortFixtures.ts';
import { liveCohort, observed } from '../../support/liveCohort.ts';
import { arn, serves } from '../../support/rows.ts';

it('counts from a list how long DescribeTasks denies a task that the list shows', () => {
  const denied = serves({ taskArn: arn('t'), missingSince: 5000 });
  const groups = {
    listed: denied,
    other: { ...denied, taskArn: arn('u') },
    shown: { ...denied, missingSince: null },
    waits: { ...denied, taskArn: null },
    since: { ...denied, missingSince: 9001 },
  };
  const { listed, ...others } = groups;
  expect(recordListed(groups, [arn('t')], 9000)).toEqual({
    listed: { ...listed, missingSince: 9000 },
    ...others,
  });
});

it('gives up no task for as long as lists show it, and one that they do not show a minute later', async () => {
  const { launchBoth, actor, look, ended, told } = liveCohort();
  await launchBoth();
  const running = [observed('arn:0', 'running'), observed('arn:1', 'running')];
  await look(5000, ...running);
  const denied = [observed('arn:0', 'missing'), observed('arn:1', 'missing')];
  await look(10_000, ...denied);
  expect(told.at(-1)).toMatchObject({ counts: { denied: 2 } });
  actor.send({ type: 'cohort.listed', at: 40_000, taskArns: ['arn:0'] });
  await look(70_001, ...denied);
  expect(ended).toMatchObject([{ taskArn: 'arn:1', cause: 'lost' }]);
  await look(100_000, ...denied);
  expect(ended).toHaveLength(1);
  await look(100_001, ...denied);
  expect(ended).toMatchObject([{ taskArn: 'arn:1' }, { taskArn: 'arn:0', cause: 'lost' }]);
});

it('a denied task is given up only once a list that began later leaves it out as well, if lists are to be had', () => {
  const at = (now: number, listedAt: number | null, given = {}) =>
    isGivenUp(serves({ missingSince: 30_000, ...given }), now, listedAt, timeouts);
  expect(at(90_001, null)).toBe(true);
  expect(at(90_001, 30_000)).toBe(false);
  expect(at(90_001, 30_001)).toBe(true);
  expect(at(90_000, 60_000)).toBe(false);
  // No list was complete for ten minutes.
  expect(at(630_000, 30_000)).toBe(false);
  expect(at(630_001, 30_000)).toBe(true);
  // It was to stop: no list has to say so.
  expect(at(90_001, 0, { phase: 'stopping', stopAccepted: true })).toBe(true);
  expect(at(90_001, 0, { missingSince: null })).toBe(false);
});

it('a denied task whose cluster is gone is given up without a list', () => {
  const row = serves({ missingSince: 30_000 });
  const seen = (clusterGone: boolean) =>
    eventFor(row, { ...observed(arn('t'), 'missing'), clusterGone }, 90_001, timeouts, true, 0);
  expect(seen(false)).toBeNull();
  expect(seen(true)).toMatchObject({ type: 'task.stopped', cause: 'lost' });
});
