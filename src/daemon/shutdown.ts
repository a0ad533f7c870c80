import { type ActorRefFrom, toPromise } from 'xstate';
import type { daemon } from '../../machines/daemon/daemon.ts';
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

/** Passes each request to stop on to the daemon; the signal is aborted by the first. */
export function passStops(actor: Pick<Root, 'send'>, onStop: OnStop): AbortSignal {
  const stop = new AbortController();
  onStop(() => {
    stop.abort();
    actor.send({ type: 'daemon.stop' });
  });
  return stop.signal;
}

/** Resolves when the root machine has ended, to what it was ended by if that was a bug. Call it before the start. */
export async function crashOf(actor: Root): Promise<string | null> {
  try {
    return (await toPromise(actor)).crash;
  } catch (error) {
    return errorText(error);
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
  /** A person has asked to leave the tasks running. */
  leftOnPurpose: boolean;
}

/** 0: nothing of ours is left, or it was left on purpose. */
export function exitStatus({ crash, remaining, leftOnPurpose }: End): 0 | 1 {
  return crash === null && (remaining.length === 0 || leftOnPurpose) ? 0 : 1;
}

export function reportEnd({ crash, remaining }: End, log: Log): void {
  if (crash !== null) log.report('daemon.crashed', { error: crash });
  log.report('daemon.ended', { left: remaining.length, still: remaining });
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
