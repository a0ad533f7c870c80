import { describe, expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import type { WideSettings } from './powers.ts';
import { type Happening, type Script, scriptOf } from './script.ts';
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

it('a wide seed played twice gives the same trace, byte for byte', async () => {
  const seed = seeds.find((each) => powersOf(wideScriptOf(each)).length > 2) as number;
  const once = await runScript(wideScriptOf(seed), true);
  const again = await runScript(wideScriptOf(seed), true);
  expect(again.trace.join('\n')).toBe(once.trace.join('\n'));
  expect(once.violations).toEqual([]);
});

describe('eight tasks', () => {
  const wide: WideSettings = {
    ...{ maxLifetimeSeconds: null, minIdleSeconds: 0, degradedGraceSeconds: 15 },
    ...{ severalRequests: false, isLarge: false },
  };
  const play = async (given: Partial<WideSettings>, ...happenings: Happening[]) => {
    const settings: Script['settings'] = {
      ...{ policy: 'direct', workersPerTask: 1, maxTasks: 15, heartbeatIntervalSeconds: 2 },
      ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 120 },
      ...{ drainTimeoutSeconds: 60, spot: false, subnets: 1, monitored: true },
      ...plainDialogue,
      ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
      ...{ restlessness: 0.002, leave: false, orphan: false, money: null, scarceCalls: false },
      wide: { ...wide, ...given },
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

  it('are as many as a new file allows after a restart', async () => {
    const change = { maxTasks: 3 };
    const run = await play({}, { at: 60_000, kind: 'restart', downMs: 3000, how: 'kill', change });
    expect(run.violations).toEqual([]);
    expect(run.trace.filter((line) => /task ... stops: UserInitiated/.test(line))).toHaveLength(5);
  });

  it('are replaced one after the other when they are too old', async () => {
    const change = { wide: { maxLifetimeSeconds: null } };
    const restart = { kind: 'restart', downMs: 3000, how: 'kill', change } as const;
    const run = await play({ maxLifetimeSeconds: 90 }, { ...restart, at: 400_000 });
    expect(run.violations).toEqual([]);
    expect(run.bought).toBeGreaterThan(10);
  });
});
