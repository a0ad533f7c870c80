import { assign, type DoneActorEvent, type ErrorActorEvent, raise, sendTo } from 'xstate';
import type { CohortCommand } from '../cohort/messages.ts';
import { workersWanted } from '../scheduler/demand.ts';
import { backoff } from '../shared/backoff.ts';
import type { Inventory } from '../shared/domain.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import {
  isCrashLooping,
  onLaunched,
  onRegistered,
  onStable,
  probeEarly,
  recordEarlyExit,
  releaseProbe,
  trip,
} from './circuitBreaker.ts';
import { fleetSetup } from './fleetManagerSetup.ts';
import { total } from './plan.ts';
import {
  drainAll,
  reconcile,
  resetTurnBudget,
  restoreNextCohort,
  updateBreakers,
} from './reconcile.ts';
import {
  capacityToAdvertise,
  echoFresh,
  fleetCounts,
  kept,
  mayLaunch,
  newFleet,
  nextAboveSince,
  openLaunches,
  schedulerReturning,
} from './state.ts';

/** Between two ticks, ms: then it was we who stood still, and not the scheduler who was silent. */
const standstillMs = 10_000;

/** What the tick itself changes: the time, what Fargate allows, and what silence has come to mean. */
const advanceClock = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'tick') return;
  const { settings, emptySince, desired } = context;
  const fleet = { ...context, now: event.now };
  const passed = Math.max(0, event.now - context.now);
  const quietSince = context.quietSince + (passed > standstillMs ? passed : 0);
  const gone = event.now - quietSince >= settings.schedulerGraceMs;
  const empty =
    emptySince !== null && echoFresh(fleet) && event.now - emptySince >= settings.emptyGraceMs;
  enqueue.assign({
    now: event.now,
    quietSince,
    aboveSince: nextAboveSince(context, event.now),
    allowance: Math.min(
      settings.launchBurst,
      context.allowance + (passed / 1000) * settings.launchesPerSecond,
    ),
  });
  if (desired === 0 || !(gone || empty)) return;
  enqueue.assign({ desired: 0 });
  const why = gone ? 'the scheduler is gone for good' : 'nothing but empty requests';
  enqueue({ type: 'noteDesired', params: { tasks: 0, why } });
});

/** The cohorts whose turn it is look at ECS: paced, so that the fleet's size does not set the rate. */
const pollCohorts = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'tick') return;
  const due = Object.entries(context.cohorts)
    .filter(([, { lastPolledAt }]) => event.now - lastPolledAt >= context.settings.pollEveryMs)
    .sort(([, a], [, b]) => a.lastPolledAt - b.lastPolledAt)
    .slice(0, context.settings.pollsPerTick);
  if (due.length === 0) return;
  const cohorts = { ...context.cohorts };
  for (const [cohortId, record] of due) {
    cohorts[cohortId] = { ...record, lastPolledAt: event.now };
    const { monitorConnected } = context;
    const ending = context.stoppingSince !== null;
    const launching = !ending && mayLaunch({ ...context, now: event.now });
    const poll: CohortCommand = {
      type: 'cohort.poll',
      at: event.now,
      monitorConnected,
      launching,
      ending,
    };
    enqueue.sendTo(cohortId, poll);
  }
  enqueue.assign({ cohorts });
});

const onDesired = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.desired') return;
  const { capabilities, workersPerTask } = context.settings;
  const workers = workersWanted(event.requests, capabilities);
  if (workers === null) {
    enqueue.assign({ emptySince: context.emptySince ?? event.at });
    return;
  }
  const desired = Math.ceil(workers / workersPerTask);
  enqueue.assign({ emptySince: null, desired, replacesEnded: true });
  if (desired !== context.desired)
    enqueue({ type: 'noteDesired', params: { tasks: desired, why: `${workers} workers wanted` } });
});

/** One more than there is, unless one is on its way already. */
const onStartRequested = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.startRequested') return;
  enqueue.assign({ replacesEnded: false, emptySince: null });
  const there = kept(fleetCounts(context));
  if (openLaunches(context) > 0 || (context.desired ?? 0) > there) return;
  enqueue.assign({ desired: there + 1 });
  enqueue({ type: 'noteDesired', params: { tasks: there + 1, why: 'one more is wanted' } });
});

/** Which cohort they are in does not matter; the reports will tell how many fewer there are. */
const onShutdownRequested = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.shutdownRequested') return;
  const { desired, now } = context;
  const there = kept(fleetCounts(context));
  enqueue.assign({
    replacesEnded: false,
    desired: desired === null ? null : Math.min(desired, there),
  });
  if (event.taskIds.length === 0) return;
  const generation = context.generation + 1;
  const cohorts = { ...context.cohorts };
  for (const [cohortId, record] of Object.entries(cohorts)) {
    cohorts[cohortId] = { ...record, generation };
    const release: CohortCommand = {
      type: 'cohort.release',
      generation,
      at: now,
      taskIds: event.taskIds,
    };
    enqueue.sendTo(cohortId, release);
  }
  enqueue.assign({ cohorts, generation });
});

const onMismatch = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.mismatch' || event.reason === context.mismatch) return;
  enqueue.assign({ mismatch: event.reason });
  enqueue({ type: 'noteMismatch', params: { reason: event.reason } });
});

/** Each cohort knows its own tasks: it is told all that changed. */
const onMonitorChanged = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'monitor.loads') return;
  const { loads } = event;
  enqueue.assign({
    monitorConnected: loads !== null,
    monitorEverConnected: context.monitorEverConnected || loads !== null,
  });
  for (const cohortId of Object.keys(context.cohorts))
    enqueue.sendTo(cohortId, {
      type: 'cohort.loads',
      at: context.now,
      loads,
    } satisfies CohortCommand);
});

const recordCohortReport = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.changed') return;
  const { cohortId, generation, counts, launches } = event;
  const { [cohortId]: record, ...others } = context.cohorts;
  // It has not heard our last order yet: its numbers would undo what we have just asked for.
  if (!record || (record.generation !== null && generation !== record.generation)) return;
  const fewer = kept(record.counts) - kept(counts);
  if (!context.replacesEnded && context.desired !== null && fewer > 0)
    enqueue.assign({ desired: Math.max(0, context.desired - fewer) });
  if (total(counts) === 0 && launches === 0) {
    enqueue.assign({ cohorts: others });
    enqueue.stopChild(cohortId);
    return;
  }
  const reported = { ...record, counts, launches, generation: null };
  enqueue.assign({ cohorts: { ...context.cohorts, [cohortId]: reported } });
  // What the quota counted and is gone may be had again.
  if (total(counts) - counts.pending < total(record.counts) - record.counts.pending)
    updateBreakers(context.breakers, probeEarly(context.breakers, 'quota', context.now), enqueue);
});

const tripBreaker = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.launchFailed') return;
  const { breakers, now, settings } = context;
  const { kind, reason, market, subnets, groupId = null, signal = 'launched' } = event;
  // Workers end when their scheduler does: that is no failure of theirs.
  if (signal !== 'launched' && (!echoFresh(context) || schedulerReturning(context))) {
    updateBreakers(breakers, releaseProbe(breakers, groupId ?? ''), enqueue);
    return;
  }
  if (event.launchedAt !== undefined) {
    const crashLoop = recordEarlyExit(context.crashLoop, event.launchedAt, now);
    enqueue.assign({ crashLoop });
    if (!isCrashLooping(crashLoop)) {
      updateBreakers(breakers, releaseProbe(breakers, groupId ?? ''), enqueue);
      return;
    }
  }
  // The time is that of the last tick, up to a second old.
  if (event.outcomeUnknown) enqueue.assign({ unknownOutcomeAt: now + 1000 });
  if (kind === 'unprepared') enqueue.sendTo(parent, { type: 'fleet.unprepared' });
  const places = settings.subnets ?? [];
  const named = (subnets ?? places).filter((subnet) => places.includes(subnet));
  const failure = { cause: kind, reason, market, subnets: named, groupId, signal };
  updateBreakers(breakers, trip(breakers, failure, now), enqueue);
});

const closeBreaker = fleetSetup.enqueueActions(({ context: { breakers }, event, enqueue }) => {
  if (event.type !== 'cohort.recovered') return;
  const { groupId, signal, subnet } = event;
  const proved = {
    launched: () => onLaunched(breakers, groupId),
    registered: () => onRegistered(breakers, groupId, subnet),
    stable: () => onStable(breakers),
  }[signal]();
  if (signal === 'stable') enqueue.assign({ crashLoop: { inARow: 0, at: 0 } });
  updateBreakers(breakers, proved, enqueue);
});

const reportDeadTask = fleetSetup.enqueueActions(({ event, enqueue }) => {
  if (event.type === 'task.dead')
    enqueue.sendTo(parent, { type: 'task.dead', taskArn: event.taskArn });
});

const onProbeWithoutResult = fleetSetup.enqueueActions(
  ({ context: { breakers }, event, enqueue }) => {
    if (event.type === 'cohort.probeInconclusive')
      updateBreakers(breakers, releaseProbe(breakers, event.groupId), enqueue);
  },
);

/** Offers the scheduler what the account's quota leaves us, and all again once it is time to probe. */
const advertiseCapacity = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const workers = capacityToAdvertise(context);
  if (workers === context.advertised) return;
  enqueue.assign({ advertised: workers });
  enqueue.sendTo(parent, { type: 'fleet.capacity', workers });
  enqueue({ type: 'noteCapacity', params: { workers } });
});

const onInventory = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  const inventory = (event as DoneActorEvent<Inventory>).output;
  // Who asks for one more does not mean that those whom we only find now are too many.
  if (!context.replacesEnded && context.desired !== null)
    enqueue.assign({ desired: context.desired + inventory.adopted.length });
  enqueue.assign({
    owned: [...context.owned, ...inventory.adopted],
    inventoryAt: inventory.startedAt,
    unconfirmedOrphans: inventory.unconfirmed,
    inventoryFailures: 0,
    listDenied: false,
  });
  enqueue({ type: 'noteInventory', params: { adopted: inventory.adopted.length } });
  enqueue.raise({ type: 'fleet.restoreNext' });
});

/** 2 s, 4 s ... 60 s. */
const inventoryPause = (failures: number): number =>
  backoff(failures, { firstMs: 2000, longestMs: 60_000 });

const onInventoryFailed = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  const lastFailure = noteOf((event as ErrorActorEvent).error);
  const inventoryFailures = context.inventoryFailures + 1;
  const blind = lastFailure.kind === 'denied';
  enqueue.assign({
    inventoryFailures,
    inventoryNotBefore: context.now + inventoryPause(inventoryFailures),
    listDenied: blind,
  });
  enqueue({ type: 'noteInventory', params: { trouble: lastFailure.reason, blind } });
});

/**
 * Desired against actual. It plans from levels (what is wanted, what there is), so a command said
 * twice, an answer lost or a restart in the middle all end in the same place. A cohort that dies of
 * a bug takes the manager along: the next start finds all tasks again, a half-dead one would not.
 */
export const fleetManager = fleetSetup.createMachine({
  id: 'fleetManager',
  type: 'parallel',
  context: ({ input }) => newFleet(input),
  invoke: { id: 'ticker', src: 'ticker' },
  on: {
    'fleet.prepared': { actions: assign({ revision: ({ event }) => event.revision }) },
    'cohort.launchFailed': { actions: [tripBreaker, advertiseCapacity] },
    'cohort.recovered': { actions: closeBreaker },
    'task.dead': { actions: reportDeadTask },
    'cohort.probeInconclusive': { actions: onProbeWithoutResult },
    'monitor.loads': { actions: onMonitorChanged },
    'scheduler.heartbeatEcho': {
      actions: assign({
        lastEchoAt: ({ event }) => event.at,
        quietSince: ({ event }) => event.at,
        returnedAt: ({ context, event }) => (context.schedulerLost ? event.at : context.returnedAt),
        schedulerLost: false,
      }),
    },
    'scheduler.lost': { actions: assign({ schedulerLost: true }) },
    'scheduler.mismatch': { actions: onMismatch },
    'fleet.restoreNext': { guard: 'more', actions: restoreNextCohort },
  },
  states: {
    lifecycle: {
      initial: 'recovering',
      states: {
        // Nothing is launched until all that an earlier run may have launched is known.
        recovering: {
          entry: raise({ type: 'fleet.restoreNext' }, { delay: 0 }),
          on: {
            tick: { actions: [advanceClock, pollCohorts] },
            'scheduler.desired': { actions: onDesired },
            'scheduler.startRequested': { actions: onStartRequested },
            'scheduler.shutdownRequested': { actions: onShutdownRequested },
            'cohort.changed': { actions: recordCohortReport },
            'xstate.done.actor.inventory': 'active',
            // Without the right to list, the journal is all there is: better than never to launch.
            'xstate.error.actor.inventory': { guard: 'deniedForGood', target: 'active' },
            'fleet.stop': 'stopping',
          },
        },
        active: {
          entry: reconcile,
          on: {
            tick: { actions: [advanceClock, pollCohorts, advertiseCapacity, reconcile] },
            'scheduler.desired': { actions: [onDesired, reconcile] },
            'scheduler.startRequested': { actions: [onStartRequested, reconcile] },
            'scheduler.shutdownRequested': { actions: [onShutdownRequested, reconcile] },
            'cohort.changed': { actions: [recordCohortReport, reconcile] },
            'fleet.nextTurn': { actions: [resetTurnBudget, reconcile] },
            'fleet.stop': 'stopping',
          },
        },
        stopping: {
          entry: drainAll,
          on: {
            tick: [
              { guard: 'empty', target: 'stopped' },
              { actions: [advanceClock, pollCohorts, drainAll] },
            ],
            'cohort.changed': { actions: [recordCohortReport, drainAll] },
          },
        },
        stopped: { entry: sendTo(parent, { type: 'fleet.stopped' }) },
      },
    },
    inventory: {
      initial: 'idle',
      states: {
        idle: { on: { tick: { guard: 'inventoryDue', target: 'listing' } } },
        listing: {
          invoke: {
            id: 'inventory',
            src: 'inventory',
            onDone: { target: 'idle', actions: onInventory },
            onError: { target: 'idle', actions: onInventoryFailed },
          },
        },
      },
    },
  },
});
