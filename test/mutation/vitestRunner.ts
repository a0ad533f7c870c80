import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  type TestRunnerCapabilities,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import { createVitest, type Vitest } from 'vitest/node';

/** Read by the code that Stryker has instrumented, when it is loaded. */
const activeMutant = '__STRYKER_ACTIVE_MUTANT__';

const placeOf = (tests: string[], path: string): number =>
  tests.findIndex((test) => path.endsWith(test));

/**
 * Keeps one Vitest alive and runs the test files in a new worker for each mutant, which is several times as fast as a
 * new process. All tests of a file run for each mutant until one fails, because a mutant can change the names of the edge walks.
 */
class VitestRunner implements TestRunner {
  private vitest: Vitest | null = null;

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    this.vitest = await createVitest(
      'test',
      { config: 'test/mutation/vitest.config.ts', watch: false },
      {},
    );
  }

  async dryRun(): Promise<DryRunResult> {
    const begun = performance.now();
    const failure = await this.run('');
    if (failure !== null) return { status: DryRunStatus.Error, errorMessage: failure };
    const timeSpentMs = performance.now() - begun;
    const test = { id: 'all', name: 'all tests', status: TestStatus.Success, timeSpentMs } as const;
    return { status: DryRunStatus.Complete, tests: [test] };
  }

  async mutantRun({ activeMutant: mutant }: MutantRunOptions): Promise<MutantRunResult> {
    const failureMessage = await this.run(mutant.id);
    return failureMessage === null
      ? { status: MutantRunStatus.Survived, nrOfTests: 1 }
      : { status: MutantRunStatus.Killed, nrOfTests: 1, killedBy: ['all'], failureMessage };
  }

  async dispose(): Promise<void> {
    await this.vitest?.close();
  }

  /** The first failure; null: all tests passed. */
  private async run(mutantId: string): Promise<string | null> {
    const { vitest } = this;
    if (vitest === null) throw new Error('the runner has no Vitest yet');
    process.env[activeMutant] = mutantId;
    const tests = JSON.parse(process.env.MUTATION_TESTS ?? '[]') as string[];
    const specifications = (await vitest.globTestSpecifications()).sort(
      (a, b) => placeOf(tests, a.moduleId) - placeOf(tests, b.moduleId),
    );
    for (const specification of specifications) {
      vitest.state.filesMap.clear();
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
      const errors = testModules.flatMap((each) => [
        ...each.errors(),
        ...[...each.children.allTests('failed')].flatMap((test) => test.result().errors ?? []),
      ]);
      const [first] = [...errors, ...unhandledErrors] as { message?: string }[];
      if (first !== undefined) return first.message ?? String(first);
    }
    return null;
  }
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'kept-vitest', () => new VitestRunner()),
];
