/** Fargate's sizes for Linux in vCPU and GB. Fractions of a vCPU are left out: a worker takes one whole vCPU. */
const sizes = [
  { cpu: 1, minGb: 2, maxGb: 8, stepGb: 1 },
  { cpu: 2, minGb: 4, maxGb: 16, stepGb: 1 },
  { cpu: 4, minGb: 8, maxGb: 30, stepGb: 1 },
  { cpu: 8, minGb: 16, maxGb: 60, stepGb: 4 },
  { cpu: 16, minGb: 32, maxGb: 120, stepGb: 8 },
];

export type FargateSize = { cpu: number; memory: number };

/** The size of Fargate nearest to the given one; of two equally near ones the larger. */
export function nearestFargateSize({ cpu, memory }: FargateSize): FargateSize {
  const size = sizes.reduce((best, next) =>
    Math.abs(next.cpu - cpu) <= Math.abs(best.cpu - cpu) ? next : best,
  );
  const steps = Math.floor((memory - size.minGb) / size.stepGb + 0.5);
  const nearest = size.minGb + steps * size.stepGb;
  return { cpu: size.cpu, memory: Math.min(size.maxGb, Math.max(size.minGb, nearest)) };
}

export const fargateCpus: readonly number[] = sizes.map(({ cpu }) => cpu);

/** The memory that Fargate allows with this many vCPU, as text; null if Fargate has no such size. */
export function fargateMemory(cpu: number): string | null {
  const size = sizes.find((each) => each.cpu === cpu);
  if (!size) return null;
  return `${size.minGb} to ${size.maxGb} GB${size.stepGb > 1 ? ` in steps of ${size.stepGb}` : ''}`;
}
