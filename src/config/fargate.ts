/** What Fargate sells for Linux, in vCPU and GB; a task is one whole vCPU a worker, so the fractions are left out. */
const sizes = [
  { cpu: 1, least: 2, most: 8, step: 1 },
  { cpu: 2, least: 4, most: 16, step: 1 },
  { cpu: 4, least: 8, most: 30, step: 1 },
  { cpu: 8, least: 16, most: 60, step: 4 },
  { cpu: 16, least: 32, most: 120, step: 8 },
];

export type FargateSize = { cpu: number; memory: number };

/** The pair that Fargate sells and that lies next to the one asked for; the larger one of two as near. */
export function nearestFargateSize({ cpu, memory }: FargateSize): FargateSize {
  const size = sizes.reduce((best, next) =>
    Math.abs(next.cpu - cpu) <= Math.abs(best.cpu - cpu) ? next : best,
  );
  const steps = Math.floor((memory - size.least) / size.step + 0.5);
  const nearest = size.least + steps * size.step;
  return { cpu: size.cpu, memory: Math.min(size.most, Math.max(size.least, nearest)) };
}

export const fargateCpus: readonly number[] = sizes.map(({ cpu }) => cpu);

/** The memory that goes with so many vCPU, in words; null where Fargate has no such vCPU count. */
export function fargateMemory(cpu: number): string | null {
  const size = sizes.find((one) => one.cpu === cpu);
  if (!size) return null;
  return `${size.least} to ${size.most} GB${size.step > 1 ? ` in steps of ${size.step}` : ''}`;
}
