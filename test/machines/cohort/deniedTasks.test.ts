import { expect, it } from 'vitest';
import { recordListed } from '../../../machines/cohort/deniedTasks.ts';
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
