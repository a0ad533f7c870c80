import {
  and,
  assertEvent,
  type DoneActorEvent,
  type ErrorActorEvent,
  not,
  or,
  setup,
  stateIn,
} from 'xstate';
import { cohort } from '../cohort/cohort.ts';
import type { CohortEvent } from '../cohort/messages.ts';
import type { MonitorEvent, SchedulerEvent } from '../scheduler/events.ts';
import { workersDesired } from '../scheduler/workersDesired.ts';
import type { OwnedGroup, TaskList } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import { moneyClearMs } from '../shared/timing.ts';
import { type AdoptionDecision, decideAdoption, type ForeignTask } from './adoption.ts';
import type { Change } from './circuitBreaker.ts';
import { endsDenied, endsWithoutLook } from './lastLook.ts';
import { type Blocker, limitsReached } from './launchGate.ts';
import { type Modes, readModes } from './modes.ts';
import type { LimitName, Spending, SpentRecord } from './money.ts';
import { afterPreparation } from './preparation.ts';
import {
  allObserved,
  denialsBelieved,
  denialsBelievedIfOwed,
  echoFreshAt,
  type Fleet,
  type FleetInput,
  isEmpty,
  queued,
  quietSinceAt,
  returnedLately,
} from './state.ts';
import { type ListReading, readList } from './taskLists.ts';
import { inventoryDue, searchDue } from './whenToList.ts';

export type FleetEvent =
  | SchedulerEvent
  | MonitorEvent
  | CohortEvent
  | DoneActorEvent<unknown>
  | ErrorActorEvent
  | { type: 'tick'; now: number }
  /** `clusterCreated`: the cluster has just been created, so no task can run in it. */
  | { type: 'fleet.prepared'; revision: string; clusterCreated?: boolean | undefined }
  | { type: 'fleet.hold'; at: number; reason: string }
  | { type: 'fleet.resume'; at: number }
  /** Ordered by an operator after a repair: every breaker probes at once. */
  | { type: 'fleet.retryNow' }
  /** Ordered by an operator: these groups leave at an idle moment; what is desired stays. */
  | { type: 'fleet.drainGroups'; at: number; groupIds: string[] }
  | { type: 'fleet.stop' }
  /** Everything stays as it is for the next start: nothing is launched or drained any more. */
  | { type: 'fleet.leave' }
  /** While stopping: groups at work leave now, too. */
  | { type: 'fleet.stopNow' }
  /** To itself: put the next cohort's worth of recovered tasks into a cohort. */
  | { type: 'fleet.restoreNext' }
  /** To itself: the event loop has turned, and more may be launched. */
  | { type: 'fleet.nextTurn' }
  /** To itself: the event loop has turned, and more loads may be passed on. */
  | { type: 'fleet.nextLoads' }
  /** To itself: compare desired and actual. */
  | { type: 'fleet.reconcile' }
  /** To itself: every cohort has reported, so no more is desired than there is. */
  | { type: 'fleet.startsSettled' }
  /** To itself: the first inventory has shown tasks of an earlier run. */
  | { type: 'fleet.tookOver' }
  | ListRead
  /** To itself: a complete list of our tasks was taken in. */
  | { type: 'inventory.completed' }
  /** To itself: what a list shows is left alone for now. */
  | { type: 'inventory.deferred' };

/** To itself: what the list of our tasks that has just come says, and what to adopt where it is complete. */
export interface ListRead {
  type: 'list.read';
  reading: ListReading;
  decision: AdoptionDecision;
}

export function listRead(fleet: Fleet, list: TaskList): ListRead {
  const reading = readList(list, fleet.lists);
  const { workerSchedulerAddress, tagSuffices } = fleet.settings;
  const facts = { ...fleet, workerSchedulerAddress, tagSuffices };
  return { type: 'list.read', reading, decision: decideAdoption(reading.inventory, facts) };
}

/** Guards that read it are for that event alone. */
function listReadIn(event: FleetEvent): ListRead {
  assertEvent(event, 'list.read');
  return event;
}

/** The time of a tick: guards that read it are for that event alone. */
function nowOf(event: FleetEvent): number {
  assertEvent(event, 'tick');
  return event.now;
}

/** Why an inventory or an adoption has failed. */
const failureKindOf = (event: { type: string }) => noteOf((event as ErrorActorEvent).error).kind;

/** What the fleet manager gets, runs and reports; its machine and its actions are written in terms of this. */
export const fleetSetup = setup({
  types: {} as { input: FleetInput; context: Fleet; events: FleetEvent },
  actors: {
    cohort,
    /** Lists our tasks. Rejects if the cluster of the settings cannot be listed. */
    inventory: effect<TaskList>('inventory'),
    /** Resolves to the groups that the ledger accepted. */
    journalAdoption: effect<OwnedGroup[], { groups: OwnedGroup[] }>('journalAdoption'),
  },
  guards: {
    /** After the end a list would take over tasks that are not stopped any more. */
    inventoryDue: and([
      not(stateIn({ lifecycle: 'stopped' })),
      ({ context, event }) => inventoryDue(context, nowOf(event), false),
    ]),
    /** The end waits for a list that would show more. */
    lastInventoryDue: and([
      stateIn({ lifecycle: 'stopping' }),
      ({ context, event }) => inventoryDue(context, nowOf(event), true),
    ]),
    searchDue: ({ context, event }) => searchDue(context, nowOf(event)),
    /** At the end the cluster does not exist any more; this run has prepared it, so it did exist. */
    clusterGone: and([
      or([stateIn({ lifecycle: 'stopping' }), stateIn({ lifecycle: 'stopped' })]),
      ({ context, event }) => failureKindOf(event) === 'unprepared' && context.revision !== null,
    ]),
    /** Nothing needs to settle: the first list need not wait for a tick. */
    firstInventoryDue: ({ context, event }) => {
      assertEvent(event, 'fleet.prepared');
      const { inventoryAt, now } = context;
      return inventoryAt === null && inventoryDue(afterPreparation(context, event), now, false);
    },
    /** What a cluster elsewhere holds is unknown. */
    listIncomplete: ({ event }) => listReadIn(event).reading.incomplete !== null,
    mayBelongToAnother: ({ event }) => listReadIn(event).decision.deferred > 0,
    adopts: ({ event }) => listReadIn(event).decision.adoption.adopting.length > 0,
    /** Groups or launches still wait to be put into a cohort. */
    hasQueued: ({ context }) => context.owned.length + context.resend.length > 0,
    hasGroups: ({ context }) => queued(context) + Object.keys(context.cohorts).length > 0,
    /** A list that is due or on its way may show more than was ever known, so it comes first. */
    empty: and([
      not(stateIn({ inventory: 'listing' })),
      ({ context, event }) => isEmpty(context) && !inventoryDue(context, nowOf(event), true),
    ]),
    emptyUnseen: ({ context, event }) => endsWithoutLook(context, nowOf(event)),
    emptyDenied: and([
      not(stateIn({ inventory: 'listing' })),
      ({ context, event }) => endsDenied(context, nowOf(event)),
    ]),
    /** `denials` does not count this one yet. */
    deniedForGood: ({ context: { launchesGivenUp, journalIncomplete, denials }, event }) => {
      const isOwed = launchesGivenUp > 0 || journalIncomplete;
      const believed = isOwed ? denialsBelievedIfOwed : denialsBelieved;
      return failureKindOf(event) === 'denied' && denials + 1 >= believed;
    },
    schedulerGone: ({ context, event }) =>
      nowOf(event) - quietSinceAt(context, nowOf(event)) >= context.settings.schedulerGraceMs,
    schedulerSilent: ({ context, event }) => !echoFreshAt(context, nowOf(event)),
    returnedForLong: ({ context, event }) => !returnedLately(context, nowOf(event)),
    returnedLately: ({ context, event }) => {
      assertEvent(event, 'scheduler.heartbeatEcho');
      return returnedLately(context, event.at);
    },
    onlyEmptyRequests: ({ context, event }) =>
      context.desired !== 0 &&
      context.emptySince !== null &&
      nowOf(event) - context.emptySince >= context.settings.emptyGraceMs,
    /** It has answered for a minute, since it was first heard or is back after long, and has commanded nothing. */
    neverCommands: and([
      stateIn({ scheduler: 'present' }),
      ({ context, event }) =>
        echoFreshAt(context, nowOf(event)) &&
        context.emptySince === null &&
        nowOf(event) - (context.answersSince ?? nowOf(event)) >= context.settings.emptyGraceMs,
    ]),
    /** An empty list is no number. */
    namesWorkers: ({ context, event }) => {
      assertEvent(event, 'scheduler.desired');
      return workersDesired(event.requests, context.settings.capabilities) !== null;
    },
    allObserved: ({ context }) => allObserved(context),
    byStarts: stateIn({ demand: 'byStarts' }),
    startsCalledOff: stateIn({ demand: { byStarts: 'calledOff' } }),
    desiresTasks: ({ context }) => context.desired !== 0,
    monitorConnected: ({ event }) => {
      assertEvent(event, 'monitor.loads');
      return event.loads !== null;
    },
    schedulerPresent: stateIn({ scheduler: 'present' }),
    schedulerWasGone: stateIn({ scheduler: 'gone' }),
    moneyLimited: ({ context }) => limitsReached(context).length > 0,
    moneyClear: ({ context: { money, now } }) =>
      money.clearSince !== null && now - money.clearSince >= moneyClearMs,
  },
  actions: {
    /** Launching is held back, tested with one, or held back no longer. */
    noteBreaker: (_, _change: Change) => {},
    /** Why nothing is launched although something is desired; an empty list: launching goes on. */
    noteBlockers: (_, _report: { missing: number; blockers: Blocker[] }) => {},
    /** The scheduler answers heartbeats and has never commanded anything. */
    noteNeverCommanded: (_, _answering: { seconds: number }) => {},
    noteDesired: (_, _desired: { tasks: number | null; why: string }) => {},
    /** The whole fleet is drained, and not because the scheduler wants it. */
    noteFleetDrained: (_, _reason: { why: string }) => {},
    /** Our workers could not serve this scheduler (or they can again): a person must act. */
    noteMismatch: (_, _mismatch: { reason: string | null }) => {},
    noteCapacity: (_, _capacity: { workers: number | null }) => {},
    /** `complete`: it would show what every launch without an answer may have started. */
    noteInventory: (
      _,
      _inventory: { adopted: number; complete: boolean } | { trouble: string; blind: boolean },
    ) => {},
    /** A cluster elsewhere cannot be listed, and the list is taken for complete without it. */
    noteClusterLeftOut: (_, _cluster: { cluster: string; reason: string }) => {},
    /** A task with our ownership tag that is not ours to adopt. */
    noteForeignTask: (_, _task: ForeignTask) => {},
    /** What the journal keeps of what was spent has changed. */
    noteSpending: (_, _spent: SpentRecord) => {},
    /** The workers that are desired without the replacements of groups that are too old; null: none is replaced. */
    noteRotation: (_, _rotation: { workers: number | null }) => {},
    /** A limit of money is in the way of the next launch; an empty list: none is any more. */
    noteMoneyLimit: (
      _,
      _limit: { limits: LimitName[]; onLimit: 'hold' | 'drain' } & Spending,
    ) => {},
  },
});

export type ActionArgs = Parameters<Parameters<typeof fleetSetup.enqueueActions>[0]>[0];
export type Enqueue = ActionArgs['enqueue'];

/** The states of the regions, as of the beginning of this step. */
export function modesIn(check: ActionArgs['check']): Modes {
  return readModes((region, state) => check(stateIn({ [region]: state }) as never));
}
