import type { TestBed, TestBedSetup } from './testBed.ts';

/** A test in its own test bed, which records the failed checks. */
export interface Scenario {
  setup: TestBedSetup;
  run(testBed: TestBed, seed: number): Promise<void>;
}
