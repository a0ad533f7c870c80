import { expect, it } from 'vitest';
import { groupStatus } from '../../../machines/cohort/groupStatus.ts';
import { endedLife, livingLife, noMoments } from '../../../src/control/life.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const unknown = { createdAt: null, runningAt: null, registeredAt: null };
const ended = {
  ...{ groupId: 'e-1-0', taskArn: arn('t'), cause: 'exited' as const },
  ...{
    detail: 'c: exit 1',
    createdAt: 20,
    runningAt: 30,
    registeredAt: null,
    endedAt: 90,
    usd: null,
  },
};

it('an ended group is told from its request to its end, in order', () => {
  const life = endedLife(ended, { ...noMoments, requestedAt: 10, launchedAt: 25, drainAt: 80 });
  expect(life.steps.map(({ at, what }) => [at, what.split(':')[0]])).toEqual([
    [10, 'requested'],
    [20, 'launched'],
    [30, 'running'],
    [80, 'draining'],
    [90, 'ended'],
  ]);
  expect(life).toMatchObject({ isAlive: false, words: 'c: exit 1', wordsAreOurs: false });
  expect(life.diagnosis).toMatch(/exited with code 1/);
});

it('a task is launched before its workers register, whatever the clock of AWS says', () => {
  const group = groupStatus('cohort.0', 'e-1-0', serves({ createdAt: 900, runningAt: 950 }), 2);
  const life = livingLife(
    group,
    { ...unknown, registeredAt: 20 },
    { ...noMoments, requestedAt: 5 },
  );
  expect(life.steps.map(({ at, what }) => [at, what.split(':')[0]])).toEqual([
    [5, 'requested'],
    [900, 'launched'],
    [20, 'registered'],
    [950, 'running'],
  ]);
});

it('a group that was never launched is told so', () => {
  const refused = { ...ended, taskArn: null, cause: 'launchFailed' as const, createdAt: null };
  const life = endedLife({ ...refused, runningAt: null, detail: 'not authorized' });
  expect(life.steps).toEqual([{ at: 90, what: 'ended: no task was launched for it' }]);
});

it('words that we have found are not told as those of AWS', () => {
  for (const detail of [
    'no worker at the scheduler 602 s after the launch',
    'not running 601 s after its launch',
    'ECS does not know this task any more',
  ])
    expect(endedLife({ ...ended, detail }).wordsAreOurs).toBe(true);
});

it('a drain is told with its reason', () => {
  const life = endedLife(ended, { ...noMoments, drainAt: 80, drainWhy: '0 workers wanted' });
  expect(life.steps).toContainEqual({ at: 80, what: 'draining: 0 workers wanted' });
});

it('a living group is told up to now, and that nothing is wrong with it', () => {
  const group = groupStatus('cohort.0', 'e-1-0', serves({ createdAt: 5, runningAt: 7 }), 2);
  const life = livingLife(group, { ...unknown, registeredAt: 9 });
  expect(life.steps.map(({ at }) => at)).toEqual([5, 7, 9]);
  expect(life).toMatchObject({ isAlive: true, category: 'busy', diagnosis: null, remedy: null });
});

it('a degraded group is told what is wrong with it, and what to do', () => {
  const record = rowOf({ phase: 'stopping', slowStopReported: true, stopRequestedAt: 50 });
  const life = livingLife(groupStatus('cohort.0', 'e-1-0', record, 2), unknown);
  expect(life.diagnosis).toMatch(/told to stop minutes ago/);
  expect(life.remedy).toMatch(/Look at the task in ECS/);
  expect(life.steps).toEqual([{ at: 50, what: 'stopping: StopTask is requested' }]);
});
