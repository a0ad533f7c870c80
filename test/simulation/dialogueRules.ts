import type {
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import { speaksGroups } from '../../machines/scheduler/messages.ts';
import { returnGraceMs } from '../../machines/shared/timing.ts';
import type { Watched } from './watched.ts';

/** From a command to its answer, ms, at the most: a start is answered after 8 s, ticks and the way included. */
const startAnswerMs = 12_000;
const shutdownAnswerMs = 3000;
/** No manager answers for an unknown group before another one has been asked: with the next heartbeat after 5 s. */
const unknownGroupMs = 12_000;
/** A connection that is replaced so soon counts as contested, ms; so many in a row, until one stands for so long. */
const shortMs = 5000;
const contestedCount = 3;
const longMs = 30_000;

interface Present {
  openedAt: number;
  isEchoed: boolean;
  /** When a command has shown what the scheduler speaks; null: not yet. */
  shownAt: number | null;
  /** When each command that is not answered was first told, and last; `start`, or `shutdown` and the group. */
  unanswered: Map<string, { since: number; last: number }>;
  /** Groups that a success has told, and whose end was not asked for since. */
  groups: Set<string>;
}

/** A worker is reported once, if its report was acknowledged before the connection closed; its task is not dead any more by then, ms. */
const reportedMs = 60_000;
/** Groups that are over, and counted although the scheduler has forgotten them. */
const endedSlack = 8;

const keyOf = (command: 'start' | 'shutdown', groupId: string | null): string =>
  command === 'start' ? command : `${command} ${groupId ?? ''}`;

/**
 * What must hold of the messages themselves: nothing is answered that was not asked on this connection, all that was
 * asked is answered in time, and nothing is adopted while another manager may be talking in our place.
 */
export function createDialogueRules(world: Watched) {
  const { agenda, broken } = world;
  const heartbeatMs = world.settings.heartbeatIntervalSeconds * 1000;
  let present: Present | null = null;
  let replacements = 0;
  let opened = 0;
  let inventoryAt: number | null = null;
  /** How many groups the scheduler knew at its last report: of what it has forgotten since, none tells. */
  let shownGroups = 0;
  let reports = new Map<string, { at: number; isAcknowledged: boolean }>();
  /** The end of the last standstill of the daemon. */
  let standstillEnd = Number.NEGATIVE_INFINITY;

  function told(generation: Generation, message: SchedulerMessage): void {
    if (!present) return;
    if (message.type === 'heartbeatEcho') present.isEchoed = true;
    else if (message.type === 'disconnected') onAcknowledged(message.workerId);
    else present.shownAt ??= agenda.now();
    if (message.type !== 'start' && message.type !== 'shutdown') return;
    const groupId = speaksGroups(generation) && message.type === 'shutdown' ? message.groupId : '';
    const key = keyOf(message.type, groupId);
    const known = present.unanswered.get(key);
    const now = agenda.now();
    // Not repeated with the next heartbeat, it was dropped, and is another one now.
    const isRepeated = known !== undefined && now - known.last < 1.2 * heartbeatMs;
    const isForeign = (groupId ?? '') !== '' && !world.isOurGroup(groupId ?? '');
    const since = known && (isRepeated || !isForeign) ? known.since : now;
    present.unanswered.set(key, { since, last: now });
  }

  function onReport(workerId: string): void {
    const before = reports.get(workerId);
    reports.set(workerId, { at: agenda.now(), isAcknowledged: false });
    if (before !== undefined && agenda.now() - before.at < reportedMs)
      broken('reportedAlive', `${workerId} is reported again`);
  }

  function onAcknowledged(workerId: string): void {
    const report = reports.get(workerId);
    if (report) report.isAcknowledged = true;
  }

  const knownGroups = (): number => world.scheduler.groups()?.length ?? 0;

  /** A scheduler of groups counts all that it knows against the limit: ours may be as many as we are allowed. */
  function onGroupCapacity(groups: number): void {
    const { maxTasks } = world.settings;
    const foreign = Math.max(shownGroups, knownGroups());
    if (maxTasks !== null && groups > maxTasks + foreign + endedSlack)
      broken('capExceeded', `${groups} groups advertised, ${maxTasks} allowed, ${foreign} known`);
  }

  /** A manager that stood still is forgotten with its groups, and on the same connection. */
  function isStillKnown(groupId: string): boolean {
    return world.scheduler.groups()?.includes(groupId) !== false;
  }

  function said(message: OutgoingMessage): void {
    if (message.type === 'disconnectRequest') onReport(message.workerId);
    if (message.type === 'heartbeat' && speaksGroups(message.generation))
      onGroupCapacity(message.heartbeat.maxTaskConcurrency);
    if (message.type !== 'response' || !present) return;
    const { command, groupId, outcome } = message.response;
    const key = keyOf(command, groupId);
    if (!present.unanswered.delete(key))
      broken('schedulerKilled', `${key} answered with ${outcome}, and not asked`);
    if (outcome !== 'success' || groupId === '') return;
    if (command === 'shutdown') present.groups.delete(groupId);
    else if (present.groups.has(groupId) && isStillKnown(groupId))
      broken('duplicated', `${groupId} answers two starts`);
    else present.groups.add(groupId);
  }

  return {
    born(): void {
      present = null;
      replacements = 0;
      opened = 0;
      inventoryAt = null;
      reports = new Map();
    },
    opened(): void {
      opened++;
      present = {
        openedAt: agenda.now(),
        isEchoed: false,
        shownAt: null,
        unanswered: new Map(),
        groups: new Set(),
      };
    },
    closed(kind: string): void {
      const stood = present ? agenda.now() - present.openedAt : null;
      present = null;
      // Lost on the way, for all that the daemon knows.
      for (const [workerId, { isAcknowledged }] of reports)
        if (!isAcknowledged) reports.delete(workerId);
      if (stood === null) return;
      if (stood >= longMs) replacements = 0;
      else if (kind === 'graceful' && stood < shortMs) replacements++;
    },
    told,
    said,
    /** The monitor stream lists all groups now. */
    reported(): void {
      shownGroups = knownGroups();
    },
    stoodStill(until: number): void {
      standstillEnd = until;
    },

    /** Whether it may be another manager that the scheduler talks to; null: no. */
    doubt(): string | null {
      if (present && !present.isEchoed) return 'no heartbeat is echoed yet';
      const isContested =
        replacements >= contestedCount &&
        (present === null || agenda.now() - present.openedAt < longMs);
      return isContested ? `the connection was replaced ${replacements} times` : null;
    },

    /** The scheduler may have come back just now: no stop is decided for a while. */
    isJustBack(): boolean {
      return present !== null && opened > 1 && agenda.now() - present.openedAt < returnGraceMs;
    },
    /** Connected, and told what the scheduler speaks, since before then. */
    isSteadySince(at: number): boolean {
      return present?.shownAt != null && present.shownAt < at;
    },

    /** Once a second. */
    check(): void {
      const now = agenda.now();
      const life = world.life();
      // While a launch is open, lists are only searched for its tasks: they do not show which groups are ours.
      inventoryAt = world.census()?.inventoryComplete ? (inventoryAt ?? now) : null;
      if (now < standstillEnd) return;
      if (!present || !life?.actor || life.stopAskedAt !== null) return;
      // The daemon is closing this connection.
      if (!world.census()?.session.startsWith('online.connected.')) return;
      for (const [key, { since, last }] of present.unanswered) {
        const [command, groupId = ''] = key.split(' ');
        const isForeign = groupId !== '' && !world.isOurGroup(groupId);
        if (isForeign && (inventoryAt === null || now - last > 1.2 * heartbeatMs)) continue;
        const heard = Math.max(since, standstillEnd);
        const from = isForeign ? Math.max(heard, inventoryAt ?? 0) : heard;
        const limit =
          command === 'start' ? startAnswerMs : isForeign ? unknownGroupMs : shutdownAnswerMs;
        if (now - from > limit) broken('unanswered', `${key}, told ${now - since} ms ago`);
      }
    },
  };
}

export type DialogueRules = ReturnType<typeof createDialogueRules>;
