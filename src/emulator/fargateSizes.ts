import { clientError } from './awsError.ts';

const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/** Memory sizes in MiB that Fargate offers for each number of CPU units. */
const sizes = new Map<number, number[]>([
  [256, [512, 1024, 2048]],
  [512, range(1024, 4096, 1024)],
  [1024, range(2048, 8192, 1024)],
  [2048, range(4096, 16384, 1024)],
  [4096, range(8192, 30720, 1024)],
  [8192, range(16384, 61440, 4096)],
  [16384, range(32768, 122880, 8192)],
]);

/** CPU units from `1024` or `1 vCPU`; null for any other text. */
export function cpuUnits(value: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(vcpu)?$/i.exec(value.trim()) ?? [];
  if (!amount) return null;
  const units = unit ? Number(amount) * 1024 : Number(amount);
  return Number.isInteger(units) ? units : null;
}

/** MiB from `2048` or `2 GB`; null for any other text. */
export function memoryMib(value: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(gb)?$/i.exec(value.trim()) ?? [];
  if (!amount) return null;
  const mib = unit ? Number(amount) * 1024 : Number(amount);
  return Number.isInteger(mib) ? mib : null;
}

/** Throws ClientException, worded as AWS does, unless Fargate offers this size. */
export function checkFargateSize(cpu: string | undefined, memory: string | undefined): void {
  if (!cpu) throw clientError("Fargate requires that 'cpu' be defined at the task level.");
  if (!memory) throw clientError("Fargate requires that 'memory' be defined at the task level.");
  const units = cpuUnits(cpu);
  const mib = memoryMib(memory);
  if (units === null) throw clientError("Invalid 'cpu' setting for task.");
  if (mib === null) throw clientError("Invalid 'memory' setting for task.");
  if (!sizes.get(units)?.includes(mib))
    throw clientError(
      `No Fargate configuration exists for given values: ${units} CPU, ${mib} memory. See the Amazon ECS documentation for the valid values.`,
    );
}
