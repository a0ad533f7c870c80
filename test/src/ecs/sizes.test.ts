import { describe, expect, it } from 'vitest';
import { isFargateSize, nearestPair } from '../../../src/ecs/sizes.ts';

describe('Fargate sizes', () => {
  it('are the 74 pairs that AWS registers', () => {
    const cpus = [0.25, 0.5, 1, 2, 4, 8, 16, 32];
    const memories = [0.5, ...Array.from({ length: 128 }, (_, index) => index + 1)];
    const pairs = cpus.flatMap((cpu) =>
      memories.filter((memoryGb) => isFargateSize({ cpu, memoryGb })),
    );
    expect(pairs).toHaveLength(74);
  });

  it.each([
    [4, 30, 4, 30],
    [4, 31, 4, 30],
    [4, 1, 4, 8],
    [3, 16, 4, 16],
    [1, 30, 1, 8],
    [8, 18, 8, 20],
    [64, 1000, 16, 120],
    [0.3, 3, 0.25, 2],
  ])('%d vCPU with %d GB is near %d with %d', (cpu, memory, nearCpu, memoryGb) =>
    expect(nearestPair(cpu, memory)).toEqual({ cpu: nearCpu, memoryGb }),
  );
});
