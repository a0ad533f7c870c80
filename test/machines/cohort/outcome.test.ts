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
    ['of one that never served is a start failure', rowOf(), unborn, [notStarted]],
    [
      'has the cause and the subnet of its task',
      rowOf({ failureReason: 'network', subnet: 'subnet-a' }),
      unborn,
      [{ ...notStarted, kind: 'network', subnets: ['subnet-a'] }],
    ],
    [
      'is described by its cause if ECS gave no reason',
      rowOf(),
      { ...unborn, cause: 'lost', detail: null },
      [{ ...notStarted, reason: 'lost' }],
    ],
    [
      'of one that was draining proves nothing',
      rowOf(),
      { ...unborn, cause: 'drained' },
      [unproved],
    ],
    ['of one without a task proves nothing', rowOf(), { ...unborn, taskArn: null }, [unproved]],
    ['of one that served shortly is an early death', serves({ deadlinesFrom: 7 }), {}, [early]],
    ['of a stable one proves nothing new', serves({ stable: true }), {}, []],
    ['by an interruption proves nothing', serves(), { cause: 'interrupted' }, [unproved]],
  ] as const)('%s', (_, row, given, news) => {
    expect(groupOutcome('c', row, end(given), 9000)).toEqual(news);
  });

  it.each([
    ['stopped', taskArn, true],
    ['stopped', null, false],
    ['running', taskArn, false],
    ['missing', taskArn, false],
    [null, taskArn, false],
  ] as const)(
    'proves its workers dead only when ECS shows the task as stopped: %s %s',
    (seen, task, dead) => {
      const news = groupOutcome(
        'c',
        serves({ lastStatus: seen, taskArn: task, stable: true }),
        end({}),
        9000,
      );
      expect(news).toEqual(dead ? [{ type: 'task.dead', at: 9000, taskArn }] : []);
    },
  );
});
