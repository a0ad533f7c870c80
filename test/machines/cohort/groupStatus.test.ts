import { describe, expect, it } from 'vitest';
import { degradedIn, groupStatus, troubleOf } from '../../../machines/cohort/groupStatus.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const load = (workers: number, tasks = 1, canceling = 0) => ({ workers, tasks, canceling });

describe('the trouble of a group', () => {
  it.each([
    ['one that boots', rowOf(), null],
    ['one that serves with all its workers', serves({ load: load(2) }), null],
    ['one of which nothing is shown', serves(), null],
    ['one that lacks a worker', serves({ load: load(1) }), /^1 of its 2 workers/],
    [
      'one whose workers are gone',
      serves({ load: load(0), workersLostSince: 5 }),
      /workers are gone/,
    ],
    ['one that ECS denies', rowOf({ taskArn: arn('t'), lastStatus: 'missing' }), /does not know/],
    [
      'one that ECS denies and whose workers serve',
      serves({ load: load(2), lastStatus: 'missing' }),
      null,
    ],
    ['one whose stop is held', serves({ phase: 'held', drainRequested: true }), /being cancelled/],
    ['one that drains', serves({ drainRequested: true, load: load(1) }), null],
    ['one that stops slowly', serves({ slowStopReported: true }), /minutes ago/],
    [
      'one that should have stopped long ago',
      serves({ slowStopReported: true, stopOverdue: true }),
      /ten minutes ago/,
    ],
  ])('is told of %s', (_, record, words) => {
    if (words === null) expect(troubleOf(record, 2)).toBeNull();
    else expect(troubleOf(record, 2)).toMatch(words);
  });
});

it('the status of a group has its category, its load and its times', () => {
  const record = serves({ load: load(2, 5, 1), createdAt: 3, deadlinesFrom: 4, runningAt: 6 });
  expect(groupStatus('cohort.1', 'e-1-0', record, 2)).toMatchObject({
    ...{ groupId: 'e-1-0', cohortId: 'cohort.1', category: 'busy', trouble: null },
    ...{ workers: 2, tasks: 5, canceling: 1, createdAt: 3, deadlinesFrom: 4, runningAt: 6 },
  });
});

it('a group that an operator drains counts as draining until it is told to stop', () => {
  const ordered = { evicted: true, drainDeadline: 9, load: load(2, 5) };
  const categoryIn = (phase: 'waiting' | 'stopping') =>
    groupStatus('cohort.1', 'e-1-0', serves({ ...ordered, phase }), 2).category;
  expect(categoryIn('waiting')).toBe('drainPending');
  expect(categoryIn('stopping')).toBe('stopping');
});

it('the status of a group of which nothing is shown has no load', () => {
  const nothing = { workers: null, tasks: null, canceling: null };
  expect(groupStatus('cohort.1', 'e-1-0', serves(), 2)).toMatchObject(nothing);
});

it('the degraded groups of a cohort are those with trouble', () => {
  const groups = { a: serves({ load: load(2) }), b: serves({ load: load(1) }) };
  expect(degradedIn(groups, 2)).toEqual([
    { groupId: 'b', taskArn: arn('t'), trouble: '1 of its 2 workers are at the scheduler' },
  ]);
});
