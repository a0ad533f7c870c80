import { type ActorRefFrom, createActor, SimulatedClock } from 'xstate';
import { fleetManager } from '../../machines/fleet/fleetManager.ts';
import { noCounts } from '../../machines/fleet/plan.ts';
import type { Fleet, FleetInput, FleetSettings } from '../../machines/fleet/state.ts';
import { scriptedParent, scriptedStream, scriptedWorld, settle } from './world.ts';

const settings: FleetSettings = {
  ...{ maxTasks: null, workersPerTask: 2, capabilities: [], spot: false },
  timeouts: {
    ...{ missingGraceMs: 60_000, bootGraceMs: 30_000, startDeadlineMs: 600_000 },
    ...{ workersLostMs: 120_000, unobservedStopMs: 180_000, unobservedExitMs: 5000 },
  },
  ...{ drainTimeoutMs: 300_000, stopDrainMs: 30_000, echoLimitMs: 6000 },
  ...{ emptyGraceMs: 60_000, schedulerGraceMs: 600_000, returnGraceMs: 30_000 },
  ...{ settleMs: 10_000, pollEveryMs: 3000, pollsPerTick: 2, inventoryEveryMs: 60_000 },
  ...{ launchBurst: 1000, launchesPerSecond: 5 },
};

/** Every cohort has done what it was told, and says so. */
export const answerAll = (actor: ActorRefFrom<typeof fleetManager>): void => {
  const { cohorts } = actor.getSnapshot().context;
  for (const [cohortId, { generation, counts, launches }] of Object.entries(cohorts))
    if (generation !== null)
      actor.send({ type: 'cohort.changed', cohortId, generation, counts, launches });
};

/** A manager whose cohorts, survey and ticks are the test's; with a parent and with ears for its notes. */
export const liveManager = (
  given: Partial<FleetInput> = {},
  revised: Partial<FleetSettings> = {},
) => {
  const cohorts = scriptedStream();
  const { actors, calls } = scriptedWorld('inventory');
  const clock = new SimulatedClock();
  const { parent, told } = scriptedParent(clock);
  const notes: unknown[] = [];
  const note = (_: unknown, params: unknown) => notes.push(params);
  const actor = createActor(
    fleetManager.provide({
      actors: {
        ...actors,
        cohort: cohorts.logic as never,
        ticker: scriptedStream().logic as never,
      },
      actions: {
        ...{ noteBreaker: note, noteDesired: note, noteMismatch: note },
        ...{ noteCapacity: note, noteInventory: note },
      },
    }),
    {
      input: {
        settings: { ...settings, ...revised },
        ...{
          epoch: 'e',
          startedAt: 0,
          owned: [],
          resend: [],
          lastLaunchAt: 0,
          abandonedLaunches: 0,
        },
        ...given,
      },
      parent,
    },
  ).start();
  const fleet = (): Fleet => actor.getSnapshot().context;
  const echo = (at: number) => actor.send({ type: 'scheduler.heartbeatEcho', at });
  const tick = (now: number) => actor.send({ type: 'tick', now });
  /** Ticks as far apart as they may be without its having stood still. */
  const tickUntil = (end: number) => {
    for (let now = fleet().now + 10_000; now < end; now += 10_000) tick(now);
    tick(end);
  };
  const at = (now: number) => {
    echo(now);
    tick(now);
  };
  const command = (workers: number) =>
    actor.send({
      ...{ type: 'scheduler.desired', at: fleet().now },
      requests: [{ taskConcurrency: workers, capabilities: [] }],
    });
  const surveyed = async (outcome: object) => {
    const call = calls.inventory.at(-1);
    if (outcome instanceof Error) call?.reject(outcome);
    else call?.resolve({ startedAt: fleet().now, adopted: [], unconfirmed: 0, ...outcome });
    await settle();
  };
  /** Reports of the cohort that was opened last. */
  const report = (counts: object, launches = 0) =>
    actor.send({
      type: 'cohort.changed',
      cohortId: Object.keys(fleet().cohorts).at(-1) ?? '',
      generation: Object.values(fleet().cohorts).at(-1)?.generation ?? 0,
      counts: { ...noCounts, ...counts },
      launches,
    });
  const answered = () => answerAll(actor);
  const orders = () => cohorts.told.splice(0);
  const hears = () => told.splice(0);
  const says = () => notes.splice(0);
  /** All is known at 10 s, and the scheduler is there. */
  const ready = async () => {
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(10_000);
    await surveyed({});
    says();
  };
  return {
    ...{
      actor,
      clock,
      cohorts,
      calls,
      fleet,
      echo,
      tick,
      tickUntil,
      at,
      command,
      surveyed,
      report,
      answered,
    },
    ...{ orders, hears, says, ready },
  };
};

/** The same, past its beginnings. */
export const readyManager = async (...given: Parameters<typeof liveManager>) => {
  const all = liveManager(...given);
  await all.ready();
  return all;
};
