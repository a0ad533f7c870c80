import { describe, expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import { falsified, streamFaults } from './scheduler/streamLies.ts';
import type { Happening, Script } from './script.ts';
import { wideScriptOf } from './wide.ts';
import { runScript } from './world.ts';

describe('eight tasks', () => {
  const play = async (given: Partial<Script['settings']>, ...happenings: Happening[]) => {
    const settings: Script['settings'] = {
      ...{ policy: 'direct', workersPerTask: 1, maxTasks: 15, heartbeatIntervalSeconds: 2 },
      ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 120 },
      ...{ drainTimeoutSeconds: 60, spot: false, subnets: 1, monitored: true },
      ...plainDialogue,
      ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
      ...{ restlessness: 0.002, leave: false, orphan: false, money: null, scarceCalls: false },
      ...given,
    };
    const demand = { at: 0, kind: 'demand', tasks: 40 } as const;
    return runScript(
      { seed: 1, settings, happenings: [demand, ...happenings], finalDemand: 40 },
      true,
    );
  };

  it('are kept while DescribeTasks denies some of them, with the monitor stream and without', async () => {
    for (const [monitored, ms] of [
      [true, 50_000],
      [false, 55_000],
    ] as const) {
      const run = await play({ monitored }, { at: 90_000, kind: 'deny', count: 4, ms });
      expect([monitored, run.violations, run.bought]).toEqual([monitored, [], 8]);
      expect(run.powers).toContain('living tasks denied');
      expect(run.trace.some((line) => line.includes('~~ oldMissing'))).toBe(true);
    }
  });

  it('are launched and stopped under buckets of AWS that throttle', async () => {
    const slow = { burst: 1, perSecond: 0.3 };
    const rates = { modify: slow, launch: slow, read: slow };
    const run = await play({}, { at: 0, kind: 'buckets', rates, ms: 60_000 });
    expect([run.violations, run.bought]).toEqual([[], 8]);
    expect(run.powers).toContain('token buckets');
  });

  it('are not bought twice when the answer to their launch has no end: the deadline of 30 s ends the call', async () => {
    for (const mishap of ['endless', 'endlessExecuted'] as const) {
      const call = { kind: 'call', operations: ['RunTask'], mishap, count: 1, ms: 60_000 } as const;
      const run = await play({}, { ...call, at: 0, operations: ['RunTask'] });
      expect([mishap, run.violations, run.bought]).toEqual([mishap, [], 8]);
      expect(run.powers).toContain('answers without end');
      const at = (words: string) =>
        Number.parseFloat(run.trace.find((line) => line.includes(words)) ?? '');
      expect(at('~~ deadline:RunTask') - at(`~~ ${mishap}:RunTask`)).toBeCloseTo(30, 1);
    }
  });

  it('are kept by a daemon whose scheduler forgets it, and some of its workers, and goes on', async () => {
    const run = await play(
      {},
      { at: 80_000, kind: 'forgetManager' },
      { at: 90_000, kind: 'forgetWorkers', count: 3 },
    );
    expect([run.violations, run.bought]).toEqual([[], 8]);
    expect(run.powers).toContain('manager forgotten');
    expect(run.powers).toContain('workers forgotten');
  });

  it.each(streamFaults)('are kept while the monitor stream lies: %s', async (fault) => {
    const run = await play(
      { restlessness: 0.05 },
      { at: 80_000, kind: 'end', end: 'exit', count: 1 },
      { at: 100_000, kind: 'streamFault', fault, ms: 60_000 },
    );
    expect([run.violations, run.bought]).toEqual([[], 9]);
    expect(run.powers).toContain('stream lies');
  });
});

it('what a lying stream lists is a part, or has one more, or no work', () => {
  const load = { free: 0, sent: 2, queued: 1 };
  const worker = (task: string) => ({
    ...{ workerId: `Worker|ECS-${task}|0`, managerId: 'a', groupId: null, load },
  });
  const list = {
    ...{ type: 'monitor.workers' as const, groups: null, managers: ['a', 'b'], tasks: 2 },
    workers: ['00', '01', '02', '03'].map(worker),
  };
  const gone = { workerId: 'Worker|ECS-09|0', managerId: 'a' };
  const names = (fault: (typeof streamFaults)[number]) =>
    falsified(list, fault, gone).workers.map(({ workerId }) => workerId.slice(11, 13));
  expect(names('workersLeftOut')).toEqual(['01', '02']);
  expect(names('goneWorkerShown')).toEqual(['00', '01', '02', '03', '09']);
  expect(falsified(list, 'managersLeftOut', gone).managers).toEqual(['b']);
  const idle = falsified(list, 'busyShownIdle', gone).workers;
  expect(idle.every((each) => each.load?.sent === 0)).toBe(true);
});

it('each of the newer powers comes in some of the wide seeds', () => {
  const all = Array.from({ length: 200 }, (_, i) => wideScriptOf(i + 1).happenings);
  const count = (is: (each: Happening) => boolean) => all.filter((some) => some.some(is)).length;
  for (const kind of ['deny', 'buckets', 'streamFault', 'forgetManager', 'forgetWorkers'])
    expect([kind, count((each) => each.kind === kind) > 10]).toEqual([kind, true]);
  const isEndless = (each: Happening) => each.kind === 'call' && each.mishap.startsWith('endless');
  expect(count(isEndless)).toBeGreaterThan(10);
});
