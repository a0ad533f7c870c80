import { describe, expect, it } from 'vitest';
import { plainDialogue } from './dialogueFaults.ts';
import type { Bend } from './disk.ts';
import type { Happening, Script } from './script.ts';
import { type Run, runScript } from './world.ts';

/** Five units of work make one task: a fleet grows from four to six, one of its tasks dies on the way, and so does the daemon. */
const scriptOf = (kill: Partial<Happening & { kind: 'kill' }>): Script => ({
  seed: 1,
  settings: {
    ...plainDialogue,
    policy: 'direct',
    workersPerTask: 1,
    maxTasks: 8,
    heartbeatIntervalSeconds: 2,
    startDeadlineSeconds: 300,
    schedulerGraceSeconds: 600,
    stopTimeoutSeconds: 120,
    drainTimeoutSeconds: 60,
    spot: false,
    subnets: 2,
    monitored: true,
    restlessness: 0,
    leave: false,
    orphan: false,
    scarceCalls: false,
    money: null,
    ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
  },
  happenings: [
    { at: 0, kind: 'demand', tasks: 20 },
    // New tasks are in no list for a while: a daemon that does not wait for that launches them again.
    { at: 1000, kind: 'delay', of: 'listLagMs', by: 8000, ms: 150_000 },
    { at: 60_000, kind: 'end', end: 'spot', count: 1 },
    { at: 120_000, kind: 'demand', tasks: 30 },
    {
      ...{ at: 119_000, kind: 'kill', point: null, power: false, journal: 'kept', downMs: 500 },
      ...kill,
    },
  ],
  finalDemand: 30,
});

/** A daemon that is killed there leaves the longest journal, or a launch without an answer. */
const deaths = {
  'between two launches': { at: 118_000 },
  'before the answer to RunTask': { point: 'RunTask.executed' },
  'when the answer was written down': { point: 'RunTask.answered' },
  'long ago': { point: 'RunTask.executed', downMs: 660_000 },
} as const;

const every = process.env.HOSTILE_EVERY_BYTE === 'yes';
const step = every ? 1 : 131;

/** Four, one for the dead one, and two. */
const wanted = 7;

const trouble = ({ violations, bought }: Run): string[] => [
  ...violations.map(({ invariant, says }) => `${invariant}: ${says}`),
  ...(bought === wanted ? [] : [`${bought} tasks were bought, not ${wanted}`]),
];

describe.each(Object.entries(deaths))('a daemon that was killed %s', (_, kill) => {
  const tried = async (bends: Bend[]) => {
    const found: [Bend, string[]][] = [];
    for (const journal of bends) {
      const says = trouble(await runScript(scriptOf({ ...kill, journal })));
      if (says.length > 0) found.push([journal, says]);
    }
    return found;
  };
  const whole = () => runScript(scriptOf(kill));
  const bytes = (length: number) =>
    Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);

  it('starts again and launches no task twice', async () => {
    const run = await whole();
    expect(trouble(run)).toEqual([]);
    expect(run.journalBytes).toBeGreaterThan(300);
  });

  it('starts again and launches no task twice when its journal ends at any byte', async () => {
    const { journalBytes } = await whole();
    expect(await tried(bytes(journalBytes).map((cutAt) => ({ cutAt })))).toEqual([]);
  }, 600_000);

  it('starts again and launches no task twice when any bit of its journal is flipped', async () => {
    const { journalBytes } = await whole();
    const bends = bytes(journalBytes).map((flipAt, i) => ({ flipAt, bit: i % 8 }));
    expect(await tried(bends)).toEqual([]);
  }, 600_000);
});
