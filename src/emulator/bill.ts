import type { Task } from './model.ts';

/** One line of a bill, as AWS's usage reports have it: what was used, and how much. */
export interface UsageLine {
  region: string;
  /** Like `Fargate-vCPU-Hours:perCPU`, or `SpotUsage-Fargate-GB-Hours`. */
  usage: string;
  /** Hours, of a vCPU or of a GB. */
  amount: number;
}

const freeStorageGib = 20;
const minimumS = 60;

/** Whole seconds, a minute at least, from creation to the end or until now. */
const billedHours = ({ createdAt, stoppedAt }: Task, at: number): number =>
  Math.max(minimumS, Math.ceil(((stoppedAt ?? at) - createdAt) / 1000)) / 3600;

function usagesOf(task: Task): [usage: string, perHour: number][] {
  const spot = task.capacityProvider === 'FARGATE_SPOT' ? 'SpotUsage-' : '';
  const platform = task.definition.otherMembers.runtimePlatform as
    | { cpuArchitecture?: string }
    | undefined;
  const arm = platform?.cpuArchitecture === 'ARM64' ? 'ARM-' : '';
  const storage = task.definition.otherMembers.ephemeralStorage as
    | { sizeInGiB?: number }
    | undefined;
  return [
    [`${spot}Fargate-${arm}vCPU-Hours:perCPU`, Number(task.cpu) / 1024],
    [`${spot}Fargate-${arm}GB-Hours`, Number(task.memory) / 1024],
    [
      'Fargate-EphemeralStorage-GB-Hours',
      Math.max(0, (storage?.sizeInGiB ?? freeStorageGib) - freeStorageGib),
    ],
  ];
}

/** What AWS would bill for these tasks until then, milliseconds since the epoch: amounts without prices. */
export function billOf(tasks: readonly Task[], at: number): UsageLine[] {
  const lines = new Map<string, UsageLine>();
  for (const task of tasks)
    for (const [usage, perHour] of usagesOf(task)) {
      if (perHour === 0) continue;
      const key = `${task.region.name} ${usage}`;
      const line = lines.get(key) ?? { region: task.region.name, usage, amount: 0 };
      lines.set(key, { ...line, amount: line.amount + perHour * billedHours(task, at) });
    }
  return [...lines.values()];
}
