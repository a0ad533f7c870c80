import { expect, it } from 'vitest';
import {
  groupIdOf,
  groupIdsOf,
  isOfRun,
  launchLabelOf,
  taskIdOf,
} from '../../../machines/shared/ids.ts';

it('the id of a task is the last part of its ARN', () => {
  expect(taskIdOf('arn:aws:ecs:eu-west-1:1:task/cluster/0a1b')).toBe('0a1b');
  expect(taskIdOf('0a1b')).toBe('0a1b');
});

it('a launch and its groups are named by their run, and by no other', () => {
  const label = launchLabelOf('e1', 7);
  expect(label).toBe('e1-7');
  expect([label, groupIdOf(label, 0)].map((name) => isOfRun('e1', name))).toEqual([true, true]);
  expect(['e12-7', 'd-e1-7', 'orphan-9'].map((name) => isOfRun('e1', name))).toEqual([
    ...[false, false, false],
  ]);
});

it('the groups of a launch are named after its label and count from 0', () => {
  expect(groupIdOf('e1-7', 3)).toBe('e1-7-3');
  expect(groupIdsOf('e1-7', 2)).toEqual(['e1-7-0', 'e1-7-1']);
  expect(groupIdsOf('e1-7', 0)).toEqual([]);
});
