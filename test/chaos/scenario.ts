import type { TestBed, TestBedSetup } from './testBed.ts';

/** One thing that must be survived, in a testBed of its own. What it finds it tells the testBed. */
export interface Scenario {
  setup: TestBedSetup;
  run(testBed: TestBed, seed: number): Promise<void>;
}
