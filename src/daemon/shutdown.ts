import { type ActorRefFrom, toPromise } from 'xstate';
import type { DaemonEnd, daemon } from '../../machines/daemon/daemon.ts';
import { now } from '../shared/clock.ts';
import { errorText } from '../shared/errorText.ts';
import type { LedgerView } from '../store/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import type { AwsSight } from './awsSight.ts';
import type { OnStop } from './signals.ts';

type Root = ActorRefFrom<typeof daemon>;

/** What the root machine ended with. */
export type Outcome = Pick<DaemonEnd, 'status' | 'crash'>;

/** Resolves when the root machine has ended; an exception in it is a crash. Call it before the start. */
export async function outcomeOf(actor: Root): Promise<Outcome> {
  try {
    return await toPromise(actor);
  } catch (error) {
    return { status: 1, crash: errorText(error) };
  }
}

/** Fargate tasks of ours and launches without an answer that are still there. */
export function remainingIn(ledger: LedgerView): string[] {
  return [
    ...ledger.groups().map(({ taskArn }) => taskArn),
    ...ledger.openLaunches().map(({ label }) => `launch ${label}`),
  ];
}

export interface End extends Outcome {
  remaining: string[];
  /** Why our tasks in ECS could not be looked at; null: they were, or they were left on purpose. */
  unseen: string | null;
}

/** Reports how the daemon has ended. Returns the exit status: 1 also when it is unknown what is left. */
export function reportEnd({ status, crash, remaining, unseen }: End, log: Log): 0 | 1 {
  if (crash !== null) log.report('daemon.crashed', { error: crash });
  if (unseen !== null) log.report('daemon.couldNotLook', { reason: unseen });
  log.report('daemon.ended', { left: remaining.length, still: remaining });
  return unseen === null ? status : 1;
}

/** Why our tasks in ECS could not be looked at; null: they were. */
export function whyUnseen(sight: AwsSight): string | null {
  if (sight.hasLooked()) return null;
  if (sight.isAnswering()) return 'the first list of them is not complete';
  return sight.trouble() ?? 'no answer of AWS';
}

/** What is known at a request to stop. */
export interface StopFacts {
  ledger: Pick<LedgerView, 'groups' | 'openLaunches' | 'inventoryOwed'>;
  sight: AwsSight;
  /** How long stopping all tasks may take, s. */
  stopTimeoutSeconds: number;
  /** The first request leaves the tasks to the next start. */
  leaveRunning: boolean;
}

/** A daemon that has nothing to stop leaves that long after a request to stop, even if AWS does not answer, ms. */
const leaveAfterMs = 1200;
/** The session may use that long to close, ms. */
const closeWithinMs = 400;
/** What is waited for is said again after that, ms. */
const repeatAfterMs = 15_000;

/**
 * Passes requests to stop on to the root machine, and says what is waited for. A daemon that never launched anything
 * and knows of no task does not wait for AWS. Returns a function that ends this.
 */
export function passStops(
  actor: Pick<Root, 'send'>,
  onStop: OnStop,
  facts: StopFacts,
  log: Log,
): () => void {
  const { ledger, sight, stopTimeoutSeconds, leaveRunning } = facts;
  const stop = () => actor.send({ type: 'daemon.stop' });
  const timers: NodeJS.Timeout[] = [];
  let isStopping = false;

  function isPointless(): boolean {
    const isEmpty = ledger.groups().length + ledger.openLaunches().length === 0;
    // A new state directory has no journal; any other reason means that tasks may be there.
    const { reasons = [] } = ledger.inventoryOwed() ?? {};
    const isNew = reasons.every((reason) => reason === 'journalMissing');
    const isKnown = sight.hasLooked() || sight.hasLaunched() || sight.isAnswering();
    return isEmpty && isNew && !isKnown;
  }

  function leaveIfPointless(): void {
    if (!isPointless()) {
      timers.push(setTimeout(leaveIfPointless, leaveAfterMs));
      return;
    }
    stop();
    timers.push(setTimeout(stop, closeWithinMs));
  }

  onStop((signal) => {
    stop();
    if (isStopping) return;
    isStopping = true;
    const until = now() + stopTimeoutSeconds * 1000;
    const say = () =>
      log.report('daemon.stopping', {
        signal,
        tasks: ledger.groups().length,
        launches: ledger.openLaunches().length,
        seconds: Math.max(0, Math.round((until - now()) / 1000)),
        unseen: whyUnseen(sight),
      });
    if (leaveRunning)
      return log.report('daemon.leaving', { signal, tasks: ledger.groups().length });
    say();
    timers.push(setInterval(say, repeatAfterMs));
    timers.push(setTimeout(leaveIfPointless, leaveAfterMs));
  });

  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

/** What is open at the end. */
export interface Resources {
  inspection: { close(): Promise<void> } | null;
  journal: { close(): Promise<void> };
  stateDir: { release(): void };
  aws: { close(): void };
}

/** The journal is written before the state directory is released: from then on another process may open it. */
export async function closeInOrder({
  inspection,
  journal,
  stateDir,
  aws,
}: Resources): Promise<void> {
  await inspection?.close();
  await journal.close();
  stateDir.release();
  aws.close();
}
