import { expect, it } from 'vitest';
import { type TaskOwners, taskListOf } from '../../../machines/fleet/listedTasks.ts';

const nothing: TaskOwners = {
  owner: () => undefined,
  isOpen: () => false,
  history: () => [],
};
const task = (taskArn: string, label: string | null = null) => ({
  ...{ taskArn, label, phase: 'running' as const, createdAt: 1, startedBy: 'tag', scheduler: null },
});

it('tells of each listed task whether a group owns it, and whether its launch is open', () => {
  const owners: TaskOwners = {
    ...nothing,
    owner: (taskArn) => (taskArn === 'arn:1' ? 'm-0' : undefined),
    isOpen: (label) => label === 'l',
  };
  const unlisted = [{ cluster: 'c', kind: 'denied', code: 'denied', reason: 'no' } as const];
  const tasks = [task('arn:1', 'm'), task('arn:2', 'l'), task('arn:3', 'm'), task('arn:4')];
  const { tasks: listed, ...rest } = taskListOf(owners, { startedAt: 7, tasks, unlisted });
  expect(rest).toEqual({ startedAt: 7, unlisted });
  expect(listed.map(({ taskArn, owned, launchOpen }) => [taskArn, owned, launchOpen])).toEqual([
    ['arn:1', true, false],
    ['arn:2', false, true],
    ['arn:3', false, false],
    ['arn:4', false, false],
  ]);
  expect(listed[0]).not.toHaveProperty('startedBy');
});

it('a task that has ended since a list was asked for is no orphan of that list, but of one asked for later', () => {
  const history = () => [{ taskArn: 'a', endedAt: 100 }];
  const isOwned = (startedAt: number) =>
    taskListOf({ ...nothing, history }, { startedAt, tasks: [task('a')], unlisted: [] }).tasks[0]
      ?.owned;
  expect([99, 100, 101].map(isOwned)).toEqual([true, true, false]);
});
