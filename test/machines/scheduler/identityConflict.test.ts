import { describe, expect, it } from 'vitest';
import {
  conflictPauseMs,
  type IdentityConflict,
  isContested,
  isTaken,
  noConflict,
  onClosed,
  onConnected,
} from '../../../machines/scheduler/identityConflict.ts';

/** One connection after the other, each closed after so long. */
const connections = (before: IdentityConflict, kind: string, ...stood: number[]) => {
  let state = before;
  let at = 1000;
  const taken = stood.map((ms) => {
    state = onConnected(state, at);
    at += ms;
    state = onClosed(state, kind, at);
    return isTaken(state);
  });
  return { state, taken, at };
};

describe('an identity conflict', () => {
  it('shows in the third connection in a row that is closed as soon as it stands', () => {
    expect(conflictPauseMs(noConflict, 1)).toBe(0);
    const { state, taken, at } = connections(noConflict, 'graceful', 400, 19_999);
    expect([taken, isContested(state, at), conflictPauseMs(state, 1)]).toEqual([
      [false, false],
      true,
      0,
    ]);
    const third = connections(state, 'graceful', 400, 400);
    expect(third.taken).toEqual([true, true]);
    expect(isContested(onConnected(third.state, third.at), third.at)).toBe(true);
  });

  it('is none where the scheduler goes and comes, or is not there', () => {
    const { taken, state } = connections(noConflict, 'graceful', 20_000, 40_000, 20_000, 29_000);
    expect(taken).not.toContain(true);
    expect(conflictPauseMs(state, 1)).toBe(0);
    for (const [kind, ms] of [
      ['refused', 0],
      ['closed', 10],
    ] as const) {
      const other = connections(noConflict, kind, ms, ms, ms, ms);
      expect(other.taken).not.toContain(true);
      expect(conflictPauseMs(other.state, 1)).toBe(0);
    }
  });

  it('does not count connections that stood for 20 s, and is not expected before the first short one', () => {
    const { taken } = connections(noConflict, 'graceful', 20_000, 20_000, 20_000, 19_999);
    expect(taken).not.toContain(true);
    expect(isContested(onConnected(noConflict, 1000), 1000)).toBe(false);
  });

  it('leaves the scheduler to the other connection for 5 to 15 s each time', () => {
    const { state } = connections(noConflict, 'graceful', 1, 1, 1, 9000);
    expect([0, 0.5, 1].map((jitter) => conflictPauseMs(state, jitter))).toEqual([
      5000, 10_000, 15_000,
    ]);
  });

  it('shows to the manager that was there first, because the other one makes pauses of at most 15 s', () => {
    const { taken } = connections(noConflict, 'graceful', 60_000, 400, 15_000, 5000);
    expect(taken).toEqual([false, false, false, true]);
  });

  it('is over when a connection has stood for half a minute', () => {
    const { state } = connections(noConflict, 'graceful', 1, 1, 1);
    const standing = onConnected(state, 50_000);
    expect(isContested(standing, 79_999)).toBe(true);
    expect(isContested(standing, 80_000)).toBe(false);
    const closed = onClosed(standing, 'graceful', 80_000);
    expect(conflictPauseMs(closed, 1)).toBe(0);
    expect(connections(closed, 'graceful', 1, 1, 1).taken).toEqual([false, false, true]);
  });
});
