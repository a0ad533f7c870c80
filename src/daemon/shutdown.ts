import { type ActorRefFrom, toPromise } from 'xstate';
import type { DaemonEnd, daemon } from '../../machines/daemon/daemon.ts';
import { errorText } from '../shared/errorText.ts';
import type { LedgerView } from '../store/ledger.ts';
import type { Log } from '../telemetry/log.ts';

/** Calls back once per request to stop: first in order, then at once. */
export type OnStop = (listener: () => void) => void;

export const onSignal: OnStop = (listener) => {
  process.on('SIGTERM', listener);
  process.on('SIGINT', listener);
};

type Root = ActorRefFrom<typeof daemon>;

/** What the root machine ended with. */
export type Outcome = Pick<DaemonEnd, 'status' | 'crash' | 'looked'>;

/** Resolves when the root machine has ended; an exception in it is a crash. Call it before the start. */
export async function outcomeOf(actor: Root): Promise<Outcome> {
  try {
    return await toPromise(actor);
  } catch (error) {
    return { status: 1, crash: errorText(error), looked: false };
  }
}

/** Fargate tasks of ours and launches without an answer that are still there. */
export function remainingIn(ledger: LedgerView): string[] {
  return [
    ...ledger.groups().map(({ taskArn }) => taskArn),
    ...ledger.openLaunches().map(({ label }) => `launch ${label}`),
  ];
}

export interface End {
  crash: string | null;
  remaining: string[];
  /** Whether a list of our tasks was read, so that `remaining` can be believed. */
  looked: boolean;
}

export function reportEnd({ crash, remaining, looked }: End, log: Log): void {
  if (crash !== null) log.report('daemon.crashed', { error: crash });
  if (!looked) log.report('daemon.couldNotLook', {});
  log.report('daemon.ended', { left: remaining.length, still: remaining, looked });
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
