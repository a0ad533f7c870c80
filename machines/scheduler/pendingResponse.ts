import type { Generation } from './messages.ts';

/** A scheduler that waits for a response sends only echoes: so long, ms, and it may be waiting. */
const onlyEchoesMs = 12_000;
/** A scheduler forgets a manager after ten seconds without a heartbeat, and checks once a second. */
const forgetMs = 12_000;

/**
 * A scheduler of g2 or g23 gives no further command before the last one is answered, without a limit of time; but
 * command or response may have been lost with the connection. A second response could end a scheduler of another
 * release that has come in its place. The scheduler forgets what it waits for when it forgets the manager, so the
 * manager stays away for that long.
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
}

export function newPendingResponse(pending: boolean): PendingResponse {
  return {
    ...{ pending, suspected: pending, unshown: false },
    ...{ openedAt: 0, lastHeartbeatAt: 0, awayUntil: 0 },
  };
}

export function onConnected(before: PendingResponse, at: number): PendingResponse {
  const { pending } = before;
  return { ...before, suspected: pending, unshown: false, openedAt: at, lastHeartbeatAt: at };
}

/** The connection is gone. The first command of a scheduler that has not shown itself may have been lost with it. */
export function onClosed(before: PendingResponse, at: number): PendingResponse {
  const { pending, unshown, awayUntil } = before;
  return { ...before, pending: pending || (unshown && at >= awayUntil), unshown: false };
}

/** The scheduler has sent a command of this generation, or has shown that it speaks g4. */
export function onGenerationShown(
  before: PendingResponse,
  generation: Generation,
): PendingResponse {
  const pending = generation === 'g2' || generation === 'g23';
  return { ...before, pending, suspected: false, unshown: false };
}

/** `isShown`: the scheduler has shown what it is. */
export function onHeartbeatSent(
  before: PendingResponse,
  at: number,
  isShown: boolean,
): PendingResponse {
  return { ...before, lastHeartbeatAt: at, unshown: !isShown };
}

/** Instead of the next heartbeat: stay away. Not while an echo is missing, because leaving then could wedge it. */
export function mustStayAway(
  { suspected, openedAt }: PendingResponse,
  at: number,
  missingEchoes: number,
): boolean {
  return suspected && missingEchoes === 0 && at - openedAt >= onlyEchoesMs;
}

export function stayAway(before: PendingResponse): PendingResponse {
  const awayUntil = before.lastHeartbeatAt + forgetMs;
  return { ...before, pending: false, suspected: false, awayUntil };
}

/** How long to wait before the next connection, ms. */
export function awayMs({ awayUntil }: PendingResponse, at: number): number {
  return Math.max(0, awayUntil - at);
}
