import { setInterval } from 'node:timers';
import { fromCallback, fromPromise } from 'xstate';
import { cohort } from '../../machines/cohort/cohort.ts';
import { daemon } from '../../machines/daemon/daemon.ts';
import { manager } from '../../machines/fleet/fleetManager.ts';
import { type LaunchEnd, launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { session } from '../../machines/scheduler/session.ts';
import type {
  DescribedTasks,
  LaunchAnswer,
  LaunchOrder,
  Survey,
  TaskSighting,
} from '../../machines/shared/domain.ts';
import { type MonitorSettings, monitorSocket } from '../scheduler/monitorSocket.ts';
import { type SocketSettings, socket } from '../scheduler/schedulerSocket.ts';
import { now } from '../shared/clock.ts';
import type { Journal } from '../store/journal.ts';
import { unknownTimes } from '../store/records.ts';
import type { Log } from '../telemetry/log.ts';
import { observedTasks } from './describedTasks.ts';
import { claimOutcome } from './ownership.ts';
import { createReports } from './reports.ts';
import { newRegistration, newTimes } from './taskTimes.ts';

/** What the machines' placeholders are filled with. */
export interface Tools {
  socket: SocketSettings;
  monitor: MonitorSettings;
  journal: Journal;
  requestHash: (order: LaunchOrder) => string;
  runTask: (order: LaunchOrder, signal: AbortSignal) => Promise<LaunchAnswer>;
  stopTask: (taskArn: string, reason: string, signal: AbortSignal) => Promise<void>;
  describeTasks: (taskArns: string[], signal: AbortSignal) => Promise<DescribedTasks>;
  survey: (signal: AbortSignal) => Promise<Survey>;
  prepare: (signal: AbortSignal) => Promise<{ revision: string }>;
  log: Log;
}

const tickMs = 1000;

/** Machines and effects: the only place they meet. From the leaves of the actor tree to its root. */
export const provide = (tools: Tools) => {
  const { journal, log } = tools;
  const claim = claimOutcome(journal, log);
  const report = createReports(log);

  const groups = workerGroup.provide({
    actors: {
      stopTask: fromPromise<void, { taskArn: string }>(({ input, signal }) =>
        tools.stopTask(input.taskArn, 'no longer wanted', signal),
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
      >(async ({ input }) => claim(input)),
    },
  });

  const cohorts = cohort.provide({
    actors: {
      workerGroup: groups,
      launch: launches,
      describeTasks: fromPromise<TaskSighting[], { taskArns: string[] }>(
        async ({ input, signal }) => {
          const described = await tools.describeTasks(input.taskArns, signal);
          const sightings = observedTasks(described, report.tasksPartlyDescribed);
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
      ticker: fromCallback(({ sendBack }) => {
        const tick = () => sendBack({ type: 'tick', now: now() });
        const timer = setInterval(tick, tickMs);
        tick();
        return () => clearInterval(timer);
      }),
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
      session: session.provide({ actors: { socket: socket(tools.socket, log) } }),
      monitor: monitor.provide({ actors: { monitorSocket: monitorSocket(tools.monitor, log) } }),
      manager: fleet,
      prepare: fromPromise<{ revision: string }, void>(({ signal }) => tools.prepare(signal)),
    },
    actions: {
      notePreparation: (_, trouble) => report.bootstrapFailed(trouble),
    },
  });
};
