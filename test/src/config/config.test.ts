import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advertisedWorkers, capacityOf, describeCapacity } from '../../../src/config/config.ts';
import { run } from './loaded.ts';

describe('capacity', () => {
  it.each([
    // max_task_concurrency, max_workers, ecs_task_cpu, tasks, advertised workers
    [4, -1, 4, 4, 16],
    [4, 10, 4, 2, 8],
    [1, 100, 4, 1, 4],
    [0, -1, 4, 0, 0],
    [-1, 10, 4, 2, 8],
    [-1, -1, 4, null, 4294967295],
    [4294967295, -1, 16, 4294967295, 4294967295],
  ])('%i Fargate tasks, %i workers, %i a task', (concurrency, most, cpu, tasks, advertised) => {
    const capacity = capacityOf(concurrency, most, cpu);
    expect(capacity.maxTasks).toBe(tasks);
    expect(advertisedWorkers({ capacity })).toBe(advertised);
  });

  it('never offers more than both limits allow, nor a part of a Fargate task', () => {
    const limit = fc.integer({ min: -1, max: 2 ** 32 - 1 });
    const cpus = fc.constantFrom(1, 2, 4, 8, 16);
    fc.assert(
      fc.property(limit, limit, cpus, (concurrency, most, cpu) => {
        const capacity = capacityOf(concurrency, most, cpu);
        const workers = advertisedWorkers({ capacity });
        if (most !== -1) expect(workers).toBeLessThanOrEqual(most);
        if (concurrency !== -1) expect(workers).toBeLessThanOrEqual(concurrency * cpu);
        if (workers < 2 ** 32 - 1) expect(workers % cpu).toBe(0);
      }),
    );
  });

  it('is described by both numbers', () => {
    const { config } = run({ flags: ['-mtc', '3', '--ecs-task-cpu', '4'] });
    expect(describeCapacity(config)).toContain('3 Fargate tasks of 4 workers each = 12 workers');
    expect(describeCapacity(run({ flags: ['-mtc', '-1'] }).config)).toContain('no limit');
  });
});

describe('a config', () => {
  it('tells the workers the same scheduler unless configured otherwise', () => {
    expect(run({}).config.workerSchedulerAddress.text).toBe('tcp://10.0.0.1:8516');
    const { config } = run({ flags: ['-wsa', 'tcp://1.2.3.4:5'] });
    expect(config.schedulerAddress.text).toBe('tcp://10.0.0.1:8516');
    expect(config.workerSchedulerAddress.text).toBe('tcp://1.2.3.4:5');
  });

  it('has no capacity provider unless one is named', () => {
    expect(run({}).config.ecs.capacityProvider).toBeNull();
    const flags = ['--capacity-provider', 'FARGATE_SPOT'];
    expect(run({ flags }).config.ecs.capacityProvider).toBe('FARGATE_SPOT');
  });
});
