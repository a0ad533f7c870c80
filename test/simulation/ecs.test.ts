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
  ecs.stopTask(leaving.taskArn, 'no longer wanted');
  expect(ecs.alive(leaving)).toBe(true);
  ecs.deleteCluster();
  expect(stopped).toEqual([leaving.taskArn, staying.taskArn]);
  expect(ecs.ours()).toEqual([]);
  while (agenda.step());
  expect(stopped).toHaveLength(2);
});
