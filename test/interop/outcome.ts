/** What a scenario measured; the names are those of the JSON line. */
export interface Outcome {
  /** Right ones. */
  results: number;
  /** Fargate tasks ever created. */
  groupsStarted: number;
  /** Fargate tasks still there when the scheduler wanted none. */
  ecsTasksLeft: number;
  schedulerAlive: boolean;
  /** What our daemon found out about the scheduler; null where nobody told. */
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
