import { expect, it } from 'vitest';
import { createAgenda } from './agenda.ts';
import { createEcs } from './ecs.ts';
import { createRandom } from './random.ts';

it('a cluster is deleted when all of its tasks have stopped, those included that were on their way out', () => {
  const agenda = createAgenda(0);
  const stopped: string[] = [];
  const ecs = createEcs(agenda, createRandom(1, 'ecs'), 'tag', {
    ...{ created() {}, running() {}, stopping() {}, odd() {}, tokenReused() {} },
    stopped: ({ taskArn }) => stopped.push(taskArn),
  });
  ecs.odd.slowStops = true;
  const [leaving, staying] = [ecs.create({}, true, 0), ecs.create({}, true, 0)];
  ecs.stopTask(leaving.taskArn, 'no longer desired');
  expect(ecs.alive(leaving)).toBe(true);
  ecs.deleteCluster();
  expect(stopped).toEqual([leaving.taskArn, staying.taskArn]);
  expect(ecs.ours()).toEqual([]);
  while (agenda.step());
  expect(stopped).toHaveLength(2);
});

it('a task that ECS had forgotten before its cluster was deleted was gone from then on', () => {
  const agenda = createAgenda(0);
  const ecs = createEcs(agenda, createRandom(1, 'ecs'), 'tag', {
    ...{ created() {}, running() {}, stopping() {}, stopped() {}, odd() {}, tokenReused() {} },
  });
  ecs.odd.forgetful = true;
  const [task, other] = [ecs.create({}, true, 0), ecs.create({}, true, 0)];
  ecs.doom(task, 500, 'EssentialContainerExited', 'OutOfMemoryError', 137);
  agenda.after(60_000, () => ecs.deleteCluster());
  while (agenda.step());
  expect(task.stoppedAt).toBe(500);
  expect(task.goneFrom).toBeGreaterThanOrEqual(500);
  expect(task.goneFrom).toBeLessThanOrEqual(3500);
  expect(other.goneFrom).toBe(60_000);
});
