import { returnGraceMs } from '../shared/timing.ts';
import { onReportsLost, withNoted } from './deadWorkers.ts';
import {
  addsNothing,
  type Dialect,
  dialectOf,
  learn,
  mayHaveGroups,
  reportsAs,
  surelyNamesLists,
  termsOf,
} from './dialect.ts';
import type { ConnectionStatus, SchedulerEvent, SocketCommand, SocketEvent } from './events.ts';
import { isContested, isTaken, onClosed, onConnected } from './identityConflict.ts';
import {
  type CommandResponse,
  type GroupsView,
  type OutgoingMessage,
  speaksGroups,
  type Terms,
  type UnitCommand,
} from './messages.ts';
import * as pending from './pendingResponse.ts';
import { mismatch } from './releases.ts';
import { fleetView, newConnection, reasonToLeave, type SessionContext } from './sessionState.ts';
import { onCommand, poll } from './unitProtocol.ts';
import { newUnitProtocol, type Outcome, type Reply } from './unitState.ts';

/** What people should know of the dialogue. */
export type SessionNote =
  | ({ note: 'identified' } & Terms)
  | { note: 'unreadable'; reason: string }
  | { note: 'heartbeatSent' }
  | { note: 'notSent'; what: OutgoingMessage['type'] }
  | { note: 'responded'; response: CommandResponse }
  | { note: 'deadWorkerReported'; worker: string }
  | { note: 'stayingAway'; seconds: number }
  | { note: 'identityTaken' }
  | { note: 'shutdown' };

/** The session after an event, and what follows from the event. */
export interface Step {
  context: SessionContext;
  toSocket?: SocketCommand[];
  toParent?: SchedulerEvent[];
  notes?: SessionNote[];
}

type Message = Extract<SocketEvent, { type: 'socket.message' }>;

const join = (a: Step, b: Step): Step => ({
  context: b.context,
  toSocket: [...(a.toSocket ?? []), ...(b.toSocket ?? [])],
  toParent: [...(a.toParent ?? []), ...(b.toParent ?? [])],
  notes: [...(a.notes ?? []), ...(b.notes ?? [])],
});

/** A new attempt to connect. Nothing of the last connection counts. */
export function connect(context: SessionContext): SessionContext {
  return { ...context, ...newConnection, attempts: context.attempts + 1 };
}

export function opened(
  before: SessionContext,
  { at, magic }: SocketEvent & { type: 'socket.open' },
) {
  const context: SessionContext = {
    ...before,
    ...newConnection,
    groupsShown: before.groups !== null,
    now: at,
    pendingResponse: pending.onConnected(before.pendingResponse, at),
    identityConflict: onConnected(before.identityConflict, at),
    newUntil: before.opened > 0 ? at + returnGraceMs : 0,
    opened: before.opened + 1,
  };
  const identified = identify(context, dialectOf(magic));
  return join(identified, connectionIs(identified.context, 'unacknowledged'));
}

export function closed(
  before: SessionContext,
  event: SocketEvent & { type: 'socket.closed' },
): Step {
  const { at, kind, reason, jitter } = event;
  const identityConflict = onClosed(before.identityConflict, kind, at);
  const isNews = isTaken(identityConflict) && !isTaken(before.identityConflict);
  return {
    context: {
      ...before,
      // The scheduler may not have read them. To report a worker twice does no harm.
      ...onReportsLost(before, before.unacknowledged),
      unacknowledged: [],
      ...{ now: at, trouble: `${kind}: ${reason}`, jitter, identityConflict },
      hostAnswers: kind !== 'unreachable',
      pendingResponse: pending.onClosed(before.pendingResponse),
    },
    notes: isNews ? [{ note: 'identityTaken' }] : [],
  };
}

/** Without a connection. */
export function disconnected(context: SessionContext): Step {
  const { identityConflict, now } = context;
  const isDoubtful = isTaken(identityConflict) || isContested(identityConflict, now);
  return connectionIs(context, isDoubtful ? 'conflict' : 'closed');
}

function connectionIs(context: SessionContext, status: ConnectionStatus): Step {
  if (status === context.connection) return { context };
  return {
    context: { ...context, connection: status },
    toParent: [{ type: 'scheduler.connection', at: context.now, status }],
  };
}

/** Tells what has become known of the scheduler. */
function identify(before: SessionContext, dialect: Dialect): Step {
  const context = {
    ...before,
    dialect,
    pendingResponse:
      dialect.certain === null
        ? before.pendingResponse
        : pending.onGenerationShown(before.pendingResponse, dialect.certain),
  };
  const { settled } = dialect.numbering;
  const toSocket: SocketCommand[] =
    settled === before.dialect.numbering.settled
      ? []
      : [{ type: 'socket.expect', generation: settled }];
  const terms = termsOf(dialect);
  if (terms === null || addsNothing(before.terms, terms)) return { context, toSocket };
  const { now: at, workerRelease } = before;
  const reason = workerRelease === null ? null : mismatch(workerRelease, terms);
  return {
    context: { ...context, terms },
    toSocket,
    toParent: [
      { type: 'scheduler.identified', at, terms },
      { type: 'scheduler.mismatch', at, reason },
    ],
    notes: [{ note: 'identified', ...terms }],
  };
}

export function onEcho(before: SessionContext, { at, generation }: Message): Step {
  const context = {
    ...before,
    now: at,
    missedEchoes: 0,
    outstanding: Math.max(0, before.outstanding - 1),
    attempts: 0,
    trouble: null,
  };
  const { dialect } = context;
  const known =
    dialect.numbering.settled === null
      ? identify(context, learn(dialect, generation, generation === 'g4'))
      : { context };
  const status = isContested(context.identityConflict, at) ? 'conflict' : 'ready';
  const step = join(known, connectionIs(known.context, status));
  return join(step, { context: step.context, toParent: [{ type: 'scheduler.heartbeatEcho', at }] });
}

/** A command shows the generation beyond doubt. */
function onExact(before: SessionContext, { at, generation }: Message): Step {
  const context = { ...before, now: at };
  return identify(context, learn(context.dialect, generation, true));
}

export function onDesired(before: SessionContext, event: Message): Step {
  const known = onExact(before, event);
  if (event.message.type !== 'desired') return known;
  const { at, message } = event;
  return join(known, {
    context: known.context,
    toParent: [{ type: 'scheduler.desired', at, requests: message.requests }],
  });
}

export function onUnitCommand(before: SessionContext, event: Message, command: UnitCommand): Step {
  const known = onExact(before, event);
  const { generation } = event;
  // It sends what it desires as well, and waits for a response to this before it sends that again.
  if (generation === 'g23') return join(known, respond(known.context, agreed(command)));
  const { context } = known;
  const groups = speaksGroups(generation);
  const view = fleetView(context);
  const unit = context.unitProtocol;
  const present = unit === null || (unit.assumed && !groups) ? null : unit;
  const protocol =
    present ?? newUnitProtocol(groups, view, context.newUntil, surelyNamesLists(context.dialect));
  // What was asked for on an earlier connection is not any more: the scheduler asks for it again.
  const isAnew = context.opened > 1 && (unit === null || unit.assumed);
  const { state, replies } = onCommand(protocol, command, view, context);
  const first: Reply[] = isAnew ? [{ type: 'forgetRequests' }] : [];
  return join(known, follow(context, { state, replies: [...first, ...replies] }));
}

/** What the unit protocol owes the scheduler by now. */
export function pollUnits(context: SessionContext): Step {
  const { unitProtocol, dialect, groups } = context;
  if (unitProtocol !== null) {
    const outcome = poll(unitProtocol, fleetView(context), context);
    return follow(context, outcome);
  }
  if (groups === null || !mayHaveGroups(dialect)) return { context };
  // A scheduler that does not know our groups has no reason ever to send a command.
  const view = fleetView(context);
  const assumed = newUnitProtocol(true, view, context.newUntil);
  return follow(context, poll(assumed, view, context));
}

function follow(before: SessionContext, { state, replies }: Outcome): Step {
  const at = before.now;
  let step: Step = { context: { ...before, unitProtocol: state } };
  for (const reply of replies) {
    const { context } = step;
    step = join(
      step,
      reply.type === 'respond'
        ? respond(context, reply.response)
        : { context, toParent: [eventOf(reply, at)] },
    );
  }
  return step;
}

function eventOf(reply: Exclude<Reply, { type: 'respond' }>, at: number): SchedulerEvent {
  switch (reply.type) {
    case 'requestStart':
      return { type: 'scheduler.startRequested', at };
    case 'requestShutdown':
      return { type: 'scheduler.shutdownRequested', at, taskIds: reply.taskIds };
    case 'forgetRequests':
      return { type: 'scheduler.requestsForgotten', at };
  }
}

/**
 * The scheduler forgets a group with the answer to its shutdown; its monitor stream may show it for a minute yet. The
 * group that a start names is new to it.
 */
function withoutAnswered(
  groups: GroupsView | null,
  { groupId }: CommandResponse,
): GroupsView | null {
  if (!groups?.known.includes(groupId)) return groups;
  return { ...groups, known: groups.known.filter((known) => known !== groupId) };
}

function respond(context: SessionContext, response: CommandResponse): Step {
  const generation = context.dialect.numbering.settled ?? 'g3';
  return {
    context: { ...context, groups: withoutAnswered(context.groups, response) },
    toSocket: [{ type: 'socket.send', message: { generation, type: 'response', response } }],
    notes: [{ note: 'responded', response }],
  };
}

const agreed = ({ type }: UnitCommand): CommandResponse => ({
  ...{ command: type, outcome: 'success', groupId: '', workerIds: [], capabilities: [] },
});

export function onShutdownAsked(before: SessionContext, { at }: Message): Step {
  return {
    context: { ...before, now: at, shutdownReported: true },
    toParent: [{ type: 'scheduler.shutdown', at }],
    notes: [{ note: 'shutdown' }],
  };
}

/** Reports the dead workers that have not been reported yet, if this scheduler accepts reports. */
export function reportDeadWorkers(before: SessionContext): Step {
  const { dialect, unreported: due, reported, now, unacknowledged } = before;
  const generation = reportsAs(dialect);
  if (due.length === 0 || generation === null) return { context: before };
  return {
    context: {
      ...before,
      unreported: [],
      reported: withNoted(reported, due, now),
      unacknowledged: [...unacknowledged, ...due],
    },
    toSocket: due.map((workerId) => ({
      type: 'socket.send',
      message: { generation, type: 'disconnectRequest', workerId },
    })),
    notes: due.map((worker) => ({ note: 'deadWorkerReported', worker })),
  };
}

export function sendFailed(before: SessionContext, what: OutgoingMessage): Step {
  const notes: SessionNote[] = [{ note: 'notSent', what: what.type }];
  if (what.type !== 'disconnectRequest') return { context: before, notes };
  const unacknowledged = before.unacknowledged.filter((workerId) => workerId !== what.workerId);
  const reports = onReportsLost(before, [what.workerId]);
  return { context: { ...before, ...reports, unacknowledged }, notes };
}

/** Leave instead of a heartbeat, and for as long as the scheduler needs to forget us. */
export function stayAway(before: SessionContext): Step {
  const reason = reasonToLeave(before);
  if (reason === null) return { context: before };
  const pendingResponse = pending.stayAway(before.pendingResponse, reason);
  const seconds = Math.ceil(pending.awayMs(pendingResponse, before.now) / 1000);
  return {
    context: { ...before, pendingResponse },
    notes: [{ note: 'stayingAway', seconds }],
  };
}
