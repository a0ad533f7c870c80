import type { Backoff } from './backoff.ts';
import type { FailureReason } from './domain.ts';

/**
 * Every time that the machines count with and that no setting changes, by the machine that it belongs to. All are in
 * milliseconds. Those of settings come in by `FleetSettings` and `SessionInput`; so do
 * some of these, so that tests can change them.
 */

/** Later than any time, milliseconds since the epoch, and still a date. */
export const never = 8_640_000_000_000_000;

// The daemon.

/** Between two attempts to prepare cluster and task definition. */
export const preparationBackoff: Backoff = { firstMs: 1000, longestMs: 60_000 };

// The journal of earlier runs.

/** A launch older than this is not sent again: its tasks are long in the lists, and its token does not live for ever. */
export const resendLimitMs = 10 * 60_000;

/** The clock may have been set back so much since a launch was journaled. */
export const clockSlackMs = 60_000;

// The session with the scheduler.

/** No launch, and no calm, when the last echo is older than this or than two heartbeat intervals. */
export const leastEchoLimitMs = 6000;

/** A tick comes every second. A longer gap than this: this process stood still. */
export const sessionStandstillMs = 3000;

/** A machine knows the time of the last tick only. The real time may be later by so much. */
export const tickMs = 1000;

/** From unresponsive to the last heartbeat; a new connection follows after `echoWaitMs`. */
export const sessionSilenceMs = 13_000;

/** How long the echo is waited for before a connection is given up. */
export const echoWaitMs = 2000;

/** How long acknowledgements of reports are waited for before a connection is closed. */
export const acknowledgementWaitMs = 2000;

/** How long echoes are waited for at the end, in two parts: this, then `unreadWaitMs`. */
export const goodbyeWaitMs = 1800;

/** After a standstill of this process a timer fires before what has come meanwhile is read: so long is waited for that. */
export const unreadWaitMs = 200;

/** How long the close of a connection may take. */
export const closeLimitMs = 5000;

/** Between two connections to a scheduler on a host that answers. */
export const reconnectBackoff: Backoff = { firstMs: 500, longestMs: 3000 };

/** The same for a host that does not answer. */
export const absentHostBackoff: Backoff = { firstMs: 500, longestMs: 30_000 };

/** For so long after the scheduler has come back, its demand may be too low: its clients are still reconnecting. */
export const returnGraceMs = 30_000;

/** By then the scheduler has noticed by itself that the workers of a task are dead. */
export const deathNoticedMs = 60_000;

/**
 * A connection that the scheduler closes in order so soon may have been replaced by another one: longer than the pauses
 * that another manager of our kind makes.
 */
export const shortConnectionMs = 20_000;

/** A connection that stands for so long is not contested. */
export const longConnectionMs = 30_000;

/** How long the other connection has the scheduler before the next attempt: `leastMs`, and by chance up to `moreMs` more. */
export const conflictPause = { leastMs: 5000, moreMs: 10_000 };

/** A scheduler that waits for a response sends only echoes: for so long, and it may be waiting. */
export const onlyEchoesMs = 12_000;

/** A scheduler forgets a manager after ten seconds without a heartbeat, and checks once a second. */
export const forgetMs = 12_000;

/** After a longer absence another process with our identity may have had commands, and may not have answered. */
export const longAbsenceMs = 2 * forgetMs;

/**
 * Work has waited for so long on a connection without a command: the scheduler may wait for a response to a command
 * that another process has had. Twice as long each time that leaving it has brought no command.
 */
export const workWaitsBackoff: Backoff = { firstMs: 60_000, longestMs: 16 * 60_000 };

/**
 * The same where nothing shows that work waits: a scheduler that has no reason for a command is as silent. It is left
 * after five minutes at first, and in the end once in more than five hours.
 */
export const silenceBackoff: Backoff = { firstMs: 300_000, longestMs: 64 * 300_000 };

// Schedulers that ask for one start or shutdown at a time.

/** A start is answered at the latest then: a scheduler that waits for the answer asks for nothing else. */
export const answerLimitMs = 8000;

/**
 * The monitor stream lists all groups once a minute at the least. One that it has not shown for so long is not known: a
 * scheduler that has had no heartbeat for ten seconds forgets the manager, and on the same connection.
 */
export const unshownGroupMs = 90_000;

/** How long a worker that was named for shutdown counts as named; a scheduler that means it names it again. */
export const namedMs = 30_000;

/** A worker must have been named for so long before its task counts as idle: the first list of loads shows less. */
export const namedIdleMs = 2000;

/**
 * A Fargate task that is to end and is not named any more counts as kept for so long, if the monitor stream does not
 * show that its workers are gone.
 */
export const sparedMs = 30_000;

/** A shutdown is requested again while the task is still there. */
export const releaseAgainMs = 10_000;

/** How long a task that came too late for its start waits for the next one. */
export const unassignedMs = 60_000;

/**
 * A group that is unknown here may be another manager's: the scheduler asks the manager that sends the next heartbeat,
 * so that one has been asked by then. If it still asks us, no manager knows the group, and only success removes it. If
 * it does not, another manager has answered, or may still be asked.
 */
export const unknownGroupMs = 5000;

/** A scheduler without any task for so long shuts down all groups that it knows. */
export const calmMs = 30_000;

// The monitor stream.

/** What arrives within this time is told as one. */
export const gatherMs = 100;

/**
 * A scheduler publishes once a second, and some as seldom as they are told: a connection without a message for so long
 * is dead.
 */
export const monitorSilenceMs = 30_000;

/** The same until two reports have shown how often they come: it may be seldom. */
export const firstMonitorSilenceMs = 150_000;

/** The stream is back within a moment more often than not; until then its last loads are better than none. */
export const monitorMemoryMs = 30_000;

/**
 * Between two connections to the monitor stream. The session may be connected sooner (`reconnectBackoff`): until the stream
 * is back, what it showed last is remembered (`monitorMemoryMs`).
 */
export const monitorBackoff: Backoff = { firstMs: 1000, longestMs: 15_000 };

/** As long as it is not known how often reports come, the next one may be due so soon. */
export const shortestRhythmMs = 1000;

/** A report may be so late. */
export const reportSlackMs = 1500;

/** How often each of our Fargate tasks is told again. */
export const tellAllEveryMs = 10_000;

// The fleet manager.

/** How long only empty request lists must come before they mean zero, or no command at all before that is reported. */
export const emptyGraceMs = 60_000;

/** A longer gap between two ticks: this process stood still, and the scheduler was not silent. */
export const fleetStandstillMs = 10_000;

/** Some of those above the limit may be dead, and a poll or two will show it. */
export const excessNoticeMs = 10_000;

/** How long a group above the limit may wait for an idle moment. */
export const excessDrainMs = 300_000;

/** Between two polls of one cohort. */
export const pollEveryMs = 3000;

/** The same of a calm cohort: with the poll itself an end is noticed within `pollWithinMs`. */
export const calmPollEveryMs = 15_000;

/**
 * No cohort waits longer for its poll, however many there are, as long as AWS's limit of calls allows it: that of ECS lets
 * 300 cohorts, 30,000 groups, be polled within this time (`machines/fleet/duePolls.ts`). More take longer.
 */
export const pollWithinMs = 20_000;

/** A stream that says nothing for so long shows nothing current; longer where its reports come seldom. */
export const workStaleMs = 10_000;

/** An older view does not show what a command was made from. */
export const comparableViewMs = 2500;

/**
 * So long after the start every group of an earlier run was described. Before that, its market and age are those of the
 * journal, by a clock that may have been set since, so no group is drained for what it costs.
 */
export const costKnownMs = 30_000;

/** A limit is cleared when nothing was in the way for so long: a task that ends and is replaced clears none. */
export const moneyClearMs = 30_000;

// Inventory and adoption.

/** After a list that has failed. */
export const inventoryBackoff: Backoff = { firstMs: 2000, longestMs: 60_000 };

/** AWS takes about so long for one page of a list, and the pages come one after another. */
export const listPageMs = 250;

/** The next search, if there is still something to search, comes so much later. */
export const searchEveryMs = 15_000;

/** An orphan must be in two inventories so far apart before it is taken over. */
export const confirmOrphanMs = 5000;

/** A task that ListTasks lists and DescribeTasks does not know counts as gone after so long. */
export const undescribedGoneMs = 60_000;

/** A launch of an earlier run can start its tasks up to so long after our start. */
export const straggleMs = 120_000;

/** How long the end of a run that knows of nothing waits for a list: a tick later that makes two seconds. */
export const lastLookMs = 1500;

/** How long it waits for the scheduler's answer, where tasks were seen that may be another manager's. */
export const lastAnswerMs = 5000;

// Launches.

/** Between two attempts of one launch. `src/aws/limiter.ts` spreads the calls of several launches. */
export const launchBackoff: Backoff = { firstMs: 1000, longestMs: 60_000 };

/** How long a breaker is open after the first failure, by its cause. */
export const breakerFirstPauseMs: Record<FailureReason, number> = {
  throttled: 1000,
  unreachable: 1000,
  startFailed: 2000,
  network: 5000,
  exited: 10_000,
  refused: 15_000,
  capacity: 15_000,
  addresses: 30_000,
  quota: 30_000,
  journal: 15_000,
  denied: 30_000,
  credentials: 30_000,
  invalid: 30_000,
  unprepared: 15_000,
  bug: 30_000,
};

/** The longest that a breaker is open before a probe. */
export const breakerLongestPauseMs = 300_000;

/** The same for Spot: without it there is still on-demand, so there is no need to ask often. */
export const spotPauseMs = 600_000;

// Groups, in their cohort.

/** A cohort is polled every three seconds, a calm one every fifteen; of very many cohorts each within `pollWithinMs`. A longer gap: this process stood still. */
export const longestPollGapMs = 25_000;

/** Within that time after this process stood still, the monitor stream shows what has changed meanwhile. */
export const catchUpMs = 3000;

/** How long DescribeTasks may deny a task, a new one or any other, before it counts as lost. */
export const missingGraceMs = 60_000;

/** The same where no list of our tasks is complete meanwhile: two calls of ECS must agree that a task is gone. */
export const missingUnlistedMs = 600_000;

/** From RUNNING to workers that surely know the scheduler, when nothing else shows it. */
export const bootGraceMs = 60_000;

/** How long the workers of a running task may be unknown to the scheduler. */
export const workersLostMs = 120_000;

/** A group that serves for so long does not end because of how it was launched. */
export const stableAfterMs = 120_000;

/** Within that time the monitor stream has shown every task of ours. */
export const fullReportMs = 15_000;

/** Within that time DescribeTasks has shown what it can show of a task, even if one call got no answer. */
export const observeMs = 30_000;

/** A creation time that ECS shows otherwise by more than this means that a clock was set. */
export const creationSlackMs = 5000;

// Drains and stops.

/** A group that may wait without a deadline is stopped when nothing has shown its work for so long. */
export const unshownWorkMs = 300_000;

/** A stop is held back for so long at most, from when it was first desired: a cancellation that no worker confirms must not keep a task alive. */
export const stopHoldMs = 30_000;

/** After a failed StopTask it is requested again. */
export const stopBackoff: Backoff = { firstMs: 1000, longestMs: 15_000 };

/** StopTask is asked for again when ECS shows a task as alive for so long after its group was last told to stop. */
export const stopRepeatMs = 15_000;

/** A stop that takes longer is reported. */
export const slowStopMs = 120_000;

/** After so long the group of a stop that ECS has not carried out uses no slot. */
export const stopOverdueMs = 600_000;

/** After an accepted StopTask, when DescribeTasks is denied: the task counts as ended. */
export const unobservedStopMs = 180_000;

/** The same when everything is to end, and no launch waits for the room. */
export const unobservedExitMs = 5000;

// Health.

/** The control loop ticks each second; it counts as stuck after that. */
export const stuckAfterMs = 15_000;

/** How much later than planned a complete list of our tasks may be. */
export const inventorySlackMs = 60_000;
