import { describe, expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import type { WideSettings } from './powers.ts';
import type { Happening, Script } from './script.ts';
import { runScript } from './world.ts';

const wide: WideSettings = {
  ...{ maxLifetimeSeconds: null, minIdleSeconds: 0, degradedGraceSeconds: 60 },
  ...{ severalRequests: false, isLarge: false },
};

/** Twelve workers in six tasks, whose work comes and goes. */
async function play(given: Partial<WideSettings>, ...happenings: Happening[]) {
  const settings: Script['settings'] = {
    ...{ policy: 'direct', workersPerTask: 2, maxTasks: 15, heartbeatIntervalSeconds: 2 },
    ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 120 },
    ...{ drainTimeoutSeconds: 60, spot: false, subnets: 1, monitored: true },
    ...plainDialogue,
    ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
    ...{ restlessness: 0.05, leave: false, orphan: false, money: null, scarceCalls: false },
    wide: { ...wide, ...given },
  };
  const demand = { at: 0, kind: 'demand', tasks: 60 } as const;
  return runScript(
    { seed: 1, settings, happenings: [demand, ...happenings], finalDemand: 60 },
    true,
  );
}

const stopsIn = (trace: readonly string[], reason: string): number[] =>
  trace
    .filter((line) => /task ... stops: UserInitiated/.test(line) && line.includes(reason))
    .map(Number.parseFloat);

describe('a group that is to leave', () => {
  it('is stopped once it was idle for as long as min_idle_seconds says', async () => {
    const fewer = { at: 90_000, kind: 'demand', tasks: 20 } as const;
    const later = { at: 200_000, kind: 'demand', tasks: 20 } as const;
    const at = async (minIdleSeconds: number) => {
      const run = await play({ minIdleSeconds }, fewer, later);
      expect(run.violations).toEqual([]);
      return stopsIn(run.trace, 'no longer desired');
    };
    expect(Math.max(...(await at(40)))).toBeGreaterThan(Math.max(...(await at(0))));
  });

  it('because some of its workers are gone, leaves after its grace and its replacement', async () => {
    const run = await play(
      {},
      { at: 90_000, kind: 'workersDie', count: 1 },
      { at: 320_000, kind: 'demand', tasks: 60 },
    );
    expect(run.violations).toEqual([]);
    const stops = stopsIn(run.trace, 'it is replaced');
    expect(stops.length).toBeGreaterThan(0);
    expect(Math.min(...stops)).toBeGreaterThan(150);
  });
});
