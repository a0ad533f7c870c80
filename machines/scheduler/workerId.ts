/** The Fargate task that a worker id names: `Worker|ECS-<task id>|...`; a worker may not know its own task. */
export function taskIdOfWorker(workerId: string): string | null {
  return /^Worker\|ECS-(?!unknown\|)([0-9a-z]+)\|/i.exec(workerId)?.[1] ?? null;
}
