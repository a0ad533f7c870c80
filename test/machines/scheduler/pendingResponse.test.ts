import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../machines/scheduler/messages.ts';
import {
  awayMs,
  mustStayAway,
  newPendingResponse,
  onClosed,
  onConnected,
  onGenerationShown,
  onHeartbeatSent,
  type PendingResponse,
  stayAway,
} from '../../../machines/scheduler/pendingResponse.ts';

const heartbeatMs = 2000;

/** Heartbeats every two seconds, each echoed; how many were sent before it left, and for how long it stays away. */
function play(before: PendingResponse, from: number, echoed = true) {
  let state = onConnected(before, from);
  for (let at = from, sent = 0; at < from + 60_000; at += heartbeatMs, sent++) {
    if (mustStayAway(state, at, echoed ? 0 : sent)) {
      state = stayAway(state);
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
    expect(left && play(left.state, 100_000)).toBeNull();
  });

  it('is left when its first command may have been lost, too, but not because of an attempt that failed', () => {
    const asked = onHeartbeatSent(onConnected(newPendingResponse(false), 0), 0, false);
    const state = onClosed(asked, 500);
    expect(play(state, 1000)).not.toBeNull();
    expect(play(onClosed(newPendingResponse(false), 500), 1000)).toBeNull();
    const shown = onHeartbeatSent(onConnected(newPendingResponse(false), 0), 0, true);
    expect(play(onClosed(shown, 500), 1000)).toBeNull();
    // Once it has forgotten us there is nothing that it waits for.
    const left = play(state, 1000);
    expect(left && play(onClosed(left.state, left.at + 10), 30_000)).toBeNull();
  });

  it('is left again if a command is lost with a connection made just when it has forgotten us', () => {
    const left = play(broken('g2'), 0);
    const state = left?.state as PendingResponse;
    const heard = (at: number) => onClosed(onHeartbeatSent(onConnected(state, at), at, false), at);
    expect(heard(state.awayUntil).pending).toBe(true);
    expect(heard(state.awayUntil - 1).pending).toBe(false);
  });

  it('keeps nothing of an earlier connection on a new one', () => {
    const fresh = newPendingResponse(false);
    expect(fresh.unshown).toBe(false);
    const sent = onHeartbeatSent(onConnected(fresh, 0), 0, false);
    expect(sent.unshown).toBe(true);
    expect(onConnected(sent, 10)).toMatchObject({ unshown: false, openedAt: 10 });
    expect(onClosed(sent, 10)).toMatchObject({ unshown: false, pending: true });
    expect(onGenerationShown(sent, 'g3')).toMatchObject({ unshown: false, suspected: false });
    expect(stayAway(sent)).toMatchObject({ pending: false, suspected: false });
  });

  it('is not left when it sends a command', () => {
    const state = onGenerationShown(onConnected(broken('g2'), 0), 'g2');
    expect(mustStayAway(state, 30_000, 0)).toBe(false);
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
