import { clearInterval, setInterval } from 'node:timers';
import { fromCallback, fromPromise } from 'xstate';
import { cohort } from '../../machines/cohort/cohort.ts';
import { daemon, type Prepared } from '../../machines/daemon/daemon.ts';
import { fleetManager } from '../../machines/fleet/fleetManager.ts';
import { taskListOf } from '../../machines/fleet/listedTasks.ts';
import { launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import { whenTold } from '../../machines/scheduler/gathering.ts';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { session } from '../../machines/scheduler/session.ts';
import type {
  DescribedTasks,
  LaunchAnswer,
  LaunchOrder,
  TaskObservation,
} from '../../machines/shared/domain.ts';
import { tickMs } from '../../machines/shared/timing.ts';
import type { FoundTasks } from '../aws/tasks/listTasks.ts';
import { type MonitorSocketSettings, monitorSocket } from '../scheduler/monitorSocket.ts';
import { type SocketSettings, schedulerSocket } from '../scheduler/schedulerSocket.ts';
import { now } from '../shared/clock.ts';
import type { Journal } from '../store/journal.ts';
import type { Log } from '../telemetry/log.ts';
import { answeredClusters, observedTasks } from './describedTasks.ts';
import { journalAdoption, journalOutcome } from './ledgerEffects.ts';
import { createReports } from './reports.ts';
import { sessionReporter } from './sessionReporter.ts';
import { bootTimes, newRegistration, newTimes } from './taskTimes.ts';

/** What the machines' placeholders are filled with. */
export interface Tools {
  socket: SocketSettings;
  monitor: Omit<MonitorSocketSettings, 'whenTold'>;
  journal: Journal;
  requestHash: (order: LaunchOrder) => string;
  /** The cluster that the launch is sent to, and the ownership tag of its tasks. */
  placeOf: (order: LaunchOrder) => { cluster: string; startedBy: string };
  /** Resolves when the call may be sent; its own function has that turn, under the label or the task's ARN. */
  takeTurn: (operation: 'RunTask' | 'StopTask', key: string, signal: AbortSignal) => Promise<void>;
  runTask: (order: LaunchOrder, signal: AbortSignal) => Promise<LaunchAnswer>;
  /** The task as the answer shows it; null: it shows none. */
  stopTask: (
    taskArn: string,
    reason: string,
    signal: AbortSignal,
  ) => Promise<TaskObservation | null>;
  describeTasks: (taskArns: string[], signal: AbortSignal) => Promise<DescribedTasks>;
  /** The list of our tasks, by our clock. */
  list: (signal: AbortSignal) => Promise<FoundTasks & { startedAt: number }>;
  prepare: (signal: AbortSignal) => Promise<Prepared>;
  /** Ends the pauses after failures that AWS calls and credentials have of their own. */
  retryNow: () => void;
  /** The first heartbeat has been sent, or a later one. */
  heartbeatSent: () => void;
  log: Log;
  /** The limit of the settings, where they do not say what it counts; left out: they say it. */
  ambiguousLimit?: { tasks: number; workersPerTask: number } | null;
}

/** Machines and effects: the only place they meet. From the leaves of the actor tree to its root. */
export const provide = (tools: Tools) => {
  const { journal, log } = tools;
  const report = createReports(log);
  const reportSession = sessionReporter(log, tools.ambiguousLimit ?? null);

  /** Resolves to the time at which the call may be sent. */
  async function turn(operation: 'RunTask' | 'StopTask', key: string, signal: AbortSignal) {
    await tools.takeTurn(operation, key, signal);
    return { at: now() };
  }

  const groups = workerGroup.provide({
    actors: {
      takeTurn: fromPromise(({ input, signal }) => turn('StopTask', input.taskArn, signal)),
      stopTask: fromPromise<TaskObservation | null, { taskArn: string; reason: string }>(
        ({ input, signal }) => tools.stopTask(input.taskArn, input.reason, signal),
      ),
    },
    actions: {
      noteStopFailed: ({ context: { groupId, taskArn } }, failure) =>
        report.stopFailed(groupId, taskArn, failure),
    },
  });

  const launches = launch.provide({
    actors: {
      journalLaunch: fromPromise<void, LaunchOrder>(async ({ input }) => {
        // A launch that is sent again is in the journal already, and mostly on disk.
        if (journal.isDurable(input.label)) return;
        const requestHash = tools.requestHash(input);
        const { cluster, startedBy: tag } = tools.placeOf(input);
        await journal.append({ kind: 'launch', ...input, requestHash, cluster, tag, at: now() });
      }),
      takeTurn: fromPromise(({ input, signal }) => turn('RunTask', input.label, signal)),
      runTask: fromPromise<LaunchAnswer, LaunchOrder>(({ input, signal }) =>
        tools.runTask(input, signal),
      ),
      journalOutcome: fromPromise(async ({ input }) => {
        const accepted = journalOutcome(journal, input);
        report.launched(input.label, input.groups.length);
        return accepted;
      }),
    },
    actions: {
      noteSurplus: (_, surplus) => report.moreTasksStarted(surplus),
      noteAlreadyOwned: (_, claim) =>
        report.taskAlreadyOwned(claim, journal.ledger.owner(claim.taskArn) ?? null),
    },
  });

  const cohorts = cohort.provide({
    actors: {
      workerGroup: groups,
      launch: launches,
      describeTasks: fromPromise<TaskObservation[], { taskArns: string[] }>(
        async ({ input, signal }) => {
          const described = await tools.describeTasks(input.taskArns, signal);
          const observations = observedTasks(described, report.tasksPartlyDescribed);
          for (const each of answeredClusters(described))
            log.report('describeTasks.answered', each);
          for (const record of newTimes(journal.ledger, observations, now())) journal.note(record);
          return observations;
        },
      ),
    },
    actions: {
      noteRegistered: (_, claim) => {
        const record = newRegistration(journal.ledger, claim, now());
        if (!record) return;
        journal.note(record);
        report.groupRegistered(bootTimes(journal.ledger, record));
      },
      noteEnded: (_, end) => {
        const { groupId, taskArn, cause, detail, createdAt, runningAt, registeredAt, usd } = end;
        const at = now();
        const times = { createdAt, runningAt, registeredAt, endedAt: at };
        journal.note({ kind: 'ended', groupId, taskArn, cause, detail, ...times, usd, at });
        report.groupEnded(end);
      },
      noteSlowStop: (_, stop) => report.stopSlow(stop),
      noteDegraded: (_, group) => report.groupDegraded(group),
      noteRefusal: (_, refusal) => report.launchRefused(refusal),
      noteCrash: (_, crash) => report.actorCrashed(crash),
      noteDescribeFailed: (_, failure) => report.tasksNotDescribed(failure),
    },
  });

  const fleet = fleetManager.provide({
    actors: {
      cohort: cohorts,
      inventory: fromPromise(async ({ signal }) =>
        taskListOf(journal.ledger, await tools.list(signal)),
      ),
      journalAdoption: fromPromise(async ({ input }) => journalAdoption(journal, input.groups)),
    },
    actions: {
      noteBreaker: (_, change) => report.breakerChanged(change),
      noteBlockers: (_, blocked) => report.blockersChanged(blocked),
      noteNeverCommanded: (_, answering) => report.neverCommanded(answering),
      noteDesired: (_, demand) => report.demandChanged(demand),
      noteFleetDrained: (_, reason) => report.fleetDrained(reason),
      noteMismatch: (_, mismatch) => report.compatibilityChanged(mismatch),
      noteCapacity: (_, capacity) => report.capacityAdvertised(capacity),
      noteInventory: (_, inventory) => {
        if ('complete' in inventory && inventory.complete)
          journal.note({ kind: 'inventoried', at: now() });
        report.inventoryTaken(inventory);
      },
      noteClusterLeftOut: (_, cluster) => log.report('inventory.clusterLeftOut', cluster),
      noteForeignTask: (_, task) => report.foreignTaskFound(task),
      noteSpending: (_, spent) => {
        const { endedUsd } = journal.ledger;
        journal.note({ kind: 'spent', endedUsd, ...spent, at: now() });
      },
      noteRotation: (_, { workers }) => {
        journal.note({ kind: 'rotation', workers, at: now() });
      },
      noteMoneyLimit: (_, limit) => report.moneyLimited(limit),
    },
  });

  return daemon.provide({
    actors: {
      ticker: fromCallback(({ sendBack }) => {
        const tick = () => sendBack({ type: 'tick', now: now() });
        const timer = setInterval(tick, tickMs);
        tick();
        return () => clearInterval(timer);
      }),
      session: session.provide({
        actors: { socket: schedulerSocket(tools.socket) },
        actions: { note: (_, note) => reportSession(note, tools.heartbeatSent) },
      }),
      monitor: monitor.provide({
        actors: { monitorSocket: monitorSocket({ ...tools.monitor, whenTold }) },
        actions: {
          noteUnreadable: (_, { reason }) => log.report('monitor.messageUnreadable', { reason }),
          noteReceived: () => log.report('monitor.received', {}),
        },
      }),
      fleetManager: fleet,
      prepare: fromPromise<Prepared, void>(async ({ signal }) => {
        const prepared = await tools.prepare(signal);
        log.report('bootstrap.completed', { revision: prepared.revision });
        return prepared;
      }),
    },
    actions: {
      retryCalls: () => tools.retryNow(),
      notePreparation: (_, failure) => report.bootstrapFailed(failure),
      noteConnection: (_, status) => log.report('scheduler.statusChanged', { status }),
    },
  });
};
