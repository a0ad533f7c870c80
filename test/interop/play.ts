import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from './options.ts';
import { isGood, nothing, type Outcome } from './report.ts';
import { Stage } from './stage.ts';
import { ghostsThatEndedTheScheduler } from './upstream.ts';
import type { Venv } from './venv.ts';
import { closeStage } from './world.ts';

export type Scenario = (stage: Stage) => Promise<Outcome>;

export const say = (text: string) => process.stderr.write(`${text}\n`);
let onStage: Stage | null = null;

async function playOnce(name: string, scenario: Scenario, options: Options, venv: Venv) {
  const dir = await mkdtemp(join(tmpdir(), 'se-interop-'));
  const deadline = new AbortController();
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const stage = new Stage(
    options,
    venv,
    dir,
    (text) => say(`${seconds().padStart(6)} ${text}`),
    deadline.signal,
  );
  onStage = stage;
  const overtime = new Error(`not finished within ${options.deadlineSeconds} s`);
  const tooLate = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(overtime));
  });
  tooLate.catch(() => {});
  const timer = setTimeout(() => deadline.abort(overtime), options.deadlineSeconds * 1000);
  say(`${name}: Scaler ${options.scaler} over ${options.transport}, ${placeOf(options)}`);
  let outcome = nothing;
  let ghosts: string[] = [];
  try {
    // A wait that does not look at the deadline must not outlive it either.
    outcome = await Promise.race([scenario(stage), tooLate]);
    ghosts = ghostsThatEndedTheScheduler(stage);
    await Promise.race([closeStage(stage), tooLate]);
  } catch (error) {
    stage.check(false, error instanceof Error ? error.message : String(error));
    ghosts = ghostsThatEndedTheScheduler(stage);
  } finally {
    clearTimeout(timer);
    await endAll(stage);
  }
  const passed = stage.broken.length === 0 && isGood(outcome);
  if (!passed) say(`${stage.processes.tails(25)}\nall logs: ${dir}`);
  else if (!options.keep) await rm(dir, { recursive: true, force: true });
  say(`${passed ? 'passed' : 'FAILED'} ${name} in ${seconds()} s ${JSON.stringify(outcome)}`);
  for (const promise of stage.broken) say(`  not kept: ${promise}`);
  return { outcome: { ...outcome, ...stage.notes }, passed, ghosts, broken: stage.broken };
}

const placeOf = ({ addressScheme, addressHost }: Options) =>
  addressScheme === 'ipc' ? 'ipc' : `${addressScheme} at ${addressHost}`;

const ATTEMPTS = 3;

/** A death of the scheduler that is its own doing proves nothing about us, so the scenario has to be proven again. */
export async function play(name: string, scenario: Scenario, options: Options, venv: Venv) {
  for (let attempt = 1; ; attempt++) {
    const played = await playOnce(name, scenario, options, venv);
    if (played.passed || played.ghosts.length === 0 || attempt === ATTEMPTS) return played;
    say(`this scheduler ended itself over a worker it had already let go: ${played.ghosts}`);
    say(`${name} is played again (${attempt + 1} of ${ATTEMPTS})`);
  }
}

/** Also what left our process groups: workers are found by what they carry about them. */
async function endAll(stage: Stage): Promise<void> {
  stage.end();
  await stage.processes.killAll();
  for (const { pid } of stage.leftovers()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
}

/** For the end by a signal. */
export const endWhatPlays = async (): Promise<void> => {
  if (onStage) await endAll(onStage);
};
