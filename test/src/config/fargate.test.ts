import { describe, expect, it } from 'vitest';
import { fargateCpus, nearestFargateSize } from '../../../src/config/fargate.ts';

const isAvailable = (cpu: number, memory: number) => {
  const nearest = nearestFargateSize({ cpu, memory });
  return nearest.cpu === cpu && nearest.memory === memory;
};

describe('nearestFargateSize', () => {
  it.each([
    [1, 7],
    [2, 13],
    [4, 23],
    [8, 12],
    [16, 12],
  ])('knows for %i vCPU %i memory sizes', (cpu, count) => {
    const memories = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(memories.filter((memory) => isAvailable(cpu, memory))).toHaveLength(count);
  });

  it('always returns a size that Fargate has', () => {
    for (let cpu = 1; cpu < 40; cpu++) {
      for (let memory = 1; memory < 200; memory++) {
        const nearest = nearestFargateSize({ cpu, memory });
        expect(fargateCpus).toContain(nearest.cpu);
        expect(isAvailable(nearest.cpu, nearest.memory)).toBe(true);
      }
    }
  });

  it.each([
    [4, 31, 4, 30],
    [4, 1, 4, 8],
    [8, 30, 8, 32],
    [8, 29, 8, 28],
    [3, 10, 4, 10],
    [64, 500, 16, 120],
  ])(
    'returns for %i vCPU with %i GB the size %i vCPU with %i GB',
    (cpu, memory, nearCpu, nearMemory) => {
      expect(nearestFargateSize({ cpu, memory })).toEqual({ cpu: nearCpu, memory: nearMemory });
    },
  );
});
