import { expect, it } from 'vitest';
import type { DescribeFailure, TaskObservation } from '../../../machines/shared/domain.ts';
import { answeredClusters, observedTasks } from '../../../src/daemon/describedTasks.ts';
import { createRepeats } from '../../../src/telemetry/repeats.ts';

const observation: TaskObservation = {
  ...{ taskArn: 'arn:1', phase: 'running', cause: null, detail: null, createdAt: null },
};
const failure: DescribeFailure = {
  ...{ cluster: 'c', kind: 'denied', reason: 'no right', taskArns: ['arn:2'] },
};

it('returns what was observed, and hands on what was not', () => {
  const failures: DescribeFailure[] = [];
  const described = { observations: [observation], failures: [failure] };
  expect(observedTasks(described, (one) => failures.push(one))).toEqual([observation]);
  expect(failures).toEqual([failure]);
});

it('throws the failure if nothing was observed', () => {
  const described = { observations: [], failures: [failure] };
  const fail = () =>
    observedTasks(described, () => {
      throw new Error('not reported twice');
    });
  expect(fail).toThrow(expect.objectContaining({ kind: 'denied', message: 'no right' }));
});

it('returns the tasks of a cluster that does not exist as missing, and hands its failure on', () => {
  const failures: DescribeFailure[] = [];
  const deleted: DescribeFailure = { ...failure, kind: 'unprepared' };
  const observed = observedTasks({ observations: [], failures: [deleted, failure] }, (one) =>
    failures.push(one),
  );
  const missing = { taskArn: 'arn:2', phase: 'missing', clusterGone: true };
  expect(observed).toEqual([{ ...observation, ...missing }]);
  expect(failures).toEqual([deleted, failure]);
});

it('returns nothing for no tasks', () => {
  expect(observedTasks({ observations: [], failures: [] }, () => {})).toEqual([]);
});

it('counts the tasks of each cluster all of whose tasks were described', () => {
  const seen = (cluster: string, id: number) => ({
    ...{ ...observation, taskArn: `arn:aws:ecs:eu-west-1:1:task/${cluster}/${id}` },
  });
  const observations = [seen('a', 1), seen('b', 2), seen('c', 3), seen('a', 4)];
  expect(answeredClusters({ observations, failures: [failure] })).toEqual([
    { cluster: 'a', tasks: 2 },
    { cluster: 'b', tasks: 1 },
  ]);
  expect(answeredClusters({ observations: [observation], failures: [] })).toEqual([
    { cluster: '', tasks: 1 },
  ]);
});

it('a trouble with one cluster is not over because another one answers', () => {
  let at = 0;
  const levelFor = createRepeats(() => at);
  const partial = { cluster: 'old', tasks: 2, kind: 'unprepared', reason: 'Cluster not found.' };
  const levels = () => {
    at += 3000;
    const level = levelFor('describeTasks.partial', partial);
    const described = { observations: [observation], failures: [{ ...failure, cluster: 'old' }] };
    for (const each of answeredClusters(described)) levelFor('describeTasks.answered', each);
    return level;
  };
  expect([levels(), levels(), levels()]).toEqual(['warn', 'debug', 'debug']);
  levelFor('describeTasks.answered', { cluster: 'old', tasks: 2 });
  expect(levels()).toBe('warn');
});
