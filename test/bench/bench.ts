import type { Stage } from './stage.ts';

/** One row of the table: what a bench measures. Lower is better. */
export interface Row {
  /** Begins with the name of its bench. */
  id: string;
  what: string;
  unit: string;
  /** At most this. */
  goal: number;
  /** What nothing can be better than. */
  limit?: string;
  /** Why it is more than its goal, with figures; shown only while it is. */
  why?: string;
}

/** Rows that one run measures together. */
export interface Bench {
  /** Names it on the command line: `npm run bench -- NAME`. */
  name: string;
  what: string;
  rows: readonly Row[];
  /** One run of the stage's side. Values by row; a row that the side cannot give is left out. */
  run(stage: Stage, scale: BenchScale): Promise<Record<string, number>>;
  /** Runs of our side. Left out: 5. */
  rounds?: number;
  /** Runs of the original. Left out: 3; 0: it has no such part, or would need more than half an hour for one run. */
  originalRounds?: number;
}

/** How large a run is. */
export interface BenchScale {
  /** Fargate tasks; null: as many as the bench says. */
  groups: number | null;
  /** Arguments of Node for our manager, for a profile. */
  nodeArgs: string[];
  /** Of a real scheduler, where a bench has one; left out: the newest that we know. */
  release?: string;
}
