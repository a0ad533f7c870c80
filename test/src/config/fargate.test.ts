import { describe, expect, it } from 'vitest';
import { fargateCpus, nearestFargateSize } from '../../../src/config/fargate.ts';

const isSold = (cpu: number, memory: number) => {
  const near = nearestFargateSize({ cpu, memory });
  return near.cpu === cpu && near.memory === memory;
};

describe('Fargate sizes', () => {
  it.each([
    [1, 7],
    [2, 13],
    [4, 23],
    [8, 12],
    [16, 12],
  ])('%i vCPU come with %i memory sizes', (cpu, count) => {
    const memories = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(memories.filter((memory) => isSold(cpu, memory))).toHaveLength(count);
  });

  it('always names a pair that is sold', () => {
    for (let cpu = 1; cpu < 40; cpu++) {
      for (let memory = 1; memory < 200; memory++) {
        const near = nearestFargateSize({ cpu, memory });
        expect(fargateCpus).toContain(near.cpu);
        expect(isSold(near.cpu, near.memory)).toBe(true);
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
  ])('%i vCPU with %i GB lies next to %i with %i', (cpu, memory, nearCpu, nearMemory) => {
    expect(nearestFargateSize({ cpu, memory })).toEqual({ cpu: nearCpu, memory: nearMemory });
  });
});
