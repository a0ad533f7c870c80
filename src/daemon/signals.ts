import { isatty } from 'node:tty';
import { noRequests, onStopSignal } from '../../machines/daemon/stopRequests.ts';
import { now } from '../shared/clock.ts';

/** Calls back for each request to stop, with the name of the signal. */
export type OnStop = (listener: (signal: string) => void) => void;

/** Calls back for each request to try at once what is held back. */
export type OnRetry = (listener: () => void) => void;

export interface StopSignals {
  /** Listeners are called for earlier requests, too. */
  onStop: OnStop;
  onRetry: OnRetry;
  /** Resolves when the process has to end although something still goes on: some time after the third request. */
  forced: Promise<void>;
  /** From now on a request to stop calls back instead of being passed on. */
  afterEnd(leave: () => void): void;
}

/** The process and its terminals; replaced in tests. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  isTerminal(fd: number): boolean;
}

const thisProcess: SignalSource = {
  on: (signal, listener) => process.on(signal, listener),
  isTerminal: isatty,
};

const standardStreams = [0, 1, 2];
/** A shell may send SIGHUP a moment before its terminal is closed, ms. */
const hangUpMs = 500;

/**
 * Listens to the signals of this process. SIGTERM, SIGINT and SIGQUIT ask to stop. So does SIGHUP when the terminal that
 * the process was started in is gone; else it asks to open the logs anew and to try at once what is held back. SIGUSR1,
 * for which Node.js would start its debugger, and SIGUSR2, which would end the process, do nothing.
 */
export function listenToSignals(
  reopenLogs: () => void,
  source: SignalSource = thisProcess,
): StopSignals {
  const signals: string[] = [];
  let requests = noRequests;
  const listeners: ((signal: string) => void)[] = [];
  const retryListeners: (() => void)[] = [];
  let leave: (() => void) | null = null;
  let force = () => {};
  const forced = new Promise<void>((resolve) => {
    force = resolve;
  });

  function stop(signal: string): void {
    if (leave) {
      leave();
      return;
    }
    const answer = onStopSignal(requests, now());
    requests = answer.requests;
    if (!answer.isRequest) return;
    signals.push(signal);
    for (const listener of listeners) listener(signal);
    if (answer.endsWithinMs !== null) setTimeout(force, answer.endsWithinMs);
  }

  function reload(): void {
    reopenLogs();
    for (const listener of retryListeners) listener();
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) source.on(signal, stop);
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) source.on(signal, () => {});

  const terminals = standardStreams.filter((fd) => source.isTerminal(fd));
  const isGone = () => terminals.length > 0 && !terminals.some((fd) => source.isTerminal(fd));
  source.on('SIGHUP', () => {
    if (terminals.length === 0) return reload();
    if (isGone()) return stop('SIGHUP');
    setTimeout(() => (isGone() ? stop('SIGHUP') : reload()), hangUpMs);
  });

  return {
    onStop(listener) {
      listeners.push(listener);
      for (const signal of signals) listener(signal);
    },
    onRetry(listener) {
      retryListeners.push(listener);
    },
    forced,
    afterEnd(then) {
      leave = then;
    },
  };
}
