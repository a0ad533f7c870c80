import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generationOf } from '../../../machines/scheduler/releases.ts';
import type { MatrixRow } from '../../interop/matrixTable.ts';
import { type DialogueSettings, drawDialogueSettings, plainDialogue } from '../dialogueFaults.ts';
import { createRandom } from '../random.ts';
import type { Script } from '../script.ts';
import { runScript } from '../world.ts';
import { releaseNamed, releases } from './releases.ts';

/** The table of tested releases of the README, before it is a table. */
const matrix: MatrixRow[] = JSON.parse(
  readFileSync(new URL('../../interop/matrix.json', import.meta.url), 'utf8'),
);
const tested = [...new Set(matrix.map(({ scaler }) => scaler))];

describe('the releases of the compatibility table', () => {
  it('are 17 or more, and each is simulated as one of those that seeds draw', () => {
    expect(tested.length).toBeGreaterThanOrEqual(17);
    const simulated = releases.flatMap(({ release, likewise }) => [release, ...likewise]);
    expect(tested.filter((release) => !simulated.includes(release))).toEqual([]);
    expect(simulated.filter((release, i) => simulated.indexOf(release) !== i)).toEqual([]);
  });

  it.each(tested)('%s speaks in the simulation what its real scheduler spoke', (release) => {
    const { generation } = releaseNamed(release);
    const found = matrix.flatMap(({ scaler, found: shown }) =>
      scaler === release && shown ? [shown.generation] : [],
    );
    expect(new Set([...found, generationOf(release)])).toEqual(new Set([generation]));
  });

  it.each([
    ['1.24.6', '1.24.0'],
    ['2.2.0', '2.1.10'],
    ['2.3.5', '2.5.0'],
    ['2.4.6', '2.5.0'],
    ['2.7.0', '2.9.0'],
    ['2.8.0', '2.9.0'],
  ])('%s is simulated as %s, under its own name', (release, drawn) => {
    expect(releases.map((each) => each.release)).not.toContain(release);
    expect(releaseNamed(release)).toEqual({ ...releaseNamed(drawn), release });
  });
});

it('a release that nothing is known of has no simulated scheduler', () => {
  expect(() => releaseNamed('1.0.0')).toThrow('no simulated scheduler of release 1.0.0');
});

it('seeds draw each simulated scheduler, in each way that it is reached', () => {
  const drawn = new Set<string>();
  const nameOf = (release: string, magic: unknown) => `${release} ${magic}`;
  for (let seed = 1; seed <= 1000; seed++) {
    const { scheduler } = drawDialogueSettings(createRandom(seed, 'releases'));
    drawn.add(nameOf(scheduler.release, scheduler.magic));
  }
  const all = releases.flatMap(({ release, reached }) =>
    reached.map((magic) => nameOf(release, magic)),
  );
  expect([...drawn].sort()).toEqual(all.sort());
});

describe('faults of AWS, a kill, a broken connection and a new scheduler', () => {
  const second = 1000;
  const play = (scheduler: DialogueSettings['scheduler']) => {
    const script: Script = {
      seed: 1,
      settings: {
        ...{ policy: 'direct', workersPerTask: 2, maxTasks: 5, heartbeatIntervalSeconds: 2 },
        ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 20 },
        ...{ drainTimeoutSeconds: 10, spot: false, subnets: 1, monitored: true },
        ...{ ...plainDialogue, scheduler },
        ...{ reportEverySeconds: 1, tasksPerWorker: null, cooldownSeconds: 0 },
        ...{ restlessness: 0.002, leave: false, orphan: true, money: null, scarceCalls: false },
      },
      happenings: [
        { at: 0, kind: 'demand', tasks: 25 },
        ...(['RunTask', 'DescribeTasks'] as const).map((operation) => ({
          ...{ at: second, kind: 'call' as const, operations: [operation] },
          ...{ mishap: 'throttle' as const, count: 3, ms: 20 * second },
        })),
        { at: 40 * second, kind: 'lose', what: 'command' },
        { at: 45 * second, kind: 'end', end: 'oom', count: 1 },
        {
          ...{ at: 60 * second, kind: 'kill', point: null, power: false },
          ...{ journal: 'kept', downMs: 3 * second },
        },
        { at: 80 * second, kind: 'cut' },
        { at: 90 * second, kind: 'replace', graceful: false, downMs: 5 * second, ...scheduler },
        { at: 120 * second, kind: 'demand', tasks: 8 },
      ],
      finalDemand: 25,
    };
    return runScript(script);
  };

  it.each(tested)('break no invariant where the scheduler is of release %s', async (release) => {
    for (const magic of releaseNamed(release).reached) {
      const run = await play({ release, magic });
      expect([magic, run.violations, run.restarts]).toEqual([magic, [], 1]);
      expect(run.bought).toBeGreaterThanOrEqual(3);
    }
  });
});
