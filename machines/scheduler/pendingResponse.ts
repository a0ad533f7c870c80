import { type Backoff, backoff } from '../shared/backoff.ts';
import {
  forgetMs,
  longAbsenceMs,
  onlyEchoesMs,
  silenceBackoff,
  workWaitsBackoff,
} from '../shared/timing.ts';
import type { Generation, WorkView } from './messages.ts';

/** Under every policy with more tasks than that for each worker, the scheduler asks for more workers. */
const mostTasksPerWorker = 10;

/**
 * A scheduler of g2 or g23 gives no further command before the last one is answered, without a limit of time; but
 * command or response may have been lost with the connection. A second response could end a scheduler of another
 * release that has come in its place. The scheduler forgets what it waits for when it forgets the manager, so the
 * manager stays away for that long. A return that comes much later, as after a standstill of this process, shows
 * nothing: the scheduler keeps what it waits for while another process sends heartbeats with our identity. That may
 * happen while the manager stays away, too, so a scheduler that sends no command is left again, after longer and
 * longer times.
 */
export interface PendingResponse {
  /** A command may be unanswered: by this process, or by one before it. */
  pending: boolean;
  /** No command has come on this connection that would show the opposite. */
  suspected: boolean;
  /** A heartbeat was sent on this connection, and nothing has shown what the scheduler is. */
  unshown: boolean;
  openedAt: number;
  lastHeartbeatAt: number;
  /** No connection before then. */
  awayUntil: number;
  /** How often it was left for each of these reasons since its last command. */
  left: Record<LeaveReason, number>;
}

/**
 * Why a scheduler is left: a response may have been lost, or it sends no command although work waits, or although much
 * time has passed.
 */
export type LeaveReason = 'lostResponse' | 'waitingWork' | 'silence';

const neverLeft = { lostResponse: 0, waitingWork: 0, silence: 0 } as const;

/** What is known of a scheduler that sends no command. */
export interface SilentScheduler {
  /** Since when work waits; null: none is known to. */
  workWaitsSince: number | null;
  /** False: its release is known to wait for no response. Some of those forget our groups with the manager. */
  mayWait: boolean;
}

/** A scheduler of such a release gives no further command before the last one is answered. */
export function waitsForResponses(generation: Generation): boolean {
  return generation === 'g2' || generation === 'g23';
}

export function newPendingResponse(pending: boolean): PendingResponse {
  return {
    ...{ pending, suspected: pending, unshown: false },
    ...{ openedAt: 0, lastHeartbeatAt: 0, awayUntil: 0, left: neverLeft },
  };
}

export function onConnected(before: PendingResponse, at: number): PendingResponse {
  const { lastHeartbeatAt } = before;
  const wasAway = lastHeartbeatAt > 0 && at - lastHeartbeatAt > longAbsenceMs;
  const pending = before.pending || wasAway;
  return {
    ...{ ...before, pending, suspected: pending, unshown: false },
    ...{ openedAt: at, lastHeartbeatAt: at },
  };
}

/** The connection is gone. The first command of a scheduler that has not shown itself may have been lost with it. */
export function onClosed(before: PendingResponse): PendingResponse {
  const { pending, unshown } = before;
  return { ...before, pending: pending || unshown, unshown: false };
}

/** The scheduler has sent a command of this generation, or has shown that it speaks g4. */
export function onGenerationShown(
  before: PendingResponse,
  generation: Generation,
): PendingResponse {
  const pending = waitsForResponses(generation);
  return { ...before, pending, suspected: false, unshown: false, left: neverLeft };
}

/** `isShown`: the scheduler has shown what it is. */
export function onHeartbeatSent(
  before: PendingResponse,
  at: number,
  isShown: boolean,
): PendingResponse {
  return { ...before, lastHeartbeatAt: at, unshown: !isShown };
}

/** There is work for more workers than are connected, room for them, and no task of ours that is still to bring its own. */
export function isWorkWaiting(
  work: WorkView | null,
  ours: { workers: number; workersPerTask: number; tasks: number },
): boolean {
  return (
    work !== null &&
    work.tasks > mostTasksPerWorker * work.workers &&
    work.own < ours.workers &&
    work.own >= ours.tasks * ours.workersPerTask
  );
}

/**
 * Why to stay away instead of sending the next heartbeat; null: nothing asks for it. Not while an echo is missing,
 * because leaving then could wedge the scheduler.
 */
export function reasonToLeave(
  { suspected, unshown, openedAt, left }: PendingResponse,
  at: number,
  missingEchoes: number,
  { workWaitsSince, mayWait }: SilentScheduler,
): LeaveReason | null {
  if (missingEchoes > 0) return null;
  if (suspected) return at - openedAt >= onlyEchoesMs ? 'lostResponse' : null;
  if (!unshown) return null;
  const isOver = (since: number, reason: 'waitingWork' | 'silence', pauses: Backoff): boolean =>
    at - Math.max(openedAt, since) >= backoff(left[reason] + 1, pauses);
  if (workWaitsSince !== null && isOver(workWaitsSince, 'waitingWork', workWaitsBackoff))
    return 'waitingWork';
  return mayWait && isOver(openedAt, 'silence', silenceBackoff) ? 'silence' : null;
}

/** Once the scheduler has forgotten us there is nothing that it waits for. */
export function stayAway(before: PendingResponse, reason: LeaveReason): PendingResponse {
  const awayUntil = before.lastHeartbeatAt + forgetMs;
  const left = { ...before.left, [reason]: before.left[reason] + 1 };
  return { ...before, pending: false, unshown: false, awayUntil, left };
}

/** How long to wait before the next connection, ms. */
export function awayMs({ awayUntil }: PendingResponse, at: number): number {
  return Math.max(0, awayUntil - at);
}
