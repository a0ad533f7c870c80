export interface FargateSize {
  /** vCPU. */
  cpu: number;
  memoryGb: number;
}

const steps = (from: number, to: number, step: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/** Memory in GB that Fargate offers with each number of vCPUs. */
const offered = new Map<number, number[]>([
  [0.25, [0.5, 1, 2]],
  [0.5, steps(1, 4, 1)],
  [1, steps(2, 8, 1)],
  [2, steps(4, 16, 1)],
  [4, steps(8, 30, 1)],
  [8, steps(16, 60, 4)],
  [16, steps(32, 120, 8)],
]);

/** Of two equally near, the larger. */
const nearest = (values: Iterable<number>, wanted: number): number => {
  const distance = (value: number) => Math.abs(Math.log(value / wanted));
  let best = Number.NaN;
  for (const value of values) if (!(distance(value) > distance(best))) best = value;
  return best;
};

export const isFargateSize = ({ cpu, memoryGb }: FargateSize): boolean =>
  offered.get(cpu)?.includes(memoryGb) ?? false;

/** The size itself when Fargate has it; else the one to name: first the CPUs, as they are the workers, then the memory. */
export const nearestPair = (cpu: number, memoryGb: number): FargateSize => {
  const nearCpu = nearest(offered.keys(), cpu);
  return { cpu: nearCpu, memoryGb: nearest(offered.get(nearCpu) ?? [], memoryGb) };
};
