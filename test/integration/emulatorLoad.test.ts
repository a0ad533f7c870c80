import { DescribeTasksCommand } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { startTestEmulator } from '../src/emulator/testEmulator.ts';

it('a hollow emulator holds ten thousand tasks at once', async () => {
  const { ecs, run, emulator } = await startTestEmulator({ hollow: true });
  const batch = Array.from({ length: 100 }, (_, index) => index);
  for (let round = 0; round < 10; round++)
    await Promise.all(batch.map(() => run('x', { count: 10, startedBy: 'many' })));
  expect(emulator.ledger().peakAlive).toEqual({ many: 10_000 });
  const last = emulator
    .ledger()
    .tasks.slice(-100)
    .map(({ taskArn }) => taskArn);
  const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'fleet', tasks: last }));
  expect(tasks).toHaveLength(100);
}, 60_000);
