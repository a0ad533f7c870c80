import { clearInterval, setInterval } from 'node:timers';
import { fromCallback, fromPromise } from 'xstate';
import { cohort } from '../../machines/cohort/cohort.ts';
import { daemon } from '../../machines/daemon/daemon.ts';
import { manager } from '../../machines/fleet/fleetManager.ts';
import { type LaunchEnd, launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import type { ConnectionStatus } from '../../machines/scheduler/events.ts';
import type { Terms, WorkerLoad } from '../../machines/scheduler/messages.ts';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { session } from '../../machines/scheduler/session.ts';
import type {
  LaunchAnswer,
  LaunchOrder,
  Survey,
  TaskSighting,
} from '../../machines/shared/domain.ts';
import { type MonitorSocketSettings, monitorSocket } from '../scheduler/monitorSocket.ts';
import { type SocketSettings, schedulerSocket } from '../scheduler/schedulerSocket.ts';
import { now } from '../shared/clock.ts';
import type { Journal } from '../store/journal.ts';
import { unknownTimes } from '../store/records.ts';
import type { Log } from '../telemetry/log.ts';
import { claimOutcome } from './ownership.ts';
import { createReports } from './reports.ts';
import { sessionReporter } from './sessionReporter.ts';
import { newRegistration, newTimes } from './taskTimes.ts';

/** What the machines' placeholders are filled with. */
export interface Tools {
  socket: SocketSettings;
  monitor: MonitorSocketSettings;
  journal: Journal;
  requestHash: (order: LaunchOrder) => string;
  runTask: (order: LaunchOrder, signal: AbortSignal) => Promise<LaunchAnswer>;
  stopTask: (taskArn: string, reason: string, signal: AbortSignal) => Promise<void>;
  describeTasks: (taskArns: string[], signal: AbortSignal) => Promise<TaskSighting[]>;
  survey: (signal: AbortSignal) => Promise<Survey>;
  prepare: (signal: AbortSignal) => Promise<{ revision: string }>;
  /** What the scheduler turned out to speak. */
  identified: (terms: Terms) => void;
  connection: (status: ConnectionStatus) => void;
  /** What the monitor stream has shown; null: nothing is known any more. */
  loads: (loads: Record<string, WorkerLoad> | null) => void;
  /** The first heartbeat has been sent, or a later one. */
  heartbeatSent: () => void;
  log: Log;
}

const tickMs = 1000;

/** Machines and effects: the only place they meet. From the leaves of the actor tree to its root. */
export const provide = (tools: Tools) => {
  const { journal, log } = tools;
  const claim = claimOutcome(journal, log);
  const report = createReports(log);
  const reportSession = sessionReporter(log);

  const groups = workerGroup.provide({
    actors: {
      stopTask: fromPromise<void, { taskArn: string }>(({ input, signal }) =>
        tools.stopTask(input.taskArn, report.stopReason(), signal),
      ),
    },
    actions: {
      noteStopFailed: ({ context: { groupId, taskArn } }, trouble) =>
        report.stopFailed(groupId, taskArn, trouble),
    },
  });

  const launches = launch.provide({
    actors: {
      journalLaunch: fromPromise<void, LaunchOrder>(async ({ input }) => {
        // A launch that is sent again is in the journal already, and mostly on disk.
        if (journal.isDurable(input.label)) return;
        const requestHash = tools.requestHash(input);
        await journal.append({ kind: 'launch', ...input, requestHash, at: now() });
      }),
      runTask: fromPromise<LaunchAnswer, LaunchOrder>(({ input, signal }) =>
        tools.runTask(input, signal),
      ),
      journalOutcome: fromPromise<
        LaunchEnd['groups'],
        { label: string; groupIds: string[]; answer: LaunchAnswer }
      >(async ({ input }) => {
        const groups = claim(input);
        report.launched(input.label, input.answer.taskArns.length);
        return groups;
      }),
    },
  });

  const cohorts = cohort.provide({
    actors: {
      workerGroup: groups,
      launch: launches,
      describeTasks: fromPromise<TaskSighting[], { taskArns: string[] }>(
        async ({ input, signal }) => {
          const sightings = await tools.describeTasks(input.taskArns, signal);
          log.report('describeTasks.answered', { tasks: input.taskArns.length });
          for (const record of newTimes(journal.ledger, sightings, now())) journal.note(record);
          return sightings;
        },
      ),
    },
    actions: {
      noteRegistered: (_, claim) => {
        const record = newRegistration(journal.ledger, claim, now());
        if (record) journal.note(record);
      },
      noteEnded: (_, end) => {
        const { groupId, taskArn, cause, detail } = end;
        const at = now();
        const ended = { groupId, taskArn, cause, detail, ...unknownTimes, endedAt: at };
        journal.note({ kind: 'ended', ...ended, at });
        report.groupEnded(end);
      },
      noteRefusal: (_, refusal) => report.launchRefused(refusal),
      noteCrash: (_, crash) => report.actorCrashed(crash),
      noteBlind: (_, trouble) => report.tasksNotDescribed(trouble),
    },
  });

  const fleet = manager.provide({
    actors: {
      cohort: cohorts,
      survey: fromPromise<Survey, void>(({ signal }) => tools.survey(signal)),
    },
    actions: {
      noteBreaker: (_, change) => report.breakerChanged(change),
      noteWanted: (_, demand) => report.demandChanged(demand),
      noteMismatch: (_, mismatch) => report.compatibilityChanged(mismatch),
      noteOffer: (_, offer) => report.capacityAdvertised(offer),
      noteSurvey: (_, inventory) => report.inventoryTaken(inventory),
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
        actors: { monitorSocket: monitorSocket(tools.monitor) },
        actions: {
          noteUnreadable: (_, { reason }) => log.report('monitor.messageUnreadable', { reason }),
          noteReceived: () => log.report('monitor.received', {}),
        },
      }),
      fleetManager: fleet,
      prepare: fromPromise<{ revision: string }, void>(async ({ signal }) => {
        const prepared = await tools.prepare(signal);
        log.report('bootstrap.completed', prepared);
        return prepared;
      }),
    },
    actions: {
      notePreparation: (_, trouble) => report.bootstrapFailed(trouble),
      noteIdentified: (_, terms) => tools.identified(terms),
      noteConnection: (_, status) => {
        log.report('scheduler.statusChanged', { status });
        tools.connection(status);
      },
      noteLoads: (_, { loads }) => tools.loads(loads),
    },
  });
};
