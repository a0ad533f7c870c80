import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../machines/scheduler/messages.ts';
import {
  awayMs,
  isWorkWaiting,
  newPendingResponse,
  onClosed,
  onConnected,
  onGenerationShown,
  onHeartbeatSent,
  type PendingResponse,
  reasonToLeave,
  type SilentScheduler,
  stayAway,
} from '../../../machines/scheduler/pendingResponse.ts';

const heartbeatMs = 2000;
/** Nothing is known of the work of the scheduler. */
const unseen: SilentScheduler = { workWaitsSince: null, mayWait: true };

/** Heartbeats every two seconds, each echoed; how many were sent before it left, and for how long it stays away. */
function play(before: PendingResponse, from: number, echoed = true) {
  let state = onConnected(before, from);
  for (let at = from, sent = 0; at < from + 60_000; at += heartbeatMs, sent++) {
    const reason = reasonToLeave(state, at, echoed ? 0 : sent, unseen);
    if (reason !== null) {
      state = stayAway(state, reason);
      return { sent, away: awayMs(state, at), at, state };
    }
    state = onHeartbeatSent(state, at, false);
  }
  return null;
}

/** A connection on which a command of that generation came, and that broke. */
function broken(generation: Generation): PendingResponse {
  return onGenerationShown(onConnected(newPendingResponse(false), 0), generation);
}

describe('a scheduler that may wait for a response', () => {
  it.each(['g2', 'g23'] as const)('of %s is left alone until it has forgotten us', (generation) => {
    const state = broken(generation);
    expect(awayMs(state, 1000)).toBe(0);
    const left = play(state, 1000);
    // Six heartbeats, the last ten seconds after the first; twelve seconds from that one on it hears nothing.
    expect(left).toMatchObject({ sent: 6, away: 10_000, at: 13_000 });
    expect(left && awayMs(left.state, 23_000)).toBe(0);
  });

  it('is left once, not again and again', () => {
    const left = play(broken('g2'), 0);
    expect(left).not.toBeNull();
    expect(left && play(left.state, left.state.awayUntil)).toBeNull();
  });

  it('is left once more after a long absence: another process may have had its command', () => {
    const left = play(broken('g2'), 0);
    const state = left?.state as PendingResponse;
    const back = (ms: number) => play(state, state.lastHeartbeatAt + ms);
    expect(back(24_000)).toBeNull();
    const late = back(24_001);
    expect(late).toMatchObject({ sent: 6, away: 10_000 });
    expect(late && play(late.state, late.state.awayUntil)).toBeNull();
    // It may be a scheduler of another release by then.
    const shown = onHeartbeatSent(broken('g3'), 1000, true);
    expect(play(shown, 25_000)).toBeNull();
    expect(play(shown, 25_001)).not.toBeNull();
  });

  it('is not left because no scheduler could be reached before the first heartbeat', () => {
    expect(play(newPendingResponse(false), 1_800_000_000_000)).toBeNull();
  });

  it('is left when its first command may have been lost, too, but not because of an attempt that failed', () => {
    const asked = onHeartbeatSent(onConnected(newPendingResponse(false), 0), 0, false);
    const state = onClosed(asked);
    expect(play(state, 1000)).not.toBeNull();
    expect(play(onClosed(newPendingResponse(false)), 1000)).toBeNull();
    const shown = onHeartbeatSent(onConnected(newPendingResponse(false), 0), 0, true);
    expect(play(onClosed(shown), 1000)).toBeNull();
    // Once it has forgotten us there is nothing that it waits for.
    const left = play(state, 1000);
    expect(left && play(onClosed(left.state), 30_000)).toBeNull();
  });

  it('is left again if a command may be lost with the next connection, not with the one that it was left on', () => {
    const left = play(broken('g2'), 0);
    const state = left?.state as PendingResponse;
    const at = state.awayUntil;
    expect(onClosed(onHeartbeatSent(onConnected(state, at), at, false)).pending).toBe(true);
    // However late it was left: the interval of heartbeats may be longer than the scheduler needs to forget us.
    expect(onClosed(state).pending).toBe(false);
  });

  it('keeps nothing of an earlier connection on a new one', () => {
    const fresh = newPendingResponse(false);
    expect(fresh.unshown).toBe(false);
    const sent = onHeartbeatSent(onConnected(fresh, 0), 0, false);
    expect(sent.unshown).toBe(true);
    expect(onConnected(sent, 10)).toMatchObject({ unshown: false, openedAt: 10 });
    expect(onClosed(sent)).toMatchObject({ unshown: false, pending: true });
    expect(onGenerationShown(sent, 'g3')).toMatchObject({ unshown: false, suspected: false });
    expect(stayAway(sent, 'silence')).toMatchObject({ pending: false, unshown: false });
  });

  it('is not left when it sends a command', () => {
    const state = onGenerationShown(onConnected(broken('g2'), 0), 'g2');
    expect(reasonToLeave(state, 30_000, 0, unseen)).toBeNull();
  });

  it('is not left while an echo is missing, because that could wedge it', () => {
    expect(play(broken('g2'), 0, false)).toBeNull();
  });

  it('is left also by a process whose predecessor may owe it a response', () => {
    expect(play(newPendingResponse(true), 0)).not.toBeNull();
    expect(play(newPendingResponse(false), 0)).toBeNull();
  });
});

it.each(['g1', 'g3', 'g4'] as const)(
  'never leaves a scheduler of %s, which waits for nothing',
  (generation) => {
    expect(play(broken(generation), 0)).toBeNull();
  },
);

describe('work that waits without a command', () => {
  const ours = { workers: 8, workersPerTask: 2, tasks: 2 };
  const work = { at: 0, everyMs: 1000, tasks: 50, workers: 4, own: 4, otherManagers: 0 };

  it.each([
    ['a task for each worker', {}, {}, false],
    ['more tasks than under any policy', { tasks: 41 }, {}, true],
    ['a task and no worker', { tasks: 1, workers: 0, own: 0 }, { tasks: 0 }, true],
    ['no task', { tasks: 0, workers: 0, own: 0 }, { tasks: 0 }, false],
    ['just as many tasks as that', { tasks: 40 }, {}, false],
    ['room for one worker more', { tasks: 100 }, { workers: 5 }, true],
    ['no room', { tasks: 100 }, { workers: 4 }, false],
    ['a Fargate task whose workers are still to connect', { tasks: 100 }, { tasks: 3 }, false],
    ['workers of an earlier run beside those of our tasks', { tasks: 100 }, { tasks: 1 }, true],
  ])('is there, or not, with %s', (_, shown, given, isWaiting) => {
    const seen = { ...work, tasks: 4, ...shown };
    expect(isWorkWaiting(seen, { ...ours, ...given })).toBe(isWaiting);
  });

  it('is none where the monitor stream does not show any', () => {
    expect(isWorkWaiting(null, { ...ours, tasks: 0 })).toBe(false);
  });

  const asked = (before: PendingResponse, at: number) =>
    onHeartbeatSent(onConnected(before, at), at, false);
  const fresh = () => newPendingResponse(false);
  /** After how long the scheduler is left, ms. */
  const leftAfter = (state: PendingResponse, from: number, workWaitsSince: number | null) => {
    for (let ms = 0; ms <= 2_000_000; ms += 500)
      if (reasonToLeave(state, from + ms, 0, { workWaitsSince, mayWait: false })) return ms;
    return null;
  };

  it('makes us leave the scheduler after a minute: another process may have had its command', () => {
    expect(leftAfter(asked(fresh(), 5000), 5000, 0)).toBe(60_000);
    expect(leftAfter(asked(fresh(), 5000), 5000, 25_000)).toBe(80_000);
  });

  it('makes us leave it after twice the time whenever that was in vain, up to sixteen minutes', () => {
    let state = asked(fresh(), 0);
    const waits: (number | null)[] = [];
    for (let n = 0; n < 6; n++) {
      waits.push(leftAfter(state, 0, 0));
      state = asked(stayAway(state, 'waitingWork'), 0);
    }
    expect(waits).toEqual([60, 120, 240, 480, 960, 960].map((seconds) => seconds * 1000));
    const commanded = onGenerationShown(state, 'g2');
    expect(leftAfter(asked(onClosed(commanded), 0), 0, 0)).toBe(12_000);
    expect(leftAfter(asked({ ...commanded, pending: false }, 0), 0, 0)).toBe(60_000);
  });

  it('does not make us leave one that has shown what it is, or whose echo is missing', () => {
    expect(leftAfter(onGenerationShown(asked(fresh(), 0), 'g2'), 0, 0)).toBeNull();
    expect(leftAfter(onHeartbeatSent(asked(fresh(), 0), 0, true), 0, 0)).toBeNull();
    const waits = { workWaitsSince: 0, mayWait: true };
    expect(reasonToLeave(asked(fresh(), 0), 100_000, 1, waits)).toBeNull();
    expect(reasonToLeave(asked(fresh(), 0), 100_000, 0, waits)).toBe('waitingWork');
  });

  it('is waited for no longer because the scheduler was left for other reasons', () => {
    let state = asked(fresh(), 0);
    for (const reason of ['lostResponse', 'silence', 'silence'] as const)
      state = stayAway(state, reason);
    expect(leftAfter(asked(state, 0), 0, 0)).toBe(60_000);
  });
});

describe('a scheduler that sends no command though no work is known to wait', () => {
  const minute = 60_000;
  const asked = (before: PendingResponse) => onHeartbeatSent(onConnected(before, 0), 0, false);
  const isLeft = (state: PendingResponse, at: number, known = unseen, missingEchoes = 0) =>
    reasonToLeave(state, at, missingEchoes, known) !== null;
  const fresh = asked(newPendingResponse(false));

  it('is left after five minutes: another process may have had its command', () => {
    expect(isLeft(fresh, 5 * minute - 1)).toBe(false);
    expect(isLeft(fresh, 5 * minute)).toBe(true);
    const later = onHeartbeatSent(onConnected(newPendingResponse(false), minute), minute, false);
    expect(isLeft(later, 6 * minute - 1)).toBe(false);
    expect(isLeft(later, 6 * minute)).toBe(true);
  });

  it('is left after twice the time whenever that was in vain, up to more than five hours', () => {
    let state = fresh;
    for (const minutes of [5, 10, 20, 40, 80, 160, 320, 320]) {
      expect([minutes, isLeft(state, minutes * minute - 1)]).toEqual([minutes, false]);
      expect([minutes, isLeft(state, minutes * minute)]).toEqual([minutes, true]);
      state = asked(stayAway(state, 'silence'));
    }
    const commanded = asked({ ...onGenerationShown(state, 'g2'), pending: false });
    expect(isLeft(commanded, 5 * minute - 1)).toBe(false);
    expect(isLeft(commanded, 5 * minute)).toBe(true);
  });

  it('is left as soon when work has begun to wait meanwhile', () => {
    const waits = { workWaitsSince: 4.5 * minute, mayWait: true };
    expect(isLeft(fresh, 5 * minute - 1, waits)).toBe(false);
    expect(isLeft(fresh, 5 * minute, waits)).toBe(true);
  });

  it('is waited for no longer because it was left for other reasons', () => {
    const state = asked(stayAway(stayAway(fresh, 'lostResponse'), 'waitingWork'));
    expect(isLeft(state, 5 * minute - 1)).toBe(false);
    expect(isLeft(state, 5 * minute)).toBe(true);
  });

  it('is not left if its release is known to wait for no response, but if work waits', () => {
    expect(isLeft(fresh, 24 * 60 * minute, { ...unseen, mayWait: false })).toBe(false);
    expect(isLeft(fresh, minute, { workWaitsSince: 0, mayWait: false })).toBe(true);
  });

  it('is not left once it has sent a command or shown that it waits for nothing, or while an echo is missing', () => {
    const day = 24 * 60 * minute;
    for (const generation of ['g1', 'g2', 'g23', 'g3', 'g4'] as const)
      expect(isLeft(onGenerationShown(fresh, generation), day)).toBe(false);
    expect(isLeft(onHeartbeatSent(fresh, 0, true), day)).toBe(false);
    expect(isLeft(fresh, day, unseen, 1)).toBe(false);
    expect(isLeft(fresh, day)).toBe(true);
  });
});
