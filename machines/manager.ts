import { assign, type DoneActorEvent, type ErrorActorEvent, raise, sendTo, setup } from 'xstate';
import { cohortSize, type LaunchPlan, type Share } from './books.ts';
import { type CohortOrder, type CohortReport, cohort } from './cohort.ts';
import { workersWanted } from './demand.ts';
import { effect, stream } from './effect.ts';
import type { Survey } from './facts.ts';
import { noteOf } from './failure.ts';
import {
  type CohortRow,
  cohortWithRoom,
  draining,
  drainsOf,
  echoFresh,
  type Fleet,
  fleetCounts,
  type Hold,
  isEmpty,
  justBack,
  type ManagerInput,
  market,
  mayLaunch,
  newFleet,
  nextHold,
  offer,
  openLaunches,
  reprievesOf,
  spotHoldMs,
  staying,
  surveyDue,
} from './fleet.ts';
import type { MonitorEvent } from './monitor.ts';
import { parent } from './parent.ts';
import { noCounts, plan, serving, total } from './plan.ts';
import type { SchedulerEvent } from './session.ts';

/** What one RunTask may start. */
const launchSize = 10;

type Event =
  | SchedulerEvent
  | MonitorEvent
  | CohortReport
  | DoneActorEvent<unknown>
  | ErrorActorEvent
  | { type: 'tick'; now: number }
  | { type: 'aws.ready'; revision: string }
  | { type: 'queue.next' }
  | { type: 'plan.again' }
  | { type: 'manager.stop' };

const managerSetup = setup({
  types: {} as { input: ManagerInput; context: Fleet; events: Event },
  actors: {
    cohort,
    ticker: stream('ticker'),
    survey: effect<Survey>('survey'),
  },
  guards: {
    surveyDue: ({ context, event }) => event.type === 'tick' && surveyDue(context, event.now),
    more: ({ context }) => context.owned.length + context.resend.length > 0,
    empty: ({ context }) => isEmpty(context),
    denied: ({ event }) => 'error' in event && noteOf(event.error).kind === 'denied',
  },
  actions: {
    /** Launching is held back, or held back no longer: people want to know. */
    noteHold: (_, _hold: Hold) => {},
    noteWanted: (_, _wanted: { tasks: number | null; why: string }) => {},
    /** Our workers could not serve this scheduler (or they can again): a person must act. */
    noteMismatch: (_, _mismatch: { reason: string | null }) => {},
    noteOffer: (_, _offer: { workers: number | null }) => {},
    noteSpot: (_, _spot: { onDemandUntil: number; reason: string }) => {},
    noteSurvey: (_, _survey: { adopted: number } | { trouble: string; blind: boolean }) => {},
  },
});

/** What the tick itself changes: the time, what Fargate allows, and what silence has come to mean. */
const passTime = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'tick') return;
  const { settings, emptySince, wanted } = context;
  const fleet = { ...context, now: event.now };
  const passed = Math.max(0, event.now - context.now) / 1000;
  const gone = event.now - (context.lastEchoAt ?? context.startedAt) >= settings.schedulerGraceMs;
  const empty =
    emptySince !== null && echoFresh(fleet) && event.now - emptySince >= settings.emptyGraceMs;
  enqueue.assign({
    now: event.now,
    allowance: Math.min(
      settings.launchBurst,
      context.allowance + passed * settings.launchesPerSecond,
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
    enqueue.sendTo(cohortId, {
      type: 'cohort.look',
      at: event.now,
      monitored,
    } satisfies CohortOrder);
  }
  enqueue.assign({ cohorts });
});

const hear = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.command') return;
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
  if (event.type !== 'scheduler.start') return;
  enqueue.assign({ replaces: false, emptySince: null });
  const there = staying(fleetCounts(context));
  if (openLaunches(context) > 0 || (context.wanted ?? 0) > there) return;
  enqueue.assign({ wanted: there + 1 });
  enqueue({ type: 'noteWanted', params: { tasks: there + 1, why: 'one more is wanted' } });
});

/** Which cohort they are in does not matter; the reports will tell how many fewer there are. */
const hearRelease = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'scheduler.release') return;
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
  if (event.type !== 'monitor.heard') return;
  const { loads } = event;
  enqueue.assign({ monitored: loads !== null });
  for (const cohortId of Object.keys(context.cohorts))
    enqueue.sendTo(cohortId, {
      type: 'cohort.heard',
      at: context.now,
      loads,
    } satisfies CohortOrder);
});

/** Puts up to one cohort's worth of what was restored or adopted into a cohort of its own. */
const unpack = managerSetup.enqueueActions(({ context, enqueue }) => {
  const launches = context.resend.slice(0, cohortSize / launchSize);
  const groups = context.owned.slice(0, launches.length > 0 ? 0 : cohortSize);
  const cohortId = `cohort-${context.opened}`;
  const order = context.ordered + 1;
  enqueue.spawnChild('cohort', {
    id: cohortId,
    input: { cohortId, patience: context.settings.patience },
  });
  enqueue.sendTo(
    cohortId,
    (launches.length > 0
      ? { type: 'cohort.admit', order, launches, at: context.now }
      : { type: 'cohort.adopt', order, groups }) satisfies CohortOrder,
  );
  const size = groups.length + launches.reduce((sum, { groupIds }) => sum + groupIds.length, 0);
  enqueue.assign({
    opened: context.opened + 1,
    ordered: order,
    resend: context.resend.slice(launches.length),
    owned: context.owned.slice(groups.length),
    // Whatever a launch that is sent again may start, it starts from now on.
    lastLaunchAt: launches.length > 0 ? context.now : context.lastLaunchAt,
    cohorts: {
      ...context.cohorts,
      [cohortId]: {
        counts: { ...noCounts, booting: size },
        launches: launches.length,
        order,
        lookedAt: 0,
      },
    },
  });
  enqueue.raise({ type: 'queue.next' }, { delay: 0 });
});

const newLaunches = (fleet: Fleet, revision: string, groups: number): LaunchPlan[] =>
  Array.from({ length: Math.ceil(groups / launchSize) }, (_, i) => {
    const label = `${fleet.epoch}-${fleet.launched + i + 1}`;
    const count = Math.min(launchSize, groups - i * launchSize);
    return {
      order: { label, clientToken: `se-${label}`, count, revision, market: market(fleet) },
      groupIds: Array.from({ length: count }, (_, n) => `${label}-${n}`),
      doubted: false,
    };
  });

type Enqueue = Parameters<Parameters<typeof managerSetup.enqueueActions>[0]>[0]['enqueue'];

const sendDrains = (
  fleet: Fleet,
  drains: [cohortId: string, share: Share][],
  until: number,
  enqueue: Enqueue,
): void => {
  if (drains.length === 0) return;
  const cohorts = { ...fleet.cohorts };
  const order = fleet.ordered + 1;
  for (const [cohortId, share] of drains) {
    cohorts[cohortId] = draining(cohorts[cohortId] as CohortRow, share, order);
    const drain: CohortOrder = { type: 'cohort.drain', order, ...share, at: fleet.now, until };
    enqueue.sendTo(cohortId, drain);
  }
  enqueue.assign({ cohorts, ordered: order });
};

/** From what is wanted and what is to orders: at most one cohort's worth of launches at a time. */
const steer = managerSetup.enqueueActions(({ context, enqueue }) => {
  const { settings, revision } = context;
  const launches = mayLaunch(context) ? Math.floor(context.allowance) : 0;
  const { reprieve, admit, drainBooting, drainServing } = plan(
    context.wanted,
    fleetCounts(context),
    {
      maxTasks: settings.maxTasks,
      launches,
    },
  );
  if (reprieve > 0) {
    const order = context.ordered + 1;
    const cohorts = { ...context.cohorts };
    for (const [cohortId, most] of reprievesOf(context, reprieve)) {
      const row = cohorts[cohortId] as CohortRow;
      const { waiting, busy } = row.counts;
      const counts = { ...row.counts, waiting: waiting - most, busy: busy + most };
      cohorts[cohortId] = { ...row, order, counts };
      enqueue.sendTo(cohortId, { type: 'cohort.reprieve', order, most } satisfies CohortOrder);
    }
    enqueue.assign({ cohorts, ordered: order });
    // Who is still missing is launched by the next plan.
    enqueue.raise({ type: 'plan.again' }, { delay: 0 });
    return;
  }
  if (admit > 0 && revision !== null) {
    const some = Math.min(admit, cohortSize);
    const roomy = cohortWithRoom(context, Math.min(some, launchSize));
    const cohortId = roomy ?? `cohort-${context.opened}`;
    const row = context.cohorts[cohortId] ?? {
      counts: noCounts,
      launches: 0,
      order: 0,
      lookedAt: context.now,
    };
    const size = Math.min(some, cohortSize - total(row.counts));
    const launches = newLaunches(context, revision, size);
    const order = context.ordered + 1;
    if (roomy === undefined)
      enqueue.spawnChild('cohort', {
        id: cohortId,
        input: { cohortId, patience: settings.patience },
      });
    enqueue.sendTo(cohortId, {
      type: 'cohort.admit',
      order,
      launches,
      at: context.now,
    } satisfies CohortOrder);
    enqueue.assign({
      opened: context.opened + (roomy === undefined ? 1 : 0),
      ordered: order,
      launched: context.launched + launches.length,
      lastLaunchAt: context.now,
      allowance: context.allowance - size,
      cohorts: {
        ...context.cohorts,
        [cohortId]: {
          ...row,
          counts: { ...row.counts, booting: row.counts.booting + size },
          launches: row.launches + launches.length,
          order,
        },
      },
    });
    // The rest in a macrotask of its own: a heartbeat may be due.
    if (admit > size) enqueue.raise({ type: 'plan.again' }, { delay: 0 });
  }
  if (justBack(context)) return;
  const drains = drainsOf(context, { booting: drainBooting, serving: drainServing });
  sendDrains(context, drains, context.now + settings.drainTimeoutMs, enqueue);
});

/** Everything must go: at its next idle moment, and soon. What is still to be unpacked follows. */
const evacuate = managerSetup.enqueueActions(({ context, enqueue }) => {
  const { stoppingSince, now, settings } = context;
  const since = stoppingSince ?? now;
  enqueue.assign({ stoppingSince: since });
  const all = fleetCounts(context);
  const drains = new Map(drainsOf(context, { booting: all.booting, serving: serving(all) }));
  // Those that wait already hear that they have less time.
  if (stoppingSince === null)
    for (const cohortId of Object.keys(context.cohorts))
      if (!drains.has(cohortId)) drains.set(cohortId, { booting: 0, idle: 0, busy: 0 });
  sendDrains(context, [...drains], since + settings.stopDrainMs, enqueue);
});

const book = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.changed') return;
  const { cohortId, order, counts, launches } = event;
  const { [cohortId]: row, ...others } = context.cohorts;
  // It has not heard our last order yet: its numbers would undo what we have just asked for.
  if (!row || order !== row.order) return;
  const fewer = staying(row.counts) - staying(counts);
  if (!context.replaces && context.wanted !== null && fewer > 0)
    enqueue.assign({ wanted: Math.max(0, context.wanted - fewer) });
  if (total(counts) === 0 && launches === 0) {
    enqueue.assign({ cohorts: others });
    enqueue.stopChild(cohortId);
    return;
  }
  enqueue.assign({ cohorts: { ...context.cohorts, [cohortId]: { ...row, counts, launches } } });
  if (serving(counts) > serving(row.counts) && context.hold?.kind !== 'quota')
    enqueue.assign({ hold: null });
});

const holdBack = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== 'cohort.setback') return;
  // Workers end when their scheduler does: that is no failure to start.
  if (event.kind === 'startFailed' && !echoFresh(context)) return;
  if (event.kind === 'capacity' && event.market === 'spot') {
    const onDemandUntil = context.now + spotHoldMs;
    enqueue.assign({ spotHoldUntil: onDemandUntil });
    if (context.now >= context.spotHoldUntil)
      enqueue({ type: 'noteSpot', params: { onDemandUntil, reason: event.reason } });
    return;
  }
  const hold = nextHold(context.hold, context.now, event.kind, event.reason);
  if (hold === context.hold) return;
  enqueue.assign({ hold });
  enqueue({ type: 'noteHold', params: hold });
});

/** Offers the scheduler what the account's quota leaves us, and all again once it is time to probe. */
const advertise = managerSetup.enqueueActions(({ context, enqueue }) => {
  const workers = offer(context);
  if (workers === context.advertised) return;
  enqueue.assign({ advertised: workers });
  enqueue.sendTo(parent, { type: 'manager.offers', workers });
  enqueue({ type: 'noteOffer', params: { workers } });
});

const land = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  const survey = (event as DoneActorEvent<Survey>).output;
  enqueue.assign({
    owned: [...context.owned, ...survey.adopted],
    surveyedAt: survey.startedAt,
    surveyFailures: 0,
    blind: false,
  });
  enqueue({ type: 'noteSurvey', params: { adopted: survey.adopted.length } });
  enqueue.raise({ type: 'queue.next' });
});

/** 2 s, 4 s ... 60 s. */
const surveyPause = (failures: number): number => Math.min(60_000, 1000 * 2 ** failures);

const missSurvey = managerSetup.enqueueActions(({ context, event, enqueue }) => {
  const trouble = noteOf((event as ErrorActorEvent).error);
  const surveyFailures = context.surveyFailures + 1;
  const blind = trouble.kind === 'denied';
  enqueue.assign({
    surveyFailures,
    surveyAfter: context.now + (blind ? 300_000 : surveyPause(surveyFailures)),
    blind,
  });
  enqueue({ type: 'noteSurvey', params: { trouble: trouble.reason, blind } });
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
  invoke: { id: 'ticker', src: 'ticker' },
  on: {
    'aws.ready': { actions: assign({ revision: ({ event }) => event.revision }) },
    'cohort.setback': { actions: [holdBack, advertise] },
    'monitor.heard': { actions: hearMonitor },
    'scheduler.heartbeatEcho': {
      actions: assign({
        lastEchoAt: ({ event }) => event.at,
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
          entry: raise({ type: 'queue.next' }, { delay: 0 }),
          on: {
            tick: { actions: [passTime, look] },
            'scheduler.command': { actions: hear },
            'scheduler.start': { actions: hearStart },
            'scheduler.release': { actions: hearRelease },
            'cohort.changed': { actions: book },
            'xstate.done.actor.survey': 'active',
            // Without the right to list, the journal is all there is: better than never to launch.
            'xstate.error.actor.survey': { guard: 'denied', target: 'active' },
            'manager.stop': 'stopping',
          },
        },
        active: {
          entry: steer,
          on: {
            tick: { actions: [passTime, look, advertise, steer] },
            'scheduler.command': { actions: [hear, steer] },
            'scheduler.start': { actions: [hearStart, steer] },
            'scheduler.release': { actions: [hearRelease, steer] },
            'cohort.changed': { actions: [book, steer] },
            'plan.again': { actions: steer },
            'manager.stop': 'stopping',
          },
        },
        stopping: {
          entry: evacuate,
          on: {
            tick: [{ guard: 'empty', target: 'stopped' }, { actions: [passTime, look, evacuate] }],
            'cohort.changed': { actions: [book, evacuate] },
          },
        },
        stopped: { entry: sendTo(parent, { type: 'manager.stopped' }) },
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
