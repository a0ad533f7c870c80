import { assign, type DoneActorEvent, type ErrorActorEvent, raise, sendTo } from 'xstate';
import type { CohortOrder } from '../cohort/messages.ts';
import { workersWanted } from '../scheduler/demand.ts';
import { backoff } from '../shared/backoff.ts';
import type { Survey } from '../shared/domain.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import {
  diedEarly,
  eased,
  isPattern,
  lasted,
  served,
  taken,
  tripped,
  unproved,
} from './circuitBreaker.ts';
import { passTasks, tellRecovered, tellRemaining } from './fleetFacts.ts';
import { managerSetup } from './fleetManagerSetup.ts';
import { total } from './plan.ts';
import { beginTurn, evacuate, rebreak, steer, unpack } from './reconcile.ts';
import {
  echoFresh,
  fleetCounts,
  justBack,
  mayLaunch,
  newFleet,
  nextAboveSince,
  offer,
  openLaunches,
  staying,
} from './state.ts';

/** Between two ticks, ms: then it was we who stood still, and not the scheduler who was silent. */
const standstillMs = 10_000;

/** What the tick itself changes: the time, what Fargate allows, and what silence has come to mean. */
const passTime = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'tick') return;
  const { settings, emptySince, wanted } = context;
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
  if (wanted === 0 || !(gone || empty)) return;
  enqueue.assign({ wanted: 0 });
  const why = gone ? 'the scheduler is gone for good' : 'nothing but empty requests';
  enqueue({ type: 'noteWanted', params: { tasks: 0, why } });
});

/** The cohorts whose turn it is look at ECS: paced, so that the fleet's size does not set the rate. */
const look = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'tick') return;
  const due = Object.entries(context.cohorts)
    .filter(([, { lookedAt }]) => event.now - lookedAt >= context.settings.lookEveryMs)
    .sort(([, a], [, b]) => a.lookedAt - b.lookedAt)
    .slice(0, context.settings.looksPerTick);
  if (due.length === 0) return;
  const cohorts = { ...context.cohorts };
  for (const [cohortId, row] of due) {
    cohorts[cohortId] = { ...row, lookedAt: event.now };
    const { monitored } = context;
    const ending = context.stoppingSince !== null;
    const launching = !ending && mayLaunch({ ...context, now: event.now });
    const order: CohortOrder = { type: 'cohort.look', at: event.now, monitored, launching, ending };
    enqueue.sendTo(cohortId, order);
  }
  enqueue.assign({ cohorts });
});

const hear = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.desired') return;
  const { capabilities, workersPerTask } = context.settings;
  const workers = workersWanted(event.requests, capabilities);
  if (workers === null) {
    enqueue.assign({ emptySince: context.emptySince ?? event.at });
    return;
  }
  const wanted = Math.ceil(workers / workersPerTask);
  enqueue.assign({ emptySince: null, wanted, replaces: true });
  if (wanted !== context.wanted)
    enqueue({ type: 'noteWanted', params: { tasks: wanted, why: `${workers} workers wanted` } });
});

/** One more than there is, unless one is on its way already. */
const hearStart = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.startRequested') return;
  enqueue.assign({ replaces: false, emptySince: null });
  const there = staying(fleetCounts(context));
  if (openLaunches(context) > 0 || (context.wanted ?? 0) > there) return;
  enqueue.assign({ wanted: there + 1 });
  enqueue({ type: 'noteWanted', params: { tasks: there + 1, why: 'one more is wanted' } });
});

/** Which cohort they are in does not matter; the reports will tell how many fewer there are. */
const hearRelease = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.shutdownRequested') return;
  const { wanted, now } = context;
  const there = staying(fleetCounts(context));
  enqueue.assign({ replaces: false, wanted: wanted === null ? null : Math.min(wanted, there) });
  if (event.taskIds.length === 0) return;
  const order = context.ordered + 1;
  const cohorts = { ...context.cohorts };
  for (const [cohortId, row] of Object.entries(cohorts)) {
    cohorts[cohortId] = { ...row, order };
    const release: CohortOrder = { type: 'cohort.release', order, at: now, taskIds: event.taskIds };
    enqueue.sendTo(cohortId, release);
  }
  enqueue.assign({ cohorts, ordered: order });
});

const hearMismatch = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.mismatch' || event.reason === context.mismatch) return;
  enqueue.assign({ mismatch: event.reason });
  enqueue({ type: 'noteMismatch', params: { reason: event.reason } });
});

/** Each cohort knows its own tasks: it is told all that changed. */
const hearMonitor = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'monitor.loads') return;
  const { loads } = event;
  enqueue.assign({ monitored: loads !== null, watched: context.watched || loads !== null });
  for (const cohortId of Object.keys(context.cohorts))
    enqueue.sendTo(cohortId, {
      type: 'cohort.heard',
      at: context.now,
      loads,
    } satisfies CohortOrder);
});

const book = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.changed') return;
  const { cohortId, order, counts, launches } = event;
  const { [cohortId]: row, ...others } = context.cohorts;
  // It has not heard our last order yet: its numbers would undo what we have just asked for.
  if (!row || (row.order !== null && order !== row.order)) return;
  const fewer = staying(row.counts) - staying(counts);
  if (!context.replaces && context.wanted !== null && fewer > 0)
    enqueue.assign({ wanted: Math.max(0, context.wanted - fewer) });
  if (total(counts) === 0 && launches === 0) {
    enqueue.assign({ cohorts: others });
    enqueue.stopChild(cohortId);
    return;
  }
  const reported = { ...row, counts, launches, order: null };
  enqueue.assign({ cohorts: { ...context.cohorts, [cohortId]: reported } });
  // What the quota counted and is gone may be had again.
  if (total(counts) - counts.booting < total(row.counts) - row.counts.booting)
    rebreak(context.breakers, eased(context.breakers, 'quota', context.now), enqueue);
});

const holdBack = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.setback') return;
  const { breakers, now, settings } = context;
  const { kind, reason, market, subnets, groupId = null, proof = 'launched' } = event;
  // Workers end when their scheduler does: that is no failure of theirs.
  if (proof !== 'launched' && (!echoFresh(context) || justBack(context))) {
    rebreak(breakers, unproved(breakers, groupId ?? ''), enqueue);
    return;
  }
  if (event.launchedAt !== undefined) {
    const earlyDeaths = diedEarly(context.earlyDeaths, event.launchedAt, now);
    enqueue.assign({ earlyDeaths });
    if (!isPattern(earlyDeaths)) {
      rebreak(breakers, unproved(breakers, groupId ?? ''), enqueue);
      return;
    }
  }
  // The time is that of the last tick, up to a second old.
  if (event.doubted) enqueue.assign({ doubtedAt: now + 1000 });
  if (kind === 'unprepared') enqueue.sendTo(parent, { type: 'fleet.unprepared' });
  const places = settings.subnets ?? [];
  const named = (subnets ?? places).filter((subnet) => places.includes(subnet));
  const setback = { cause: kind, reason, market, subnets: named, groupId, proof };
  rebreak(breakers, tripped(breakers, setback, now), enqueue);
});

const prove = managerSetup.enqueueActions(({ context: { breakers }, event, enqueue }) => {
  if (event.type !== 'cohort.proved') return;
  const { groupId, proof, subnet } = event;
  const proved = {
    launched: () => taken(breakers, groupId),
    served: () => served(breakers, groupId, subnet),
    lasted: () => lasted(breakers),
  }[proof]();
  if (proof === 'lasted') enqueue.assign({ earlyDeaths: { inARow: 0, at: 0 } });
  rebreak(breakers, proved, enqueue);
});

const passOn = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type === 'cohort.dead')
    enqueue.sendTo(parent, { type: 'task.dead', at: context.now, taskArn: event.taskArn });
});

const proveNothing = managerSetup.enqueueActions(({ context: { breakers }, event, enqueue }) => {
  if (event.type === 'cohort.unproved')
    rebreak(breakers, unproved(breakers, event.groupId), enqueue);
});

/** Offers the scheduler what the account's quota leaves us, and all again once it is time to probe. */
const advertise = managerSetup.enqueueActions(({ context, enqueue }) => {
  const workers = offer(context);
  if (workers === context.advertised) return;
  enqueue.assign({ advertised: workers });
  enqueue.sendTo(parent, { type: 'fleet.capacity', workers });
  enqueue({ type: 'noteOffer', params: { workers } });
});

const land = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  const survey = (event as DoneActorEvent<Survey>).output;
  // Who asks for one more does not mean that those found only now are too many, as far as the limit allows them.
  const most = context.settings.maxTasks ?? Number.POSITIVE_INFINITY;
  if (!context.replaces && context.wanted !== null)
    enqueue.assign({ wanted: Math.min(context.wanted + survey.adopted.length, most) });
  enqueue.assign({
    owned: [...context.owned, ...survey.adopted],
    surveyedAt: survey.startedAt,
    suspects: survey.suspects,
    surveyFailures: 0,
    blind: false,
  });
  enqueue({ type: 'noteSurvey', params: { adopted: survey.adopted.length } });
  enqueue.sendTo(parent, { type: 'fleet.inventoryCompleted', at: context.now });
  enqueue.raise({ type: 'queue.next' });
});

/** 2 s, 4 s ... 60 s. */
const surveyPause = (failures: number): number =>
  backoff(failures, { firstMs: 2000, longestMs: 60_000 });

const missSurvey = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  const trouble = noteOf((event as ErrorActorEvent).error);
  const surveyFailures = context.surveyFailures + 1;
  const blind = trouble.kind === 'denied';
  enqueue.assign({
    surveyFailures,
    surveyAfter: context.now + surveyPause(surveyFailures),
    blind,
  });
  enqueue({ type: 'noteSurvey', params: { trouble: trouble.reason, blind } });
  if (blind) enqueue.sendTo(parent, { type: 'fleet.inventoryCompleted', at: context.now });
});

/**
 * Desired against actual. It plans from levels (what is wanted, what there is), so a command said
 * twice, an answer lost or a restart in the middle all end in the same place. A cohort that dies of
 * a bug takes the manager along: the next start finds all tasks again, a half-dead one would not.
 */
export const manager = managerSetup.createMachine({
  id: 'manager',
  type: 'parallel',
  context: ({ input }) => newFleet(input),
  on: {
    'fleet.prepared': { actions: assign({ revision: ({ event }) => event.revision }) },
    'cohort.setback': { actions: [holdBack, advertise] },
    'cohort.proved': { actions: prove },
    'cohort.dead': { actions: passOn },
    'cohort.tasks': { actions: passTasks },
    'cohort.unproved': { actions: proveNothing },
    'monitor.loads': { actions: hearMonitor },
    'scheduler.heartbeatEcho': {
      actions: assign({
        lastEchoAt: ({ event }) => event.at,
        quietSince: ({ event }) => event.at,
        // It was for a scheduler that was gone for good that nothing was wanted. This one may be content, and silent.
        wanted: ({ context, event }) =>
          event.at - context.quietSince >= context.settings.schedulerGraceMs
            ? null
            : context.wanted,
        returnedAt: ({ context, event }) => (context.lost ? event.at : context.returnedAt),
        lost: false,
      }),
    },
    'scheduler.lost': { actions: assign({ lost: true }) },
    'scheduler.mismatch': { actions: hearMismatch },
    'queue.next': { guard: 'more', actions: unpack },
  },
  states: {
    duty: {
      initial: 'recovering',
      states: {
        // Nothing is launched until all that an earlier run may have launched is known.
        recovering: {
          entry: [tellRecovered, raise({ type: 'queue.next' }, { delay: 0 })],
          on: {
            tick: { actions: [passTime, look] },
            'scheduler.desired': { actions: hear },
            'scheduler.startRequested': { actions: hearStart },
            'scheduler.shutdownRequested': { actions: hearRelease },
            'cohort.changed': { actions: book },
            'xstate.done.actor.survey': 'active',
            // Without the right to list, the journal is all there is: better than never to launch.
            'xstate.error.actor.survey': { guard: 'deniedForGood', target: 'active' },
            'fleet.stop': 'stopping',
          },
        },
        active: {
          entry: steer,
          on: {
            tick: { actions: [passTime, look, advertise, steer] },
            'scheduler.desired': { actions: [hear, steer] },
            'scheduler.startRequested': { actions: [hearStart, steer] },
            'scheduler.shutdownRequested': { actions: [hearRelease, steer] },
            'cohort.changed': { actions: [book, steer] },
            'plan.again': { actions: [beginTurn, steer] },
            'fleet.stop': 'stopping',
          },
        },
        stopping: {
          entry: [evacuate, tellRemaining],
          on: {
            tick: [{ guard: 'empty', target: 'stopped' }, { actions: [passTime, look, evacuate] }],
            'cohort.changed': { actions: [book, evacuate, tellRemaining] },
          },
        },
        stopped: { entry: sendTo(parent, { type: 'fleet.stopped' }) },
      },
    },
    survey: {
      initial: 'resting',
      states: {
        resting: { on: { tick: { guard: 'surveyDue', target: 'listing' } } },
        listing: {
          invoke: {
            id: 'survey',
            src: 'survey',
            onDone: { target: 'resting', actions: land },
            onError: { target: 'resting', actions: missSurvey },
          },
        },
      },
    },
  },
});
