import { createActor, type EventObject, fromCallback, SimulatedClock } from 'xstate';
import type { CohortCommand } from '../../machines/cohort/messages.ts';
import { fleetManager } from '../../machines/fleet/fleetManager.ts';
import { type Modes, modesOf } from '../../machines/fleet/modes.ts';
import { type Counts, noCounts } from '../../machines/fleet/plan.ts';
import type { Fleet, FleetInput, FleetSettings } from '../../machines/fleet/state.ts';
import { fleetInput, fleetSettings } from '../../src/paths/models/fleetFixtures.ts';
import { scriptedParent, scriptedWorld, settle } from './world.ts';

export {
  fleetInput,
  fleetSettings,
  orphan,
  resent,
  tasksOf,
} from '../../src/paths/models/fleetFixtures.ts';

/** Of a manager that plans and may launch. */
export const servingModes: Modes = {
  ...{ lifecycle: 'active', scheduler: 'present', demand: 'byCount', inventory: 'idle' },
  ...{ monitor: 'connected', hold: 'running', money: 'within' },
};

interface Reported {
  counts: Counts;
  launches: number;
}

/** What a cohort that does at once what it is told has then. */
const applied = ({ counts, launches }: Reported, command: CohortCommand): Reported => {
  switch (command.type) {
    case 'cohort.admit': {
      const groups = command.launches.reduce((sum, { groupIds }) => sum + groupIds.length, 0);
      const pending = counts.pending + groups;
      return { counts: { ...counts, pending }, launches: launches + command.launches.length };
    }
    case 'cohort.adopt':
      return { counts: { ...counts, pending: counts.pending + command.groups.length }, launches };
    case 'cohort.drain': {
      const { pending, idle, busy } = command;
      const stopping = counts.stopping + pending + idle + busy;
      const left = { pending: counts.pending - pending, idle: counts.idle - idle };
      return { counts: { ...counts, ...left, busy: counts.busy - busy, stopping }, launches };
    }
    case 'cohort.cancelDrain': {
      const back = Math.min(command.most, counts.drainPending);
      const rest = command.most - back;
      const busy = { busy: counts.busy + back, drainPending: counts.drainPending - back };
      const pending = { pending: counts.pending + rest, cancelled: counts.cancelled - rest };
      return { counts: { ...counts, ...busy, ...pending }, launches };
    }
    default:
      return { counts, launches };
  }
};

type Actions = NonNullable<Parameters<typeof fleetManager.provide>[0]['actions']>;

/**
 * A fleet manager whose cohorts, inventories and ticks are the test's; with a parent, and its notes. `watching`: actions in
 * place of the machine's own ones.
 */
export const liveManager = (
  given: Partial<FleetInput> = {},
  revised: Partial<FleetSettings> = {},
  watching: Actions = {},
) => {
  const told: CohortCommand[] = [];
  const everTold: CohortCommand[] = [];
  const lines: { input: unknown }[] = [];
  let unanswered: [cohortId: string, command: CohortCommand][] = [];
  const cohort = fromCallback<EventObject, { cohortId: string }>(({ receive, input }) => {
    lines.push({ input });
    receive((event) => {
      told.push(event as CohortCommand);
      everTold.push(event as CohortCommand);
      unanswered.push([input.cohortId, event as CohortCommand]);
    });
  });
  const { actors, calls } = scriptedWorld('inventory', 'journalAdoption');
  const clock = new SimulatedClock();
  const { parent, told: toldParent } = scriptedParent(clock);
  const notes: unknown[] = [];
  const blockers: { missing: number; kinds: string[] }[] = [];
  const note = (_: unknown, params: unknown) => notes.push(params);
  const actor = createActor(
    fleetManager.provide({
      actors: {
        ...actors,
        cohort: cohort as never,
      },
      actions: {
        ...{
          noteBreaker: note,
          noteDesired: note,
          noteFleetDrained: note,
          noteNeverCommanded: note,
          noteMismatch: note,
        },
        ...{ noteCapacity: note, noteInventory: note, noteForeignTask: note },
        ...{ noteClusterLeftOut: note },
        ...{ noteSpending: note, noteMoneyLimit: note, noteRotation: note },
        noteBlockers: (_, report) => {
          const kinds = report.blockers.map(({ kind }) => kind);
          blockers.push({ missing: report.missing, kinds });
        },
        ...watching,
      },
    }),
    { input: { ...fleetInput, settings: { ...fleetSettings, ...revised }, ...given }, parent },
  ).start();
  const fleet = (): Fleet => actor.getSnapshot().context;
  const modes = (): Modes => modesOf(actor.getSnapshot().value);
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
  /** The inventory ends so; what is adopted is accepted, or so much of it. */
  const inventoried = async (outcome: object, accepted = Number.POSITIVE_INFINITY) => {
    const call = calls.inventory.at(-1);
    const adoptions = calls.journalAdoption.length;
    if (outcome instanceof Error) call?.reject(outcome);
    else call?.resolve({ startedAt: fleet().now, tasks: [], unlisted: [], ...outcome });
    await settle();
    const adoption = calls.journalAdoption[adoptions];
    adoption?.resolve((adoption.input as { groups: unknown[] }).groups.slice(0, accepted));
    await settle();
  };
  const reportOf = (cohortId: string, counts: object, launches: number, ended: number) =>
    actor.send({
      ...{ type: 'cohort.changed', cohortId, launches, ended },
      generation: fleet().cohorts[cohortId]?.generation ?? 0,
      counts: { ...noCounts, ...counts },
    });
  /** Reports of the cohort that was opened last. */
  const report = (counts: object, launches = 0, ended = 0) => {
    unanswered = [];
    reportOf(Object.keys(fleet().cohorts).at(-1) ?? '', counts, launches, ended);
  };
  /** Every cohort does what it was told, and reports. */
  const answered = () => {
    const commands = unanswered;
    unanswered = [];
    for (const cohortId of new Set(commands.map(([id]) => id))) {
      const known = fleet().cohorts[cohortId];
      if (!known) continue;
      const own = commands.filter(([id]) => id === cohortId).map(([, each]) => each);
      const { counts, launches } = own.reduce<Reported>(applied, known);
      reportOf(cohortId, counts, launches, 0);
    }
  };
  const orders = () => told.splice(0);
  const hears = () => toldParent.splice(0);
  const says = () => notes.splice(0);
  /** All is known at 10 s, and the scheduler is there. */
  const ready = async () => {
    actor.send({ type: 'fleet.prepared', revision: 'rev:1' });
    at(10_000);
    await inventoried({});
    says();
  };
  return {
    ...{
      actor,
      clock,
      cohorts: { lines },
      calls,
      fleet,
      modes,
      echo,
      tick,
      tickUntil,
      at,
      command,
    },
    ...{ inventoried, report, reportOf, answered, orders, everTold, hears, says, ready, blockers },
  };
};

/** The same, past its beginnings. */
export const readyManager = async (...given: Parameters<typeof liveManager>) => {
  const all = liveManager(...given);
  await all.ready();
  return all;
};

/** The same with faster rates, and all launches that it has ever ordered. */
export const fastManager = async (
  given: Partial<FleetInput> = {},
  revised: Partial<FleetSettings> = {},
) => {
  const rates = { pollsPerTick: 5, launchBurst: 100, launchesPerSecond: 20 };
  const all = await readyManager(given, { ...rates, ...revised });
  const { everTold: told } = all;
  const admitted = () =>
    told.flatMap((command) => (command.type === 'cohort.admit' ? command.launches : []));
  return { ...all, cohort: { told, lines: all.cohorts.lines }, admitted };
};
