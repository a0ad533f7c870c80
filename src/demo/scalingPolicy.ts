/** What a scheduler looks at when it decides how many workers to ask of one manager. */
export interface Load {
  /** Queued and running. */
  tasks: number;
  /** Connected, of all managers. */
  workers: number;
  /** Connected, of this manager. */
  managed: number;
  /** The most that this manager offers. */
  cap: number;
}

const tasksPerWorker = 10;

/** Scaler's default scaling policy, `vanilla`: workers wanted of one manager. */
export function desiredWorkers({ tasks, workers, managed, cap }: Load): number {
  const asked = (): number => {
    if (workers === 0) return tasks > 0 ? managed + 1 : managed;
    const load = tasks / workers;
    if (load > tasksPerWorker) return managed + 1;
    if (load < 1) return tasks === 0 ? 0 : Math.max(1, Math.ceil(tasks / tasksPerWorker));
    return managed;
  };
  return Math.max(0, Math.min(asked(), cap));
}
