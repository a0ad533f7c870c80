import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traceExpectation } from '../support/logTrace.ts';
import { stopAllProcesses } from './deployment.ts';
import type { Options } from './options.ts';
import { emptyOutcome, isGood, type Outcome } from './outcome.ts';
import { ScenarioContext } from './scenarioContext.ts';
import { workersThatCrashedTheScheduler } from './schedulerDefect.ts';
import type { Venv } from './venv.ts';

export type Scenario = (context: ScenarioContext) => Promise<Outcome>;

export const print = (text: string) => process.stderr.write(`${text}\n`);
let currentContext: ScenarioContext | null = null;

async function runOnce(name: string, scenario: Scenario, options: Options, venv: Venv) {
  const dir = await mkdtemp(join(tmpdir(), 'se-interop-'));
  const deadline = new AbortController();
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const context = new ScenarioContext(
    options,
    venv,
    dir,
    (text) => print(`${seconds().padStart(6)} ${text}`),
    deadline.signal,
  );
  currentContext = context;
  const timeoutError = new Error(`not finished within ${options.deadlineSeconds} s`);
  const timedOut = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(timeoutError));
  });
  timedOut.catch(() => {});
  const timer = setTimeout(() => deadline.abort(timeoutError), options.deadlineSeconds * 1000);
  print(
    `${name}: Scaler ${options.scaler} over ${options.transport}, ${addressDescription(options)}`,
  );
  let outcome = emptyOutcome;
  let crashCausingWorkers: string[] = [];
  try {
    // The race also ends waits that do not check the deadline.
    outcome = await Promise.race([scenario(context), timedOut]);
    crashCausingWorkers = workersThatCrashedTheScheduler(context);
    await Promise.race([stopAllProcesses(context), timedOut]);
  } catch (error) {
    context.check(false, error instanceof Error ? error.message : String(error));
    crashCausingWorkers = workersThatCrashedTheScheduler(context);
  } finally {
    clearTimeout(timer);
    await killAllProcesses(context);
  }
  if (options.manager === 'ours') context.check(...traceExpectation(dir));
  const passed = context.failedChecks.length === 0 && isGood(outcome);
  if (!passed) print(`${context.processes.tails(25)}\nall logs: ${dir}`);
  else if (!options.keep) await rm(dir, { recursive: true, force: true });
  print(`${passed ? 'passed' : 'FAILED'} ${name} in ${seconds()} s ${JSON.stringify(outcome)}`);
  for (const expectation of context.failedChecks) print(`  check failed: ${expectation}`);
  return {
    outcome: { ...outcome, ...context.notes },
    passed,
    crashCausingWorkers,
    failedChecks: context.failedChecks,
  };
}

const addressDescription = ({ addressScheme, addressHost }: Options) =>
  addressScheme === 'ipc' ? 'ipc' : `${addressScheme} at ${addressHost}`;

const MAX_CRASHES = 3;

/**
 * Plays a scenario up to three times while the scheduler crashes by its own known defect, which says nothing about the
 * daemon, and as often as `--attempts` says while it fails otherwise.
 */
export async function runScenario(name: string, scenario: Scenario, options: Options, venv: Venv) {
  let crashes = 0;
  let failures = 0;
  for (;;) {
    const result = await runOnce(name, scenario, options, venv);
    if (result.passed) {
      if (failures > 0) print(`flaky: ${name} failed ${failures} times and then passed`);
      return result;
    }
    const { crashCausingWorkers } = result;
    if (crashCausingWorkers.length > 0) {
      print(
        `the scheduler crashed by its own defect with reconnected workers: ${crashCausingWorkers}`,
      );
      if (++crashes === MAX_CRASHES) return result;
    } else if (++failures === options.attempts) return result;
    print(`${name} is repeated`);
  }
}

/** Kills every process of the scenario, including those outside its process groups, which are found by their markers. */
async function killAllProcesses(context: ScenarioContext): Promise<void> {
  context.cleanUp();
  await context.processes.killAll();
  for (const { pid } of context.remainingProcesses()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The process has already ended.
    }
  }
}

/** Kills the processes of the running scenario, when the harness itself gets a signal. */
export async function killCurrentScenario(): Promise<void> {
  if (currentContext) await killAllProcesses(currentContext);
}
