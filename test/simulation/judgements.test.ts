import { expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import { addJudgements, createJudge, type Judgements, judgementLines } from './judgements.ts';
import { createOwnership } from './ownership.ts';
import type { Happening, Script } from './script.ts';
import { addRun, emptyStats, hashOf, summary } from './stats.ts';
import type { Watched } from './watched.ts';
import { runScript } from './world.ts';

it('a rule is counted as judged, or as excused by its first excuse, and sums name those never judged', () => {
  const once: Judgements = {};
  const judge = createJudge(once);
  expect(judge.judges('stoppedBusy', { doomed: false, crowded: true, late: true })).toBe(false);
  expect(judge.judges('stoppedBusy', { doomed: false, crowded: false })).toBe(true);
  const sum: Judgements = {};
  addJudgements(sum, once);
  addJudgements(sum, once);
  expect(sum).toEqual({ stoppedBusy: { judged: 2, excused: { crowded: 2 } } });
  expect(judgementLines(sum)[0]).toBe('rule stoppedBusy: judged 2, excused 2: 2 crowded');
  expect(judgementLines(sum)[1]).toBe('rule stoppedTooMany: judged 0 (never), excused 0');
});

/** Five Fargate tasks of one worker. */
const play = (...happenings: Happening[]) => playWith(1, {}, ...happenings);
const playWith = (seed: number, given: Partial<Script['settings']>, ...happenings: Happening[]) => {
  const script: Script = {
    seed,
    settings: {
      ...{ policy: 'direct', workersPerTask: 1, maxTasks: 5, heartbeatIntervalSeconds: 2 },
      ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 20 },
      ...{ drainTimeoutSeconds: 10, spot: false, subnets: 1, monitored: true },
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

it('a shrink is judged, and excused as doomed when the task ends by itself', async () => {
  const fewer = { at: 60_000, kind: 'demand', tasks: 10 } as const;
  const { judgements, violations } = await play(fewer);
  expect(violations).toEqual([]);
  expect(judgements.stoppedInVain).toEqual({ judged: 3, excused: {} });
  expect(judgements.stoppedTooMany).toEqual({ judged: 3, excused: {} });
  const doomed = await play({ at: 58_000, kind: 'end', end: 'maintenance', count: 5 }, fewer);
  expect(doomed.judgements.stoppedInVain?.excused.doomed ?? 0).toBeGreaterThan(0);
});

it('groups at work that are to leave serve on while the scheduler is silent', async () => {
  const run = await playWith(
    // With that seed all five have work.
    4,
    { drainTimeoutSeconds: 30, restlessness: 0 },
    { at: 0, kind: 'demand', tasks: 400 },
    { at: 60_000, kind: 'demand', tasks: 1 },
    { at: 62_500, kind: 'schedulerFault', fault: 'silent', ms: 120_000 },
  );
  expect(run.violations).toEqual([]);
  expect(run.trace.filter((line) => line.includes('StopTask'))).toEqual([]);
});

it('DescribeTasks that went wrong excuses how many are left', async () => {
  const failing: Happening = {
    ...{ at: 45_000, kind: 'call', operations: ['DescribeTasks'], mishap: 'error500' },
    ...{ count: 1000, ms: 20_000 },
  };
  const { judgements } = await play(failing, { at: 60_000, kind: 'demand', tasks: 10 });
  expect(judgements.stoppedTooMany?.excused['DescribeTasks went wrong']).toBe(3);
});

it('launches of a daemon that may not list are excused, and so is its cap without a journal', async () => {
  const denied: Happening = {
    ...{ at: 0, kind: 'call', operations: ['ListTasks'], mishap: 'denied' },
    ...{ count: 1000, ms: 200_000 },
  };
  const kill = { at: 60_000, kind: 'kill', point: null, power: false, downMs: 3000 } as const;
  const { judgements } = await play(denied, { ...kill, journal: 'lost' });
  expect(judgements.launchedUnrecovered?.judged ?? 0).toBe(0);
  expect(judgements.launchedUnrecovered?.excused['it may not list']).toBeGreaterThan(0);
  expect(judgements.capExceeded?.excused).toHaveProperty('it may not list and has no journal');
});

it('an end is judged with a complete list that was looked at, and else counted as excused', () => {
  const endOf = (looked: boolean, inventoried: boolean) => {
    const judgements: Judgements = {};
    const world = {
      ecs: { ours: () => [], wanted: () => true, isClusterGone: () => false },
      settings: { leave: false },
      broken: () => expect.fail(),
      judge: createJudge(judgements),
    } as unknown as Watched;
    const ledger = { openLaunches: () => [], groups: () => [] };
    const life = { journal: { ledger, found: 'whole' } };
    const end = { status: looked ? 0 : 1, looked } as const;
    createOwnership(world, String).leftBehind(life as never, end, inventoried);
    return judgements;
  };
  expect(endOf(true, true)['leftUnsaid named']).toEqual({ judged: 1, excused: {} });
  expect(endOf(true, false)['leftUnsaid status']?.excused).toEqual({ 'no complete list': 1 });
  const unlooked = { 'it says that it has not looked': 1 };
  expect(endOf(false, true)['leftUnsaid named']?.excused).toEqual(unlooked);
});

it('an end with status 0 that has not looked breaks a rule, though nothing was ever known; not if tasks are left on purpose', () => {
  const brokenAfter = (status: 0 | 1, leave = false) => {
    const broken: string[] = [];
    const world = {
      ecs: { ours: () => [], wanted: () => true, isClusterGone: () => false },
      settings: { leave },
      broken: (rule: string) => void broken.push(rule),
      judge: createJudge({}),
    } as unknown as Watched;
    const life = { journal: { ledger: null, found: 'none' } };
    createOwnership(world, String).leftBehind(life as never, { status, looked: false }, false);
    return broken;
  };
  expect(brokenAfter(0)).toEqual(['leftUnsaid']);
  expect(brokenAfter(1)).toEqual([]);
  expect(brokenAfter(0, true)).toEqual([]);
});

it('the hash of the traces is the same in any order, another one for another seed, and in the summary', async () => {
  const [one, other] = [await play(), await play({ at: 50_000, kind: 'demand', tasks: 5 })];
  expect(one.traceHash).toMatch(/^[0-9a-f]{64}$/);
  const sum = (...runs: (typeof one)[]) => {
    const stats = emptyStats();
    for (const [seed, run] of runs.entries()) addRun(stats, seed, run);
    return stats;
  };
  expect(hashOf(sum(one, other))).toBe(hashOf(sum(other, one)));
  expect(hashOf(sum(one))).not.toBe(hashOf(sum(other)));
  expect(summary(sum(one, other)).traces).toBe(hashOf(sum(other, one)));
  expect(summary(sum(one)).judgements).toEqual(one.judgements);
});
