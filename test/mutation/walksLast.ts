import { type RunnerTestFile, TestRunner } from 'vitest';

/** Runs the edge walks of a file after its other tests: they are slow, and most mutants fail in a fast test. */
export default class WalksLast extends TestRunner {
  onCollected(files: RunnerTestFile[]): void {
    const isWalk = ({ name }: { name: string }) => Number(name.endsWith('on every edge'));
    for (const { tasks } of files) tasks.sort((a, b) => isWalk(a) - isWalk(b));
  }
}
