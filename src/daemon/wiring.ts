import { setInterval } from 'node:timers';
import { fromCallback, fromPromise } from 'xstate';
import { cohort } from '../../machines/cohort/cohort.ts';
import { daemon } from '../../machines/daemon/daemon.ts';
import type { ForeignTask } from '../../machines/fleet/adoption.ts';
import type { Change } from '../../machines/fleet/circuitBreaker.ts';
import { fleetManager } from '../../machines/fleet/fleetManager.ts';
import type { Blocker } from '../../machines/fleet/launchGate.ts';
import { launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { session } from '../../machines/scheduler/session.ts';
import type { LaunchAnswer, LaunchOrder, TaskObservation } from '../../machines/shared/domain.ts';
import type { SurveyedTask } from '../aws/tasks/listTasks.ts';
import { type MonitorSocketSettings, monitorSocket } from '../scheduler/monitorSocket.ts';
import { type SocketSettings, schedulerSocket } from '../scheduler/schedulerSocket.ts';
import { now } from '../shared/clock.ts';
import type { Journal } from '../store/journal.ts';
import type { Log } from '../telemetry/log.ts';
import { inventoryOf, journalAdoption, journalOutcome } from './ledgerEffects.ts';
import { sessionReporter } from './sessionReporter.ts';

/** What the machines' holes are filled with. */
export interface Tools {
  socket: SocketSettings;
  monitor: MonitorSocketSettings;
  journal: Journal;
  requestHash: (order: LaunchOrder) => string;
  runTask: (order: LaunchOrder, signal: AbortSignal) => Promise<LaunchAnswer>;
  stopTask: (taskArn: string, reason: string, signal: AbortSignal) => Promise<void>;
  describeTasks: (taskArns: string[], signal: AbortSignal) => Promise<TaskObservation[]>;
  /** The complete list of our tasks, by our clock. */
  list: (signal: AbortSignal) => Promise<{ startedAt: number; tasks: SurveyedTask[] }>;
  prepare: (signal: AbortSignal) => Promise<{ revision: string }>;
  /** The first heartbeat has been sent, or a later one. */
  heartbeatSent: () => void;
  log: Log;
}

const tickMs = 1000;

/** Causes that do not go by themselves. */
const forPeople: readonly string[] = ['invalid', 'denied'];

const sayBreaker = ({ breaker, state }: Change, log: Log): void => {
  const { cause, subnet, market, failures, until, reason, probe } = breaker;
  const what = {
    kind: cause,
    ...(subnet !== null && { subnet }),
    ...(market !== null && { market }),
  };
  const seconds = Math.round((until - now()) / 1000);
  if (state === 'closed') log.info(what, 'launch.allowedAgain');
  else if (state === 'trying') log.info({ ...what, group: probe }, 'launch.tried');
  else
    log[forPeople.includes(cause) ? 'error' : 'warn'](
      { ...what, failures, reason, seconds },
      market === 'spot' ? 'launch.onDemandInstead' : 'launch.heldBack',
    );
};

/** Why nothing is launched, in words; an empty list: launching goes on. */
function sayBlockers(
  { missing, blockers }: { missing: number; blockers: Blocker[] },
  log: Log,
): void {
  if (blockers.length === 0) {
    log.info({ missing }, 'launch.unblocked');
    return;
  }
  const reasons = blockers.map(({ sentence, clears }) => `${sentence} (cleared by ${clears})`);
  log.info({ missing, kinds: blockers.map(({ kind }) => kind), reasons }, 'launch.blocked');
}

const sayForeignTask = (task: ForeignTask, log: Log): void =>
  task.kind === 'otherScheduler'
    ? log.warn({ task: task.taskArn, scheduler: task.scheduler }, 'survey.foreignScheduler')
    : log.error(
        {
          task: task.taskArn,
          launch: task.label,
          meaning:
            'another manager launches under our worker_manager_id and scheduler address: stop one, or give it a name of its own',
        },
        'survey.anotherManager',
      );

/** What a hundred groups meet at once, and meet again each few seconds, is said once a minute. */
const saidLately = () => {
  let words = '';
  let at = Number.NEGATIVE_INFINITY;
  return (reason: string): boolean => {
    if (reason === words && now() - at < 60_000) return true;
    words = reason;
    at = now();
    return false;
  };
};

/** Machines and effects: the only place they meet. */
export const provide = (tools: Tools) => {
  const { journal, log } = tools;
  const repeated = saidLately();
  const sayOfSession = sessionReporter(log);

  const ticker = fromCallback(({ sendBack }) => {
    const tick = () => sendBack({ type: 'tick', now: now() });
    const timer = setInterval(tick, tickMs);
    tick();
    return () => clearInterval(timer);
  });

  const provided = {
    workerGroup: workerGroup.provide({
      actors: {
        stopTask: fromPromise<void, { taskArn: string }>(({ input, signal }) =>
          tools.stopTask(input.taskArn, 'no longer wanted', signal),
        ),
      },
      actions: {
        noteStopFailed: ({ context }, trouble) => {
          if (repeated(trouble.reason)) return;
          const fields = { group: context.groupId, task: context.taskArn, ...trouble };
          log[forPeople.includes(trouble.kind) ? 'error' : 'warn'](fields, 'stop.failed');
        },
      },
    }),
    launch: launch.provide({
      actors: {
        journalLaunch: fromPromise<void, LaunchOrder>(async ({ input }) => {
          // A launch that is sent again is in the journal already.
          if (journal.ledger.isOpen(input.label)) return;
          const requestHash = tools.requestHash(input);
          await journal.append({ kind: 'launch', ...input, requestHash, at: now() });
        }),
        runTask: fromPromise<LaunchAnswer, LaunchOrder>(({ input, signal }) =>
          tools.runTask(input, signal),
        ),
        journalOutcome: fromPromise(async ({ input }) => journalOutcome(journal, input)),
      },
      actions: {
        noteSurplus: (_, { label, surplus }) =>
          log.warn({ launch: label, surplus }, 'launch.moreTasksThanAskedFor'),
        noteAlreadyOwned: (_, { label, ...claim }) =>
          log.error({ launch: label, ...claim }, 'launch.taskAlreadyOwned'),
      },
    }),
  };

  const providedCohort = cohort.provide({
    actors: {
      ...provided,
      describeTasks: fromPromise<TaskObservation[], { taskArns: string[] }>(({ input, signal }) =>
        tools.describeTasks(input.taskArns, signal),
      ),
    },
    actions: {
      noteEnded: (_, { groupId, taskArn, cause, detail }) => {
        if (taskArn !== null) journal.note({ kind: 'ended', groupId, taskArn, cause, at: now() });
        log.info({ group: groupId, task: taskArn, cause, detail }, 'group.ended');
      },
      noteRefusal: (_, refusal) => log.warn(refusal, 'launch.refused'),
      noteCrash: (_, { actorId, error }) => log.error({ actor: actorId, error }, 'actor.crashed'),
      noteDescribeFailed: (_, trouble) => log.warn(trouble, 'ecs.notSeen'),
    },
  });

  return daemon.provide({
    actors: {
      ticker,
      session: session.provide({
        actors: { socket: schedulerSocket(tools.socket) },
        actions: { note: (_, note) => sayOfSession(note, tools.heartbeatSent) },
      }),
      monitor: monitor.provide({
        actors: { monitorSocket: monitorSocket(tools.monitor) },
        actions: { noteUnreadable: (_, trouble) => log.debug(trouble, 'monitor.unreadable') },
      }),
      fleetManager: fleetManager.provide({
        actors: {
          cohort: providedCohort,
          inventory: fromPromise(async ({ signal }) =>
            inventoryOf(journal.ledger, await tools.list(signal)),
          ),
          journalAdoption: fromPromise(async ({ input }) => journalAdoption(journal, input.groups)),
        },
        actions: {
          noteBreaker: (_, change) => sayBreaker(change, log),
          noteBlockers: (_, report) => sayBlockers(report, log),
          noteDesired: (_, wanted) => log.info(wanted, 'scheduler.wants'),
          noteMismatch: (_, { reason }) =>
            reason === null
              ? log.info({}, 'scheduler.understood')
              : log.error({ reason }, 'launch.impossible'),
          noteCapacity: (_, offer) => log.info(offer, 'scheduler.offered'),
          noteInventory: (_, survey) =>
            log['trouble' in survey ? 'warn' : 'debug'](survey, 'survey.done'),
          noteForeignTask: (_, task) => sayForeignTask(task, log),
        },
      }),
      prepare: fromPromise<{ revision: string }, void>(({ signal }) => tools.prepare(signal)),
    },
    actions: {
      notePreparation: (_, trouble) => log.error(trouble, 'aws.notPrepared'),
    },
  });
};
