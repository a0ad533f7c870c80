import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenToSignals } from '../../../src/daemon/signals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A process with signals and terminals that the test sends and sets. */
function fakeProcess(terminals: number[] = []) {
  const listeners = new Map<string, (signal: NodeJS.Signals) => void>();
  const state = { terminals };
  const reopened = vi.fn();
  const signals = listenToSignals(reopened, {
    on: (signal, listener) => listeners.set(signal, listener),
    isTerminal: (fd) => state.terminals.includes(fd),
  });
  const retried = vi.fn();
  signals.onRetry(retried);
  const stops: string[] = [];
  signals.onStop((signal) => stops.push(signal));
  let isForced = false;
  void signals.forced.then(() => {
    isForced = true;
  });
  return {
    signals,
    stops,
    reopened,
    retried,
    send: (signal: NodeJS.Signals) => listeners.get(signal)?.(signal),
    closeTerminal: () => {
      state.terminals = [];
    },
    isForced: async () => {
      await vi.advanceTimersByTimeAsync(0);
      return isForced;
    },
    heard: () => [...listeners.keys()].sort(),
  };
}

describe('listenToSignals', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('takes %s as a request to stop', (signal) => {
    const { send, stops, reopened } = fakeProcess();
    send(signal);
    expect(stops).toEqual([signal]);
    expect(reopened).not.toHaveBeenCalled();
  });

  it('handles the signals that would end the process or start its debugger, and does nothing', () => {
    const { send, stops, reopened, heard } = fakeProcess();
    expect(heard()).toEqual(
      ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'].sort(),
    );
    send('SIGUSR1');
    send('SIGUSR2');
    expect(stops).toEqual([]);
    expect(reopened).not.toHaveBeenCalled();
  });

  it('opens the logs anew and tries at once what is held back at SIGHUP without a terminal', async () => {
    const { send, stops, reopened, retried } = fakeProcess();
    send('SIGHUP');
    await vi.advanceTimersByTimeAsync(1000);
    expect(reopened).toHaveBeenCalledTimes(1);
    expect(retried).toHaveBeenCalledTimes(1);
    expect(stops).toEqual([]);
  });

  it('stops at SIGHUP when its terminal is gone, or goes a moment later', async () => {
    const gone = fakeProcess([2]);
    gone.closeTerminal();
    gone.send('SIGHUP');
    expect(gone.stops).toEqual(['SIGHUP']);
    const going = fakeProcess([0, 1, 2]);
    going.send('SIGHUP');
    await vi.advanceTimersByTimeAsync(100);
    going.closeTerminal();
    await vi.advanceTimersByTimeAsync(1000);
    expect(going.stops).toEqual(['SIGHUP']);
    expect(going.reopened).not.toHaveBeenCalled();
    expect(going.retried).not.toHaveBeenCalled();
  });

  it('opens the logs anew and tries at once what is held back at SIGHUP when its terminal stays', async () => {
    const { send, stops, reopened, retried } = fakeProcess([0]);
    send('SIGHUP');
    await vi.advanceTimersByTimeAsync(1000);
    expect(reopened).toHaveBeenCalledTimes(1);
    expect(retried).toHaveBeenCalledTimes(1);
    expect(stops).toEqual([]);
  });

  it('takes signals that come together for one request, as timeout(1) and npm send them', async () => {
    const { send, stops } = fakeProcess();
    send('SIGTERM');
    send('SIGTERM');
    await vi.advanceTimersByTimeAsync(100);
    send('SIGINT');
    expect(stops).toEqual(['SIGTERM']);
    await vi.advanceTimersByTimeAsync(300);
    send('SIGTERM');
    expect(stops).toEqual(['SIGTERM', 'SIGTERM']);
  });

  it('passes each request on, also to a listener that comes later', async () => {
    const { send, signals, stops } = fakeProcess();
    send('SIGINT');
    await vi.advanceTimersByTimeAsync(400);
    send('SIGTERM');
    const late: string[] = [];
    signals.onStop((signal) => late.push(signal));
    expect([stops, late]).toEqual([
      ['SIGINT', 'SIGTERM'],
      ['SIGINT', 'SIGTERM'],
    ]);
  });

  it('forces the end five seconds after the third request', async () => {
    const { send, isForced } = fakeProcess();
    for (let i = 0; i < 2; i += 1) {
      send('SIGTERM');
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await isForced()).toBe(false);
    }
    send('SIGTERM');
    await vi.advanceTimersByTimeAsync(4900);
    expect(await isForced()).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(await isForced()).toBe(true);
  });

  it('forces the end at once at the fourth request', async () => {
    const { send, isForced } = fakeProcess();
    for (let i = 0; i < 4; i += 1) {
      send('SIGTERM');
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(await isForced()).toBe(true);
  });

  it('calls back for a request after the end instead of passing it on', () => {
    const { send, signals, stops } = fakeProcess();
    const leave = vi.fn();
    signals.afterEnd(leave);
    send('SIGTERM');
    expect(leave).toHaveBeenCalledTimes(1);
    expect(stops).toEqual([]);
  });
});
