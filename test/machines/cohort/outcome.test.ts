import { describe, expect, it } from 'vitest';
import { groupOutcome } from '../../../machines/cohort/outcome.ts';
import type { GroupEnd } from '../../../machines/group/workerGroup.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const taskArn = arn('t');
const end = (given: Partial<GroupEnd>): GroupEnd => ({
  ...{ groupId: 'g', taskArn, cause: 'exited', detail: 'exit 1', registered: true },
  ...given,
});
const unproved = { type: 'cohort.probeInconclusive', cohortId: 'c', groupId: 'g' };
const about = { type: 'cohort.launchFailed', cohortId: 'c', groupId: 'g', market: null };
const notStarted = { ...about, kind: 'startFailed', reason: 'exit 1', signal: 'registered' };
const early = { ...about, kind: 'exited', reason: 'exit 1', signal: 'stable', launchedAt: 7 };
const unborn = { registered: false };

describe('the end of a group', () => {
  it.each([
    ['that never served is a failure to start', rowOf(), unborn, [notStarted]],
    [
      'is one of what its task says, where it was',
      rowOf({ failureReason: 'network', subnet: 'subnet-a' }),
      unborn,
      [{ ...notStarted, kind: 'network', subnets: ['subnet-a'] }],
    ],
    [
      'is told by its cause where there are no words',
      rowOf(),
      { ...unborn, cause: 'lost', detail: null },
      [{ ...notStarted, reason: 'lost' }],
    ],
    ['that was to leave shows nothing', rowOf(), { ...unborn, cause: 'drained' }, [unproved]],
    ['that had no task shows nothing', rowOf(), { ...unborn, taskArn: null }, [unproved]],
    ['is early when it served, and not for long', serves({ deadlinesFrom: 7 }), {}, [early]],
    ['that served for long shows nothing new', serves({ stable: true }), {}, []],
    ['by another hand shows nothing', serves(), { cause: 'interrupted' }, [unproved]],
  ] as const)('%s', (_, row, given, news) => {
    expect(groupOutcome('c', row, end(given), 9000)).toEqual(news);
  });

  it.each([
    ['stopped', taskArn, true],
    ['stopped', null, false],
    ['running', taskArn, false],
    ['missing', taskArn, false],
    [null, taskArn, false],
  ] as const)('is the end of its workers when ECS says so: %s %s', (seen, task, dead) => {
    const news = groupOutcome(
      'c',
      serves({ lastStatus: seen, taskArn: task, stable: true }),
      end({}),
      9000,
    );
    expect(news).toEqual(dead ? [{ type: 'task.dead', at: 9000, taskArn }] : []);
  });
});
