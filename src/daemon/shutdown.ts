import { type ActorRefFrom, type SnapshotFrom, toPromise } from 'xstate';
import { type CallsShown, whyUnseen } from '../../machines/daemon/callsShown.ts';
import type { DaemonContext, DaemonEnd, daemon } from '../../machines/daemon/daemon.ts';
import type { Config } from '../config/config.ts';
import { now } from '../shared/clock.ts';
import { errorText } from '../shared/errorText.ts';
import type { LedgerView } from '../store/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import type { OnStop } from './signals.ts';
import { idleWaitSeconds, shortStopTimeout } from './stopTime.ts';

type Root = ActorRefFrom<typeof daemon>;

/** What the root machine ended with. */
export type Outcome = Pick<DaemonEnd, 'status' | 'crash' | 'looked' | 'leftOnPurpose'>;

/** Resolves when the root machine has ended; an exception in it is a crash. Call it before the start. */
export async function outcomeOf(actor: Root): Promise<Outcome> {
  try {
    return await toPromise(actor);
  } catch (error) {
    return { status: 1, crash: errorText(error), looked: false, leftOnPurpose: false };
  }
}

/** Fargate tasks of ours and launches without an answer that are still there. */
export function remainingIn(ledger: LedgerView): string[] {
  return [
    ...ledger.groups().map(({ taskArn }) => taskArn),
    ...ledger.openLaunches().map(({ label }) => `launch ${label}`),
  ];
}

export interface End extends Pick<Outcome, 'crash' | 'looked'> {
  remaining: string[];
  /** Why our tasks in ECS could not be looked at; null: they were, or they were left on purpose. */
  unseen: string | null;
}

export function reportEnd({ crash, remaining, looked, unseen }: End, log: Log): void {
  if (crash !== null) log.report('daemon.crashed', { error: crash });
  if (unseen !== null) log.report('daemon.couldNotLook', { reason: unseen });
  log.report('daemon.ended', { left: remaining.length, still: remaining, looked });
}

/** What the root machine makes of the requests to stop. */
export interface StopView extends Pick<DaemonContext, 'looked' | 'leftOnPurpose'> {
  /** Tasks at work are stopped, too. */
  stopsNow: boolean;
}

export function stopViewOf(snapshot: SnapshotFrom<typeof daemon>): StopView {
  const { looked, leftOnPurpose } = snapshot.context;
  return { looked, leftOnPurpose, stopsNow: snapshot.matches('stoppingNow') };
}

/** What is known at a request to stop. */
export interface StopFacts {
  ledger: Pick<LedgerView, 'groupCount' | 'openLaunches'>;
  callsShown(): CallsShown;
  view(): StopView;
  config: Pick<Config, 'stopTimeoutSeconds' | 'drainTimeoutSeconds' | 'sigtermPolicy'>;
}

/** What is waited for is said after that, ms. */
const firstAfterMs = 1000;
/** And again after that, ms. */
const repeatAfterMs = 15_000;

/** Passes requests to stop on to the root machine, and says what is waited for. Returns a function that ends this. */
export function passStops(
  actor: Pick<Root, 'send'>,
  onStop: OnStop,
  { ledger, callsShown, view, config }: StopFacts,
  log: Log,
): () => void {
  const timers: NodeJS.Timeout[] = [];
  let isSaid = false;

  onStop((signal) => {
    log.report('signal.received', { signal });
    actor.send({ type: 'daemon.stop' });
    if (isSaid) return;
    isSaid = true;
    const tasks = ledger.groupCount;
    // The root machine has decided: with `sigterm_policy` leave, too, it stops what a scheduler that ends wants stopped.
    if (view().leftOnPurpose) return log.report('daemon.leaving', { tasks });
    const short = shortStopTimeout(config, tasks);
    if (short) log.report('stopTimeout.short', short);
    const startedAt = now();
    const left = (seconds: number) => Math.max(0, Math.round((startedAt - now()) / 1000 + seconds));
    const say = () => {
      const { stopsNow, looked } = view();
      const waiting = stopsNow ? 0 : left(idleWaitSeconds(config));
      log.report('daemon.stopPending', {
        tasks: ledger.groupCount,
        launches: ledger.openLaunches().length,
        seconds: left(config.stopTimeoutSeconds),
        ...(waiting > 0 && { idleSeconds: waiting }),
        unseen: looked ? null : whyUnseen(callsShown()),
      });
    };
    timers.push(setTimeout(say, firstAfterMs), setInterval(say, repeatAfterMs));
  });

  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

/** What is open at the end. */
export interface Resources {
  control: { close(): Promise<void> };
  inspection: { close(): Promise<void> } | null;
  journal: { close(inOrder: boolean): Promise<void> };
  stateDir: { release(): void };
  aws: { close(): void };
}

/** `crashed`: not every fact may be in the journal. The journal is written before the state directory is released: from then on another process may open it. */
export async function closeInOrder(
  { control, inspection, journal, stateDir, aws }: Resources,
  crashed: boolean,
): Promise<void> {
  await control.close();
  await inspection?.close();
  await journal.close(!crashed);
  stateDir.release();
  aws.close();
}
