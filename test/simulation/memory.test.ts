import { expect, it } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { now } from '../../src/shared/clock.ts';
import { plainDialogue } from './dialogueFaults.ts';
import type { Happening, Script } from './script.ts';
import { runScript } from './world.ts';

const minute = 60_000;

/** Ten tasks are desired every 150 s, and none 75 s later: after 30 minutes 120 have ended. */
const roundMs = 2.5 * minute;
const rounds = 12;
const demands = Array.from({ length: 2 * rounds }, (_, i): Happening => {
  return { at: (i * roundMs) / 2, kind: 'demand', tasks: i % 2 === 0 ? 50 : 0 };
});
const script: Script = {
  seed: 1,
  settings: {
    ...{ policy: 'direct', workersPerTask: 1, maxTasks: 10, heartbeatIntervalSeconds: 5 },
    ...{ startDeadlineSeconds: 300, schedulerGraceSeconds: 600, stopTimeoutSeconds: 20 },
    ...{ drainTimeoutSeconds: 10, spot: false, subnets: 1, monitored: true },
    ...plainDialogue,
    ...{ reportEverySeconds: 10, tasksPerWorker: null, cooldownSeconds: 0 },
    ...{ restlessness: 0, leave: false, orphan: false, money: null, scarceCalls: false },
    wide: {
      ...{ maxLifetimeSeconds: null, minIdleSeconds: 0, degradedGraceSeconds: 60 },
      ...{ severalRequests: false, isLarge: false },
    },
  },
  happenings: demands,
  finalDemand: 50,
};

/** All that an object holds, keys and elements, whatever it is nested in. */
function entriesOf(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  const inner = value instanceof Map ? [...value.values()] : Object.values(value);
  const size = value instanceof Map || value instanceof Set ? value.size : inner.length;
  return inner.reduce<number>((sum, each) => sum + entriesOf(each, seen), size);
}

function entriesIn(actor: AnyActorRef): number {
  const { context, children = {} } = actor.getSnapshot() as {
    context?: object;
    children?: Record<string, AnyActorRef | undefined>;
  };
  return Object.values(children).reduce(
    (sum, child) => sum + (child ? entriesIn(child) : 0),
    entriesOf(context),
  );
}

it('what the actors hold does not grow with the number of tasks that have ended', async () => {
  let begun: number | null = null;
  let last = 0;
  let root: AnyActorRef | null = null;
  const held: number[] = [];
  const run = await runScript(script, false, {
    log: { report() {} },
    observe(event: InspectionEvent) {
      root ??= event.actorRef as AnyActorRef;
      begun ??= now();
      // A minute after ten tasks have come to be desired.
      const round = Math.floor((now() - begun - minute) / roundMs);
      if (round <= last || event.type !== '@xstate.snapshot') return;
      last = round;
      held.push(entriesIn(root));
    },
  } as never);
  expect(run.violations).toEqual([]);
  expect(run.bought).toBeGreaterThan(110);
  const [early, late] = [held.slice(5, 8), held.slice(-3)].map((part) => Math.max(...part));
  // Some forty tasks have ended between the two.
  expect(late).toBeLessThan((early as number) + 20);
}, 60_000);
