import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advertisedWorkers,
  ambiguousLimitOf,
  capacityOf,
  describeCapacity,
} from '../../../src/config/config.ts';
import { neededToml, run } from './loaded.ts';

describe('capacityOf', () => {
  it.each([
    // max_task_concurrency, max_workers, ecs_task_cpu, tasks, advertised workers
    [4, -1, 4, 4, 16],
    [4, 10, 4, 2, 8],
    [1, 100, 4, 1, 4],
    [0, -1, 4, 0, 0],
    [-1, 10, 4, 2, 8],
    [-1, -1, 4, null, 4294967295],
    [4294967295, -1, 16, 4294967295, 4294967295],
  ])(
    'with limits of %i Fargate tasks and %i workers and %i workers per task allows %s tasks',
    (maxTasks, maxWorkers, cpu, tasks, advertised) => {
      const capacity = capacityOf(maxTasks, maxWorkers, cpu);
      expect(capacity.maxTasks).toBe(tasks);
      expect(advertisedWorkers({ capacity })).toBe(advertised);
    },
  );

  it('never exceeds either limit and is a multiple of the workers of a task', () => {
    const limit = fc.integer({ min: -1, max: 2 ** 32 - 1 });
    const cpus = fc.constantFrom(1, 2, 4, 8, 16);
    fc.assert(
      fc.property(limit, limit, cpus, (maxTasks, maxWorkers, cpu) => {
        const capacity = capacityOf(maxTasks, maxWorkers, cpu);
        const workers = advertisedWorkers({ capacity });
        if (maxWorkers !== -1) expect(workers).toBeLessThanOrEqual(maxWorkers);
        if (maxTasks !== -1) expect(workers).toBeLessThanOrEqual(maxTasks * cpu);
        if (workers < 2 ** 32 - 1) expect(workers % cpu).toBe(0);
      }),
    );
  });

  it('is described in Fargate tasks and in workers', () => {
    const { config } = run({ flags: ['-mtc', '3', '--ecs-task-cpu', '4'] });
    expect(describeCapacity(config)).toContain('3 Fargate tasks of 4 workers each = 12 workers');
    expect(describeCapacity(run({ flags: ['-mtc', '-1'] }).config)).toContain('no limit');
  });
});

describe('toConfig', () => {
  it('gives the workers the scheduler address unless worker_scheduler_address is set', () => {
    expect(run({}).config.workerSchedulerAddress.text).toBe('tcp://10.0.0.1:8516');
    const { config } = run({ flags: ['-wsa', 'tcp://1.2.3.4:5'] });
    expect(config.schedulerAddress.text).toBe('tcp://10.0.0.1:8516');
    expect(config.workerSchedulerAddress.text).toBe('tcp://1.2.3.4:5');
  });

  it('names the state directory by the fleet_id alone if there is one, and says how it was named before', () => {
    const at = (...flags: string[]) => run({ flags }).config;
    const moved = ['-wsa', 'tcp://10.0.0.2:1', '--worker-manager-id', 'b'];
    const plain = at();
    expect(plain.formerStateDir).toBeNull();
    expect(at('-wsa', 'tcp://10.0.0.2:1').stateDir).not.toBe(plain.stateDir);
    const [one, other] = [at('--fleet-id', 'f'), at('--fleet-id', 'f', ...moved)];
    expect(one.stateDir).toBe(other.stateDir);
    expect(one.stateDir).not.toBe(plain.stateDir);
    expect(one.formerStateDir).toBe(plain.stateDir);
    expect(at('--fleet-id', 'g').stateDir).not.toBe(one.stateDir);
  });

  it('has no capacity provider unless capacity_provider is set', () => {
    expect(run({}).config.ecs.capacityProvider).toBeNull();
    const flags = ['--capacity-provider', 'FARGATE_SPOT'];
    expect(run({ flags }).config.ecs.capacityProvider).toBe('FARGATE_SPOT');
  });
});

describe('a limit that newer schedulers count otherwise', () => {
  const cpu = ['--ecs-task-cpu', '4'];
  const tasks = { tasks: 10, workersPerTask: 4 };

  it.each([
    ['a flag', { flags: ['-mtc', '10', ...cpu] }, tasks],
    ['a file', { toml: `${neededToml}max_task_concurrency = 10\necs_task_cpu = 4\n` }, tasks],
    ['the default', { flags: cpu }, null],
    ['a flag, with max_workers', { flags: ['-mtc', '10', '--max-workers', '40', ...cpu] }, null],
    [
      'a flag, with what it counts',
      { flags: ['-mtc', '10', '--max-task-concurrency-counts', 'tasks', ...cpu] },
      null,
    ],
    [
      'a flag, with one worker a task',
      { flags: ['-mtc', '10', '--ecs-task-cpu', '1', '--ecs-task-memory', '2'] },
      null,
    ],
    ['a flag that sets no limit', { flags: ['-mtc', '-1', ...cpu] }, null],
  ])('is said where it comes from %s: %#', (_, given, expected) => {
    expect(ambiguousLimitOf(run(given).config)).toEqual(expected);
  });
});

it('reads max_task_concurrency as workers where it is told to, in whole Fargate tasks', () => {
  const capacity = capacityOf(10, -1, 4, 'workers');
  expect(capacity).toMatchObject({ maxTasks: 3, maxWorkers: 12 });
  expect(describeCapacity({ capacity })).toContain('counts workers here');
  expect(capacityOf(-1, -1, 4, 'workers').maxTasks).toBeNull();
});
