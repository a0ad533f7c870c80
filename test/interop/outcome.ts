/** Measurements of a scenario; also the fields of its JSON line. */
export interface Outcome {
  /** Number of correct results. */
  results: number;
  /** Number of Fargate tasks started. */
  groupsStarted: number;
  /** Fargate tasks that are not stopped at the end, when the scheduler requests none. */
  ecsTasksLeft: number;
  schedulerAlive: boolean;
  /** What our daemon detected about the scheduler; null when its log does not tell. */
  found?: { transport: string; generation: string } | null;
}

export const EXPECTED_RESULTS = 50;

export const emptyOutcome: Outcome = {
  results: 0,
  groupsStarted: 0,
  ecsTasksLeft: 0,
  schedulerAlive: false,
};

export const isGood = (outcome: Outcome): boolean =>
  outcome.results === EXPECTED_RESULTS &&
  outcome.groupsStarted >= 1 &&
  outcome.ecsTasksLeft === 0 &&
  outcome.schedulerAlive;
