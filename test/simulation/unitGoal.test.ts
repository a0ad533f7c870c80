import { expect, it } from 'vitest';
import type { ModelTask } from './ecs.ts';
import { createUnitGoal } from './unitGoal.ts';
import type { Watched } from './watched.ts';

const workersOf = (id: string) => [`Worker|ECS-${id}|0`, `Worker|ECS-${id}|1`];
const taskOf = (id: string) => ({ taskArn: `arn/${id}`, ours: true }) as ModelTask;

/** Two tasks at work, with two workers each, and a scheduler that names workers. */
function goal(magic: number | null = null) {
  const [one, other] = [taskOf('a'), taskOf('b')];
  const idOf = ({ taskArn }: ModelTask) => taskArn.slice(4);
  const world = {
    agenda: { now: () => 1000 },
    ecs: { ours: () => [one, other] },
    scheduler: {
      work: new Map([one, other].map((task) => [task, { tasks: 1, since: 0 }])),
      connected: new Map([one, other].map((task) => [task, 0])),
      ...{ demand: () => 9, groups: () => null, release: () => ({ generation: 'g1' }) },
      magic: () => magic,
      workerIdsOf: (task: ModelTask) => workersOf(idOf(task)),
    },
    settings: { workersPerTask: 2, monitored: true },
  };
  const units = createUnitGoal(world as unknown as Watched, () => false);
  const name = (...workerIds: string[]) =>
    units.told('g2', { type: 'shutdown', groupId: null, workerIds });
  return { ...units, one, name };
}

it('a group all of whose workers are named one by one is to end', () => {
  const { name, isAsked, one } = goal();
  const [first, second] = workersOf('a') as [string, string];
  name(first);
  expect(isAsked(one)).toBe(false);
  name(second);
  expect(isAsked(one)).toBe(true);
});

it('a group whose workers are named one by one over YMQ with a magic is to stay: each is a list of its own', () => {
  const { name, isAsked, one } = goal(1);
  const [first, second] = workersOf('a') as [string, string];
  name(first);
  name(second);
  expect(isAsked(one)).toBe(false);
});

it('a group whose workers are in different lists is to stay, until the daemon begins anew', () => {
  const { name, isAsked, one, born } = goal();
  const [first, second] = workersOf('a') as [string, string];
  name(...workersOf('b'));
  name(first);
  name(second);
  expect(isAsked(one)).toBe(false);
  born();
  name(first);
  name(second);
  expect(isAsked(one)).toBe(true);
});
