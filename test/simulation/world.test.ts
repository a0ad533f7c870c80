import { describe, expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import { type Happening, type Script, scriptOf } from './script.ts';
import { addRun, emptyStats } from './stats.ts';
import { scriptFor } from './wide.ts';
import { type Run, runScript } from './world.ts';

it.each([
  ['plain', [7, 8]],
  ['wide', [7, 10]],
] as const)(
  'a %s seed played twice gives the same trace, byte for byte',
  async (profile, seeds) => {
    const hashes: string[] = [];
    for (const seed of seeds) {
      const once = await runScript(scriptFor(seed, profile), true);
      const again = await runScript(scriptFor(seed, profile));
      expect(once.trace.length).toBeGreaterThan(100);
      expect(again.traceHash).toBe(once.traceHash);
      hashes.push(once.traceHash);
    }
    expect(new Set(hashes).size).toBe(2);
  },
);

it('a few seeds of faults, kills and restarts break no invariant; npm run simulate plays many', async () => {
  const stats = emptyStats();
  for (let seed = 1; seed <= 3; seed++) addRun(stats, seed, await runScript(scriptOf(seed)));
  expect(stats.violations).toEqual([]);
  expect(stats.thin).toEqual([]);
});

const minute = 60_000;
const call = (
  operations: ('RunTask' | 'StopTask' | 'DescribeTasks' | 'ListTasks')[],
  mishap: Extract<Happening, { kind: 'call' }>['mishap'],
  at: number,
  count: number,
  ms: number,
): Happening => ({ kind: 'call', operations, mishap, at, count, ms });

/** Five Fargate tasks wanted and allowed, with nothing in the way but this. */
const play = (...happenings: Happening[]): Promise<Run> => playWith({}, ...happenings);

const playWith = (given: Partial<Script['settings']>, ...happenings: Happening[]): Promise<Run> => {
  const script: Script = {
    seed: 1,
    settings: {
      ...{ policy: 'direct', workersPerTask: 1, maxTasks: 5, heartbeatIntervalSeconds: 2 },
      ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 20 },
      ...{ drainTimeoutSeconds: 10, spot: false, subnets: 1, monitored: false },
      ...plainDialogue,
      ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
      ...{ restlessness: 0.002, leave: false, orphan: false, money: null, scarceCalls: false },
      ...given,
    },
    happenings: [{ at: 0, kind: 'demand', tasks: 25 }, ...happenings],
    finalDemand: 25,
  };
  return runScript(script, true);
};

it('expired credentials after a restart do not make the daemon launch before it has a complete list', async () => {
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

it('a launch that was given up is not replaced before a complete list shows which tasks it started', async () => {
  const run = await play(
    call(['RunTask'], 'error500Executed', 0, 1, minute),
    call(['RunTask'], 'error500', 1000, 1, 20 * minute),
    call(['RunTask', 'ListTasks', 'DescribeTasks'], 'expired', 1000, 10_000, 13 * minute),
  );
  expect([run.violations, run.bought]).toEqual([[], 5]);
});

describe('a launch that is given up while everything ends', () => {
  /** Carried out without an answer, then refused fifteen times; lists fail for so long. */
  const giveUp = (blindMs: number) =>
    playWith(
      { stopTimeoutSeconds: 16 * 60 },
      call(['RunTask'], 'error500Executed', 0, 1, minute),
      call(['RunTask'], 'denied', 1000, 15, 30 * minute),
      call(['ListTasks'], 'error500', 1000, 10_000, blindMs),
      { at: 15_000, kind: 'stop', downMs: 3000, soon: true },
    );
  const linesWith = ({ trace }: Run, pattern: RegExp) => trace.filter((line) => pattern.test(line));

  it('keeps the daemon from its end until a list has shown its tasks, which are stopped', async () => {
    const run = await giveUp(12 * minute);
    expect(run.violations).toEqual([]);
    expect(linesWith(run, /~~ denied:RunTask/)).toHaveLength(15);
    const [end = ''] = linesWith(run, /daemon has ended/);
    expect(end).toContain('with status 0');
    expect(Number.parseFloat(end)).toBeGreaterThan(12 * 60);
  });

  it('gives the end another status than 0 if no list ever shows them', async () => {
    const run = await giveUp(20 * minute);
    expect(run.violations).toEqual([]);
    expect(linesWith(run, /daemon has ended/)[0]).toContain('with status 1');
  });
});

it('tasks that never start are replaced, though they counted as serving while DescribeTasks was denied', async () => {
  const run = await playWith(
    { startDeadlineSeconds: 100 },
    { at: 0, kind: 'next', fate: 'stuck', count: 5 },
    { at: 15_000, kind: 'kill', point: null, power: false, journal: 'lost', downMs: 3000 },
    call(['DescribeTasks'], 'denied', 30_000, 10_000, 3 * minute),
  );
  expect([run.violations, run.bought]).toEqual([[], 10]);
});

it('a throttled launch is not sent again while the scheduler is silent', async () => {
  const run = await play(call(['RunTask'], 'throttle', 0, 5, 10 * minute), {
    ...{ at: 16_000, kind: 'schedulerFault', fault: 'silent', ms: 3 * minute },
  });
  const sent = run.trace.filter((line) => / RunTask( |$)/.test(line)).map(Number.parseFloat);
  expect(sent.filter((at) => at > 26 && at < 196)).toEqual([]);
  expect([run.violations, run.bought]).toEqual([[], 5]);
});

it('tasks that die soon after they began to serve are replaced more and more slowly', async () => {
  const deaths = Array.from({ length: 24 }, (_, i): Happening => {
    return { at: (i + 1) * 90_000, kind: 'end', end: 'oom', count: 9 };
  });
  const run = await play(...deaths);
  expect(run.violations).toEqual([]);
  const held = run.trace.filter((line) => /breaker\.opened.*"exited"/.test(line));
  expect(held.length).toBeGreaterThan(5);
  // Without that it is five in each of 24 times, less what did not come to serve.
  expect(run.bought).toBeLessThan(45);
});

it('nothing is decided by an old answer of the scheduler when a standstill ends before all is prepared', async () => {
  const kill = { kind: 'kill', point: null, power: false, journal: 'kept' } as const;
  // The second life has a complete list and a command; between two of its ticks only the preparation is missing.
  const run = await play(
    { ...kill, at: 20, downMs: 12_000 },
    { at: 13_080, kind: 'standstill', ms: 45_000 },
  );
  expect([run.violations, run.bought, run.restarts]).toEqual([[], 5, 1]);
});

it('groups at work stop when a scheduler names their workers one at a time, however long that takes', async () => {
  const run = await runScript(
    {
      seed: 3,
      settings: {
        ...{ policy: 'direct', workersPerTask: 2, maxTasks: 14, heartbeatIntervalSeconds: 2 },
        ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 20 },
        ...{ drainTimeoutSeconds: 10, spot: false, subnets: 1, monitored: true },
        ...{ ...plainDialogue, scheduler: { release: '1.24.0', magic: null } },
        ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
        ...{ restlessness: 0.3, leave: false, orphan: false, money: null, scarceCalls: false },
      },
      happenings: [0, 60_000].map((at) => ({ at, kind: 'demand', tasks: 280 })),
      finalDemand: 3,
    },
    true,
  );
  expect(run.violations).toEqual([]);
  // More often than anything else may disturb it.
  expect(run.trace.filter((line) => line.includes('not at rest any more')).length).toBeGreaterThan(
    3,
  );
});

/**
 * What a seed draws has changed since this one broke stoppedTooMany and lost a task: it plays another script today. The
 * test after this one plays the script of a later seed, 9000000002506, as it was shrunk.
 */
it('seed 3532744828604 breaks no invariant', async () => {
  const run = await runScript(scriptOf(3532744828604));
  expect(run.violations).toEqual([]);
});

it('a message that is lost after all other faults gives what is above the limit another minute to leave (seed 9000000002506)', async () => {
  const settings: Script['settings'] = {
    ...{ policy: 'direct', workersPerTask: 1, maxTasks: 1, heartbeatIntervalSeconds: 2 },
    ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 30, stopTimeoutSeconds: 20 },
    ...{ drainTimeoutSeconds: 60, spot: false, subnets: 1, monitored: false },
    ...{ scheduler: { release: '2.1.10', magic: null }, neighbour: false, workerRelease: null },
    ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
    ...{ restlessness: 0.002, leave: false, orphan: true, money: null, scarceCalls: false },
  };
  const happenings: Happening[] = [
    { at: 33699.68853145838, kind: 'standstill', ms: 30000 },
    { at: 35234.21626165509, kind: 'demand', tasks: 25 },
    { at: 36288.2958878763, kind: 'next', fate: 'ghosts', count: 1 },
    {
      at: 43615.618606097996,
      kind: 'kill',
      point: null,
      power: false,
      journal: 'kept',
      downMs: 2954.9091461813077,
      clockMs: 90000,
    },
    {
      at: 63352.43359208107,
      kind: 'replace',
      graceful: true,
      downMs: 18277.02109469101,
      release: '2.1.10',
      magic: null,
    },
    {
      at: 64606.094611342996,
      kind: 'kill',
      point: 'StopTask.answered',
      power: false,
      journal: 'kept',
      downMs: 48433.660300215706,
      clockMs: 86400000,
    },
    { at: 122190.36310818046, kind: 'disk', trouble: 'syncFails', ms: 19047.73816349916 },
    { at: 135338.68512092158, kind: 'end', end: 'oom', count: 2 },
    {
      at: 136199.03651811182,
      kind: 'delay',
      of: 'staleMs',
      by: 1379.9057574942708,
      ms: 19576.272738631815,
    },
    { at: 141044.3356661126, kind: 'lose', what: 'command' },
    { at: 141419.18841842562, kind: 'schedulerFault', fault: 'echoless', ms: 11405.426393030211 },
  ];
  const run = await runScript({ seed: 9000000002506, settings, happenings, finalDemand: 60 }, true);
  expect(run.trace.some((line) => line.includes('commandLost'))).toBe(true);
  expect(run.violations).toEqual([]);
});
