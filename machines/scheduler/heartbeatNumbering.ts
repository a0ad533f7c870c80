import type { Generation } from './messages.ts';

/** Heartbeats under one numbering before the other is tried. */
const heartbeatsPerTry = 2;

/**
 * How to number heartbeats. YMQ's magic tells; over ZeroMQ only an echo shows which numbering the scheduler reads.
 * The older numbering goes first, because only that is known to be harmless to every release.
 */
export interface HeartbeatNumbering {
  settled: Generation | null;
  tried: 'g3' | 'g4';
  heartbeats: number;
}

export const unsettled: HeartbeatNumbering = { settled: null, tried: 'g3', heartbeats: 0 };

export function settle(before: HeartbeatNumbering, generation: Generation): HeartbeatNumbering {
  return { ...before, settled: generation };
}

/** The numbering of the next heartbeat, and what to keep for the one after it. */
export function nextHeartbeat(before: HeartbeatNumbering): [Generation, HeartbeatNumbering] {
  if (before.settled !== null) return [before.settled, before];
  const isSpent = before.heartbeats === heartbeatsPerTry;
  const other = before.tried === 'g3' ? 'g4' : 'g3';
  const tried = isSpent ? other : before.tried;
  return [tried, { ...before, tried, heartbeats: isSpent ? 1 : before.heartbeats + 1 }];
}
