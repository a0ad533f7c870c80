/** Input of the scaling policy for one worker manager. */
export interface Load {
  /** Queued and running tasks. */
  tasks: number;
  /** Connected workers of all managers. */
  workers: number;
  /** Connected workers of this manager. */
  managed: number;
  /** Maximum number of workers that this manager offers. */
  cap: number;
}

const tasksPerWorker = 10;

/** Scaler's default scaling policy, `vanilla`: the number of workers to request from one manager. */
export function desiredWorkers({ tasks, workers, managed, cap }: Load): number {
  const uncapped = (): number => {
    if (workers === 0) return tasks > 0 ? managed + 1 : managed;
    const load = tasks / workers;
    if (load > tasksPerWorker) return managed + 1;
    if (load < 1) return tasks === 0 ? 0 : Math.max(1, Math.ceil(tasks / tasksPerWorker));
    return managed;
  };
  return Math.max(0, Math.min(uncapped(), cap));
}
