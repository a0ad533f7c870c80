import { describe, expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import type { WideSettings } from './powers.ts';
import { type Happening, type Script, scriptOf } from './script.ts';
import { without } from './swarm.ts';
import { powersOf, wideScriptOf } from './wide.ts';
import { runScript } from './world.ts';

const seeds = Array.from({ length: 400 }, (_, i) => i + 1);

it('the wide profile adds to a seed, and changes nothing of what the plain one draws', () => {
  for (const seed of seeds) {
    const plain = scriptOf(seed);
    const wide = wideScriptOf(seed);
    if (wide.settings.wide?.isLarge) continue;
    const {
      wide: _,
      cooldownSeconds,
      reportEverySeconds,
      monitored,
      money,
      ...settings
    } = wide.settings;
    expect({ ...plain.settings, ...settings }).toEqual(plain.settings);
    expect(wide.happenings).toEqual(expect.arrayContaining(plain.happenings));
    expect(plain.settings.wide).toBeUndefined();
  }
});

it('some of the wide seeds have hundreds of tasks, and several powers come together', () => {
  const scripts = seeds.map(wideScriptOf);
  const large = scripts.filter(({ settings }) => settings.wide?.isLarge);
  expect(large.length).toBeGreaterThan(15);
  for (const { happenings } of large)
    expect(happenings.some((each) => each.kind === 'demand' && each.tasks >= 500)).toBe(true);
  expect(scripts.filter((script) => powersOf(script).length > 2).length).toBeGreaterThan(40);
});

/** One worker a task, and a scheduler that asks for a worker for each five tasks that it has. */
const calm: Script['settings'] = {
  ...{ policy: 'direct', workersPerTask: 1, maxTasks: 15, heartbeatIntervalSeconds: 2 },
  ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 120 },
  ...{ drainTimeoutSeconds: 60, spot: false, subnets: 1, monitored: true },
  ...plainDialogue,
  ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
  ...{ restlessness: 0.002, leave: false, orphan: false, money: null, scarceCalls: false },
};

describe('eight tasks', () => {
  const wide: WideSettings = {
    ...{ maxLifetimeSeconds: null, minIdleSeconds: 0, degradedGraceSeconds: 15 },
    ...{ severalRequests: false, isLarge: false },
  };
  const play = (given: Partial<WideSettings>, ...happenings: Happening[]) =>
    playWith({ wide: { ...wide, ...given } }, ...happenings);
  const playWith = async (given: Partial<Script['settings']>, ...happenings: Happening[]) => {
    const settings: Script['settings'] = {
      ...calm,
      wide,
      ...given,
    };
    const demand = { at: 0, kind: 'demand', tasks: 40 } as const;
    return runScript(
      { seed: 1, settings, happenings: [demand, ...happenings], finalDemand: 40 },
      true,
    );
  };
  const stop = { at: 60_000, kind: 'stop', downMs: 3000, soon: true } as const;

  it('are stopped at work by a second SIGTERM, and left by a third', async () => {
    const second = await play({}, { ...stop, again: [2000] });
    expect([second.violations, [...second.powers]]).toEqual([[], ['second SIGTERM']]);
    const third = await play({}, { ...stop, again: [2000, 2100] });
    expect(third.violations).toEqual([]);
    expect(third.trace.some((line) => line.includes('has ended with status 1'))).toBe(true);
  });

  it('are launched for what is desired of us, and not for what is desired of others', async () => {
    const run = await play({ severalRequests: true });
    expect([run.violations, run.bought]).toEqual([[], 8]);
  });

  it('are not launched before the name of the journal is on the disk', async () => {
    const trouble = 'directorySyncFails' as const;
    const run = await play({}, { at: 0, kind: 'disk', trouble, ms: 40_000 });
    expect([run.violations, run.bought]).toEqual([[], 8]);
    const sent = run.trace.filter((line) => / RunTask $/.test(line)).map(Number.parseFloat);
    expect(Math.min(...sent)).toBeGreaterThan(40);
  });

  it('are not launched once more when the token of a launch has ended while the daemon was away', async () => {
    const downMs = 25 * 3_600_000;
    const kill = { kind: 'kill', power: false, journal: 'kept', downMs } as const;
    const run = await play({}, { ...kill, at: 0, point: 'RunTask.executed' });
    expect([run.violations, run.bought]).toEqual([[], 8]);
  });

  it('serve on while ECS shows a status that is in no documentation, for a while and for ever', async () => {
    for (const [forMs, monitored] of [
      [100_000, true],
      [null, true],
      [null, false],
    ] as const) {
      const strange = { at: 150_000, kind: 'status', forMs } as const;
      const restart = { at: 200_000, kind: 'restart', downMs: 3000, how: 'kill' } as const;
      const given = { startDeadlineSeconds: 50, monitored };
      const run = await playWith(given, strange, { ...restart, change: {} });
      expect([run.violations, run.bought]).toEqual([[], 8]);
      expect(run.powers).toContain('unknown status');
    }
  });

  it('are owned and stopped in the cluster from before when the settings name another one', async () => {
    const move = { at: 60_000, kind: 'restart', downMs: 3000, how: 'kill' } as const;
    const back = { ...move, at: 150_000, change: { cluster: 'simulated', maxTasks: 3 } };
    const moved = { ...move, change: { cluster: 'other' } };
    const run = await play({}, moved);
    expect([run.violations, run.bought]).toEqual([[], 8]);
    // What this launch has started is in no answer, and its request cannot be made any more.
    const lost = { at: 0, kind: 'call', mishap: 'hangExecuted', count: 1, ms: 60_000 } as const;
    const other = { ...move, at: 9000, change: { cluster: 'other', spot: true } };
    const both = await play({}, { ...lost, operations: ['RunTask'] }, other, back);
    expect(both.bought).toBe(8);
    expect(both.violations).toEqual([]);
    expect(both.powers).toContain('another cluster');
  });

  it('are owned though the tag of the settings is another one, also where their launch has no answer', async () => {
    const lost = { at: 0, kind: 'call', mishap: 'hangExecuted', count: 1, ms: 60_000 } as const;
    const restart = { kind: 'restart', downMs: 3000, how: 'kill' } as const;
    const other = { ...restart, at: 9000, change: { fleetId: 'fleet' } };
    const back = { ...restart, at: 90_000, change: { fleetId: null } };
    const second = { ...restart, at: 15_000, change: { fleetId: 'second' } };
    for (const changes of [
      [other, back],
      [other, second],
    ]) {
      const run = await play({}, { ...lost, operations: ['RunTask'] }, ...changes);
      expect([run.violations, run.bought]).toEqual([[], 8]);
    }
  });

  it('are found in the clusters and with the tags of all starts since none of our tasks could be listed', async () => {
    const restart = { kind: 'restart', downMs: 3000, how: 'kill' } as const;
    const denied = { kind: 'call', mishap: 'denied', count: 1000, ms: 100_000 } as const;
    for (const key of ['cluster', 'fleetId'])
      for (const names of [['other'], ['other', 'third']]) {
        const changes = names.map((name, i) => ({
          ...{ ...restart, at: 60_000 + 15_000 * i, change: { [key]: name } },
        }));
        const run = await playWith(
          { orphan: true },
          { ...denied, at: 0, operations: ['ListTasks'] },
          ...changes,
        );
        expect([key, names, run.violations]).toEqual([key, names, []]);
        expect(run.trace.filter((line) => line.includes('adopted'))).not.toEqual([]);
      }
  });

  it.each([
    ['the scheduler has another address', 'another address', { workerAddress: 'tcp://alias:8516' }],
    ['the manager has another id', 'another manager id', { managerId: 'renamed' }],
  ] as const)('are left alone, and named, when %s', async (_, power, change) => {
    const restart = { at: 60_000, kind: 'restart', downMs: 3000, how: 'kill' } as const;
    const later: Happening = { at: 250_000, kind: 'demand', tasks: 40 };
    const run = await play({}, { ...restart, change }, later);
    expect([run.violations, run.bought]).toEqual([[], 8]);
    const [report = ''] = run.trace.filter((line) => line.includes('siblings.tasksFound'));
    expect(report.match(/task\/simulated/g)).toHaveLength(8);
    expect(run.powers).toContain(power);
  });

  it('are found again, or said not to be looked for, when the journal is lost and the identity stays', async () => {
    const kill = { at: 60_000, kind: 'kill', point: null, power: false, downMs: 3000 } as const;
    const forgotten = { ...kill, journal: 'forgotten' } as const;
    const found = await play({}, forgotten);
    expect([found.violations, found.bought]).toEqual([[], 8]);
    const list = { kind: 'call', count: 1000 } as const;
    for (const mishap of ['denied', 'error500'] as const) {
      const trouble = { ...list, at: 50_000, mishap, ms: 200_000 };
      const blind: Happening = { ...trouble, operations: ['ListTasks'] };
      const run = await play({}, forgotten, blind, { ...stop, at: 90_000 });
      expect(run.violations).toEqual([]);
      const unlisted = run.trace.filter((line) => line.includes('has ended with status 1'));
      expect([mishap, unlisted.length]).toEqual([mishap, 1]);
      // A denial will not pass by itself: nothing is waited for once all that is known has gone.
      const endedAt = Number.parseFloat(unlisted[0] ?? '');
      if (mishap === 'denied') expect(endedAt).toBeLessThan(110);
      else expect(endedAt).toBeGreaterThan(200);
    }
  });

  it('are as many as a new file allows after a restart', async () => {
    const change = { maxTasks: 3 };
    const run = await play({}, { at: 60_000, kind: 'restart', downMs: 3000, how: 'kill', change });
    expect(run.violations).toEqual([]);
    expect(run.trace.filter((line) => /task ... stops: UserInitiated/.test(line))).toHaveLength(5);
  });

  it('keep their workers when others are launched with more or fewer, and make way for those with more', async () => {
    const restart = { at: 60_000, kind: 'restart', downMs: 3000, how: 'kill' } as const;
    for (const workersPerTask of [2, 4]) {
      const given = { workersPerTask: 8 / workersPerTask, wide };
      const later: Happening = { at: 250_000, kind: 'demand', tasks: 60 };
      const run = await playWith(given, { ...restart, change: { workersPerTask } }, later);
      expect([workersPerTask, run.violations]).toEqual([workersPerTask, []]);
      expect(run.powers).toContain('other workers per task');
    }
  });

  it('are replaced one after the other when they are too old', async () => {
    const change = { wide: { maxLifetimeSeconds: null } };
    const restart = { kind: 'restart', downMs: 3000, how: 'kill', change } as const;
    const run = await play({ maxLifetimeSeconds: 90 }, { ...restart, at: 400_000 });
    expect(run.violations).toEqual([]);
    expect(run.bought).toBeGreaterThan(10);
  });

  it('are no more after each restart while one of them is replaced, where the scheduler asks for what is connected', async () => {
    const restarts = [140_000, 240_000, 340_000].map((at) => ({
      ...({ at, kind: 'restart', downMs: 3000, how: 'kill', change: {} } as const),
    }));
    const change = { wide: { maxLifetimeSeconds: null } };
    const last = { at: 500_000, kind: 'restart', downMs: 3000, how: 'kill', change } as const;
    const given = { policy: 'vanilla', tasksPerWorker: 10 } as const;
    const aged = { ...wide, maxLifetimeSeconds: 90 };
    const run = await playWith({ ...given, wide: aged }, ...restarts, last);
    expect(run.violations).toEqual([]);
    const asked = run.trace.flatMap((line) => /"taskConcurrency":(\d+)/.exec(line)?.[1] ?? []);
    // Four, and one replacement.
    expect(Math.max(...asked.map(Number))).toBe(5);
    expect(run.bought).toBeGreaterThan(5);
  });
});

it.each([1, 60])(
  'a stop before the first list of a restarted manager waits for cancellations, with reports every %i s',
  async (reportEverySeconds) => {
    const { settings } = wideScriptOf(145);
    const given = { ...settings, money: null, restlessness: 0.002, reportEverySeconds };
    for (let seed = 1; seed <= 6; seed++) {
      const run = await runScript({
        ...{ seed, settings: given, finalDemand: 40 },
        happenings: [
          { at: 0, kind: 'demand', tasks: 40 },
          { at: 90_000, kind: 'kill', point: null, power: false, journal: 'kept', downMs: 2000 },
          { at: 96_000, kind: 'cancel', count: 3, ms: 15_000 },
          { at: 102_500, kind: 'stop', downMs: 4000 },
        ],
      });
      expect([seed, run.violations]).toEqual([seed, []]);
    }
  },
);

it.each([150, null])(
  'groups that StopTask fails to stop for minutes are not asked for a second time, with max_lifetime %s',
  async (maxLifetimeSeconds) => {
    const script = without(wideScriptOf(29), ['kill']);
    const wide = { ...(script.settings.wide as WideSettings), maxLifetimeSeconds };
    const run = await runScript({ ...script, settings: { ...script.settings, wide } }, true);
    expect(run.violations).toEqual([]);
    expect(run.trace.filter((line) => /error500:StopTask/.test(line)).length).toBeGreaterThan(5);
  },
);

it('four hundred tasks are launched and stopped as fast as AWS allows', async () => {
  const settings = { ...calm, maxTasks: 400 };
  const happenings: Happening[] = [
    { at: 0, kind: 'demand', tasks: 4000 },
    { at: 120_000, kind: 'demand', tasks: 0 },
  ];
  const run = await runScript({ seed: 1, settings, happenings, finalDemand: 0 }, true);
  const times = (pattern: RegExp) =>
    run.trace.filter((line) => pattern.test(line)).map(Number.parseFloat);
  const created = times(/ created, launch (?!null)/);
  const stopped = times(/ StopTask /);
  expect([run.violations, created.length, stopped.length]).toEqual([[], 400, 400]);
  // A hundred at once, then 20 a second; the first command comes within a heartbeat.
  expect(Math.max(...created)).toBeLessThan((400 - 100) / 20 + 2 + 0.5);
  // A hundred at once, then 40 a second.
  expect(Math.max(...stopped) - 120).toBeLessThan((400 - 100) / 40 + 2 + 0.5);
});
