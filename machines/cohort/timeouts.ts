/** How long things may take in a cohort, and what is named where workers do not come in time. */
export interface Timeouts {
  /** How long DescribeTasks may deny a task, a new one or any other, before it counts as lost, ms. */
  missingGraceMs: number;
  /** From RUNNING to workers that surely know the scheduler, when nothing else shows it, ms. */
  bootGraceMs: number;
  /** From the launch to workers that the scheduler knows; a group that takes longer is stopped and replaced, ms. */
  startDeadlineMs: number;
  /** How long the workers of a running task may be unknown to the scheduler, ms. */
  workersLostMs: number;
  /** After an accepted StopTask, when DescribeTasks is denied, ms. */
  unobservedStopMs: number;
  /** The same when everything is to end, and no launch waits for the room. */
  unobservedExitMs: number;
  /** How long a group may have only some of its workers before it counts for those alone, ms. */
  degradedGraceMs: number;
  /** How old a task may become before another takes its place, ms; left out: as old as it likes. */
  maxLifetimeMs?: number | undefined;
  /** How long a group must have been idle before it is stopped for that, ms; left out: no time. */
  minIdleMs?: number | undefined;
  /** The scheduler's address as the workers are told it; left out: it is not known. */
  workerSchedulerAddress?: string | undefined;
}
