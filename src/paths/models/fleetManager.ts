import type { EventObject } from 'xstate';
import { type ListRead, listRead } from '../../../machines/fleet/fleetSetup.ts';
import { modesOf } from '../../../machines/fleet/modes.ts';
import { noCounts, serving } from '../../../machines/fleet/plan.ts';
import type { Fleet, FleetInput } from '../../../machines/fleet/state.ts';
import { noBill } from '../../../machines/shared/bill.ts';
import type { TaskList } from '../../../machines/shared/domain.ts';
import type { Model } from '../explore.ts';
import { fleetInput, fleetSettings, orphan, resent, tasksOf } from './fleetFixtures.ts';

const settings = {
  ...fleetSettings,
  ...{ maxTasks: 12, pollsPerTick: 5, launchBurst: 100, launchesPerSecond: 20 },
};
const input: FleetInput = { ...fleetInput, settings, owned: tasksOf(1) };
const command = (taskConcurrency: number, at: number) => ({
  type: 'scheduler.desired' as const,
  at,
  requests: [{ taskConcurrency, capabilities: [] }],
});
const listed: TaskList = { startedAt: 11_000, tasks: [], unlisted: [] };
const showsOrphan: TaskList = { ...listed, tasks: [orphan('arn/9')] };
/** A cluster of settings from before does not answer. */
const listedInPart: TaskList = {
  ...listed,
  unlisted: [{ cluster: 'arn/before', kind: 'unreachable', code: 'timeout', reason: 'no answer' }],
};
const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
const noCluster = Object.assign(new Error('Cluster not found.'), { kind: 'unprepared' });
const late = Object.assign(new Error('no answer'), { kind: 'unreachable' });

const brief = (context: Fleet) => [
  context.now,
  context.desired,
  context.lastEchoAt,
  context.revision !== null,
  context.owned.length,
  Object.values(context.cohorts).map(({ counts, launches }) => [counts, launches]),
  Object.values(context.breakers).map(({ failures, probe }) => [failures, probe !== null]),
  context.mismatch,
  context.connection,
  context.holdReason,
  context.inventoryAt !== null,
  Math.min(context.inventoryFailures, 1),
];

/** What can happen; `aside`: what a part of the walks leaves out, so that not everything is crossed with everything. */
const modelOf = (aside: RegExp): Model => ({
  input,
  key: ({ value, context }) => [value, brief(context as Fleet)],
  events: ({ value, context }) => {
    const fleet = context as Fleet;
    const modes = modesOf(value as Record<string, unknown>);
    const { lifecycle, inventory: listing } = modes;
    const reports = Object.entries(fleet.cohorts).flatMap(([cohortId, { counts, generation }]) =>
      // One that has not reported yet has three groups.
      [{ ...noCounts, idle: counts.pending + serving(counts) || 3 }, noCounts].map((counts) => ({
        ...{ type: 'cohort.changed', cohortId, generation, launches: 0, ended: 0 },
        counts,
      })),
    );
    const failure = { cohortId: 'x', kind: 'refused', reason: 'full', market: null };
    const groupId = fleet.breakers.refused?.probe ?? 'x';
    return [
      ...(fleet.now < 20_000 || lifecycle === 'stopping' || lifecycle === 'active'
        ? [{ type: 'tick', now: 20_000 }]
        : []),
      { type: 'fleet.restoreNext' },
      { type: 'fleet.nextLoads' },
      ...(fleet.revision === null
        ? [{ type: 'fleet.prepared', revision: 'rev:1', clusterCreated: true }]
        : []),
      ...(fleet.lastEchoAt === null ? [{ type: 'scheduler.heartbeatEcho', at: 20_000 }] : []),
      ...(fleet.desired === null ? [command(6, 20_000)] : []),
      ...(lifecycle === 'active' ? [{ type: 'fleet.nextTurn' }] : []),
      ...(lifecycle === 'stopping' || lifecycle === 'stopped' ? [] : [{ type: 'fleet.stop' }]),
      ...(listing === 'listing'
        ? [
            { type: 'xstate.done.actor.inventory', output: listed },
            listRead(fleet, listed),
            listRead(fleet, showsOrphan),
            listRead(fleet, listedInPart),
            { type: 'xstate.error.actor.inventory', error: denied },
            { type: 'xstate.error.actor.inventory', error: late },
          ]
        : []),
      ...(fleet.breakers.refused
        ? [
            { type: 'cohort.recovered', cohortId: 'x', groupId, signal: 'launched', subnet: null },
            { type: 'cohort.probeInconclusive', cohortId: 'x', groupId },
          ]
        : [{ type: 'cohort.launchFailed', ...failure }]),
      ...(listing === 'adopting'
        ? [
            { type: 'xstate.done.actor.journalAdoption', output: fleet.adoption.adopting },
            { type: 'xstate.error.actor.journalAdoption', error: late },
          ]
        : []),
      ...(modes.scheduler === 'absent' ? [] : [{ type: 'scheduler.lost', at: 0 } as const]),
      ...(modes.monitor === 'connected' ? [] : [{ type: 'monitor.loads', at: 1, loads: {} }]),
      ...reports,
      ...(lifecycle === 'active' ? [] : [{ type: 'task.dead', at: 1, taskArn: 'arn:t' }]),
    ].filter(({ type }) => !aside.test(type));
  },
});

/** A scheduler that asks for tasks one by one and chooses itself which ones end; or that our workers could not serve. */
const oneByOne: Model = {
  ...modelOf(/^(cohort\.launchFailed|monitor\.loads|xstate\.error.*|scheduler\.(desired|lost))$/),
  events: (state) => {
    const fleet = state.context as Fleet;
    const usual = modelOf(
      /^(cohort\.launchFailed|monitor\.loads|xstate\.error.*|scheduler\.(desired|lost))$/,
    );
    const { lifecycle } = state.value as { lifecycle: string };
    if (!/recovering|active/.test(lifecycle)) return [];
    return [
      // Orphans are for the other models.
      ...(usual.events as (of: typeof state) => EventObject[])(state).filter(
        (event) => !('decision' in event && (event as ListRead).reading.inventory.tasks.length > 0),
      ),
      ...((fleet.desired ?? 0) < 2 ? [{ type: 'scheduler.startRequested', at: 20_000 }] : []),
      { type: 'scheduler.shutdownRequested', at: 20_000, taskIds: ['old'] },
      { type: 'scheduler.requestsForgotten', at: 20_000 },
      // What it sends to itself, too, once every cohort has reported.
      ...(state.matches({ demand: { byStarts: 'calledOff' } })
        ? [{ type: 'fleet.startsSettled' }]
        : []),
      { type: 'scheduler.mismatch', at: 20_000, reason: fleet.mismatch ? null : 'too old' },
      // They change no state: a few of the states are enough.
      ...(fleet.revision === null && fleet.mismatch === null && fleet.desired === null
        ? [
            { type: 'monitor.work', at: 20_000, work: null },
            { type: 'monitor.closed', at: 20_000 },
            { type: 'monitor.canceling', at: 20_000, canceling: { t1: 1 } },
            { type: 'monitor.freshness', at: 20_000, isCurrent: true },
          ]
        : []),
    ];
  },
};

/** A launch of an earlier run has no answer. */
const unanswered: Model = {
  input: { ...input, owned: [], resend: [resent] },
  key: ({ value, context }) => {
    const { now, cohorts } = context as Fleet;
    return [modesOf(value as Record<string, unknown>).inventory, now, Object.keys(cohorts)];
  },
  events: ({ value, context }) => {
    const { now } = context as Fleet;
    if (now > 40_000) return [];
    return modesOf(value as Record<string, unknown>).inventory === 'searching'
      ? [
          { type: 'xstate.done.actor.search', output: showsOrphan } as EventObject,
          listRead(context as Fleet, showsOrphan),
          listRead(context as Fleet, listedInPart),
          { type: 'xstate.error.actor.search', error: late } as EventObject,
        ]
      : [{ type: 'fleet.restoreNext' }, { type: 'tick', now: now + 10_000 } as EventObject];
  },
};

/** The scheduler comes and goes. Its graces are short, so that a walk is, too. */
const comingAndGoing: Model = {
  input: {
    ...input,
    owned: [],
    settings: { ...settings, schedulerGraceMs: 8000, returnGraceMs: 12_000, emptyGraceMs: 4000 },
  },
  key: ({ value, context }) => {
    const { now, lastEchoAt, returnedAt, desired, emptySince } = context as Fleet;
    const { scheduler } = value as { scheduler: object };
    return [scheduler, now, lastEchoAt, returnedAt, desired, emptySince !== null];
  },
  events: ({ context: { now, emptySince, desired } }) =>
    now >= 25_000
      ? []
      : ([
          { type: 'tick', now: now + 5000 },
          { type: 'scheduler.heartbeatEcho', at: now },
          { type: 'scheduler.lost', at: 0 },
          ...(now < 6000 ? [{ type: 'fleet.tookOver' }] : []),
          ...(desired === null || desired === 0 ? [command(6, now)] : []),
          ...(emptySince === null ? [{ type: 'scheduler.desired', at: now, requests: [] }] : []),
        ] as EventObject[]),
};

const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false } as const;
const oneAdded = { added: ['t'], removed: [] };

/** What persons order, and what is known of the connection and the scheduler. */
const orders: Model = {
  ...modelOf(/./),
  events: (state) => {
    const usual = modelOf(
      /^(task\.dead|cohort\..*|monitor\.loads|scheduler\.lost|fleet\.(nextTurn|restoreNext|stop)|xstate\.error.*)$/,
    );
    const { connection, holdReason, terms: known, taskIndex } = state.context as Fleet;
    return [
      ...(usual.events as (of: typeof state) => EventObject[])(state),
      ...(connection === 'closed'
        ? [{ type: 'scheduler.connection', at: 1, status: 'conflict' } as const]
        : []),
      ...(known === null ? [{ type: 'scheduler.identified', at: 1, terms } as const] : []),
      ...(holdReason === null || modesOf(state.value as Record<string, unknown>).hold === 'held'
        ? [{ type: 'fleet.hold', at: 1, reason: 'upgrade' } as const]
        : []),
      { type: 'fleet.resume', at: 2 } as const,
      { type: 'fleet.drainGroups', at: 2, groupIds: ['old-0'] } as const,
      ...(taskIndex.size > 0
        ? []
        : [{ type: 'cohort.tasksChanged', cohortId: 'cohort.0', ...oneAdded } as const]),
    ];
  },
};

const monitorEnds: Model = {
  ...modelOf(/./),
  key: ({ value }) => value,
  events: [{}, null].map((loads) => ({ type: 'monitor.loads', at: 1, loads }) as EventObject),
};

/** A task costs a dollar an hour, and one task is allowed: tasks come and go. */
const expensive: Model = {
  input: {
    ...input,
    settings: {
      ...settings,
      money: {
        prices: { onDemand: 1, spot: 1, minimumMs: 60_000 },
        limits: { perHour: 1, perDay: null, total: null },
        onLimit: 'hold',
      },
    },
  },
  key: ({ value, context }) => {
    const { now, money, cohorts } = context as Fleet;
    const { money: mode } = value as { money: string };
    return [mode, now, money.sum.onDemand.tasks, money.clearSince, Object.keys(cohorts)];
  },
  events: ({ context }) => {
    const { now, cohorts } = context as Fleet;
    const bills = [1, 0].map((tasks) => {
      const onDemand = { ...noBill.onDemand, tasks, fromSum: tasks * 1000 };
      return { type: 'cohort.billed', cohortId: 'cohort.0', bill: { ...noBill, onDemand } };
    });
    return [
      ...('cohort.0' in cohorts ? bills : [{ type: 'fleet.restoreNext' }]),
      ...(now < 120_000 ? [{ type: 'tick', now: now + 30_000 }] : []),
    ];
  },
};

/** What it sends to itself. */
const internal: Model = {
  ...modelOf(/./),
  key: ({ value }) => value,
  events: [
    { type: 'fleet.reconcile' },
    { type: 'inventory.completed' },
    { type: 'fleet.retryNow' },
    { type: 'cohort.launchTurn', cohortId: 'cohort.0', label: 'e-1', at: 20_000 } as EventObject,
  ],
};

/** A person does not want to wait for groups at work. */
const impatient: Model = {
  ...modelOf(/./),
  key: ({ value }) => value,
  events: [{ type: 'fleet.stop' }, { type: 'fleet.stopNow' }],
};

/** The tasks are left to the next start, whatever the cohorts have to say yet. */
const leaving: Model = {
  ...modelOf(/./),
  key: ({ value, context }) => [value, Object.keys((context as Fleet).cohorts)],
  events: [
    { type: 'fleet.restoreNext' },
    { type: 'inventory.completed' },
    { type: 'fleet.leave' },
    {
      ...{ type: 'cohort.changed', cohortId: 'cohort.0', generation: 1, launches: 0, ended: 0 },
      counts: { ...noCounts, idle: 1 },
    } as EventObject,
  ],
};

/** The cluster is gone when everything ends. */
const clusterGone: Model = {
  input: { ...input, owned: [] },
  key: ({ value, context }) => [value, context.revision],
  events: ({ value, context }) => [
    ...(context.revision === null ? [{ type: 'fleet.prepared', revision: 'rev:1' }] : []),
    // So early only the end asks for a list.
    ...(modesOf(value as Record<string, unknown>).lifecycle === 'stopping' && context.now < 5000
      ? [{ type: 'tick', now: 5000 }]
      : []),
    { type: 'tick', now: 20_000 },
    { type: 'fleet.stop' },
    // A late list shows something yet.
    { type: 'inventory.deferred' },
    ...(modesOf(value as Record<string, unknown>).inventory === 'listing'
      ? [{ type: 'xstate.error.actor.inventory', error: noCluster }]
      : []),
  ],
};

/** Listing is denied again and again. */
const deniedAgain: Model = {
  input: { ...input, owned: [] },
  key: ({ value, context }) => [value, (context as Fleet).denials],
  events: ({ value, context }) => {
    const { now, denials } = context as Fleet;
    if (denials > 2) return [];
    return modesOf(value as Record<string, unknown>).inventory === 'listing'
      ? [{ type: 'xstate.error.actor.inventory', error: denied } as EventObject]
      : [{ type: 'tick', now: now + 10_000 } as EventObject];
  },
};

/** The same when everything ends, and the journal may have forgotten some. */
const deniedAtEnd: Model = {
  input: { ...input, owned: [], journalIncomplete: true },
  key: ({ value, context }) => [value, (context as Fleet).denials],
  events: (state) => [
    ...(deniedAgain.events as (of: typeof state) => EventObject[])(state),
    ...((state.context as Fleet).denials > 2
      ? [{ type: 'fleet.stop' }, { type: 'tick', now: (state.context as Fleet).now } as EventObject]
      : []),
  ],
};

export const models = [
  clusterGone,
  deniedAgain,
  deniedAtEnd,
  oneByOne,
  unanswered,
  modelOf(/^(cohort\.launchFailed|monitor\.loads|scheduler\.lost)$/),
  modelOf(/^(fleet\.restoreNext|fleet\.stop|xstate\.error.*|monitor\.loads|scheduler\.lost)$/),
  modelOf(/^(fleet\.restoreNext|fleet\.stop|xstate\.error.*|cohort\.(launchFailed|changed))$/),
  comingAndGoing,
  orders,
  expensive,
  monitorEnds,
  internal,
  impatient,
  leaving,
];
