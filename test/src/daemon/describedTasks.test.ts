import { expect, it } from 'vitest';
import type { DescribeFailure, TaskObservation } from '../../../machines/shared/domain.ts';
import { observedTasks } from '../../../src/daemon/describedTasks.ts';

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
