import { expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import { type Happening, type Script, scriptOf } from './script.ts';
import { shrink } from './shrink.ts';
import { addRun, emptyStats } from './stats.ts';
import { type Run, runScript } from './world.ts';

it('tells the same story of the same seed, byte for byte', async () => {
  for (const seed of [7, 8, 9]) {
    const once = await runScript(scriptOf(seed), true);
    const again = await runScript(scriptOf(seed), true);
    expect(once.trace.length).toBeGreaterThan(100);
    expect(again.trace.join('\n')).toBe(once.trace.join('\n'));
  }
});

it('keeps every invariant through 50 seeds of faults, kills and restarts', async () => {
  const stats = emptyStats();
  for (let seed = 1; seed <= 50; seed++) addRun(stats, seed, await runScript(scriptOf(seed)));
  expect(stats.violations).toEqual([]);
  expect(stats.thin).toEqual([]);
}, 60_000);

it('shrinks a script to what it takes', async () => {
  const pulled = (run: Run) =>
    [...run.met.keys()].some((pair) => pair.endsWith('|group running|power cut'));
  const seeds = Array.from({ length: 30 }, (_, i) => i + 1);
  const runs = await Promise.all(
    seeds.map(async (seed) => pulled(await runScript(scriptOf(seed)))),
  );
  const script = scriptOf(seeds[runs.indexOf(true)] ?? 0);
  const { script: shrunk, run } = await shrink(script, pulled);
  expect(pulled(run)).toBe(true);
  expect(shrunk.happenings.length).toBeLessThan(script.happenings.length / 4);
  for (const [at] of shrunk.happenings.entries()) {
    const happenings = shrunk.happenings.toSpliced(at, 1);
    expect(pulled(await runScript({ ...shrunk, happenings }))).toBe(false); // each of them is needed
  }
}, 60_000);

const minute = 60_000;
const call = (
  operations: ('RunTask' | 'StopTask' | 'DescribeTasks' | 'ListTasks')[],
  mishap: Extract<Happening, { kind: 'call' }>['mishap'],
  at: number,
  count: number,
  ms: number,
): Happening => ({ kind: 'call', operations, mishap, at, count, ms });

/** Five Fargate tasks wanted and allowed, with nothing in the way but this. */
const play = (...happenings: Happening[]): Promise<Run> => {
  const script: Script = {
    seed: 1,
    settings: {
      ...{ policy: 'direct', workersPerTask: 1, maxTasks: 5, heartbeatIntervalSeconds: 2 },
      ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 20 },
      ...{ drainTimeoutSeconds: 10, spot: false, subnets: 1, monitored: false },
      ...plainDialogue,
      ...{ restlessness: 0.002, leave: false, orphan: false },
    },
    happenings: [{ at: 0, kind: 'demand', tasks: 25 }, ...happenings],
    finalDemand: 25,
  };
  return runScript(script, true);
};

it('takes expired credentials for no reason to launch blindly after a restart', async () => {
  const run = await play(
    {
      at: 0,
      kind: 'kill',
      point: 'RunTask.executed',
      power: false,
      journal: 'kept',
      downMs: 12 * minute,
    },
    call(['ListTasks', 'RunTask', 'DescribeTasks'], 'expired', 12 * minute, 1000, minute),
  );
  expect([run.violations, run.bought, run.restarts]).toEqual([[], 5, 1]);
});

it('launches nothing in the place of a launch that it gave up, before a list shows what that bought', async () => {
  const run = await play(
    call(['RunTask'], 'error500Executed', 0, 1, minute),
    call(['RunTask'], 'error500', 1000, 1, 20 * minute),
    call(['RunTask', 'ListTasks', 'DescribeTasks'], 'expired', 1000, 10_000, 13 * minute),
  );
  expect([run.violations, run.bought]).toEqual([[], 5]);
});

it('sends no throttled launch again while the scheduler is silent', async () => {
  const run = await play(call(['RunTask'], 'throttle', 0, 5, 10 * minute), {
    ...{ at: 16_000, kind: 'schedulerFault', fault: 'silent', ms: 3 * minute },
  });
  const sent = run.trace.filter((line) => / RunTask( |$)/.test(line)).map(Number.parseFloat);
  expect(sent.filter((at) => at > 26 && at < 196)).toEqual([]);
  expect([run.violations, run.bought]).toEqual([[], 5]);
});

it('buys ever more slowly where what it bought dies soon after it came to serve', async () => {
  const deaths = Array.from({ length: 40 }, (_, i): Happening => {
    return { at: (i + 1) * 90_000, kind: 'end', end: 'oom', count: 9 };
  });
  const run = await play(...deaths);
  expect(run.violations).toEqual([]);
  const held = run.trace.filter((line) => /launch\.heldBack.*"exited"/.test(line));
  expect(held.length).toBeGreaterThan(5);
  // Without that it is five in each of forty times, less what did not come to serve.
  expect(run.bought).toBeLessThan(60);
});
