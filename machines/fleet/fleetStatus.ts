import type { ConnectionStatus } from '../scheduler/events.ts';
import type { Terms } from '../scheduler/messages.ts';
import type { Breaker } from './circuitBreaker.ts';
import { type Blocker, isTransient, launchBlockers } from './launchGate.ts';
import { missingOf } from './missing.ts';
import type { Modes } from './modes.ts';
import { type LimitState, limitStates, type Spending, spendingOf } from './money.ts';
import { type Counts, serving, total } from './plan.ts';
import { type Fleet, fleetCounts, listDenied, openLaunches, queued } from './state.ts';

/** What the fleet manager knows, for a person. Times are milliseconds since the epoch. */
export interface FleetStatus {
  /** Of the last tick: what follows is of that moment. */
  at: number;
  startedAt: number;
  modes: Modes;
  scheduler: {
    connection: ConnectionStatus;
    terms: Terms | null;
    lastEchoAt: number | null;
    /** Why no workers of ours could serve it. */
    mismatch: string | null;
  };
  /** Fargate tasks, and workers where the scheduler counts in workers; null: it has not said. */
  desired: number | null;
  desiredWorkers: number | null;
  /** Workers that the scheduler's work needs, where that is more than it asks for: desired in its place; null: not so. */
  workersAhead: number | null;
  /** Why so many are desired, in words. */
  desiredWhy: string;
  groups: GroupTotals;
  /** Groups of earlier runs that are still to be put into a cohort. */
  queued: number;
  openLaunches: number;
  launching: {
    /** Tasks that are desired and neither there nor on their way. */
    missing: number;
    /** Nothing is launched if and only if there are any. */
    blockers: (Blocker & { transient: boolean })[];
    /** A person holds launches; null: none does. */
    hold: { reason: string; since: number } | null;
  };
  breakers: Breaker[];
  limits: {
    maxTasks: number | null;
    workersPerTask: number;
    launchBurst: number;
    launchesPerSecond: number;
    /** Tasks that Fargate would let us launch at once now. */
    allowance: number;
    /** Workers advertised to the scheduler while a quota holds us back; null: all. */
    advertised: number | null;
  };
  /** What the tasks cost, and how each limit of money stands; null: no price is known. */
  money: (Spending & { limits: LimitState[] }) | null;
  inventory: {
    /** When the last complete list of our tasks began; null: there was none. */
    at: number | null;
    failures: number;
    /** Running tasks with our tag that no group owns yet. */
    unconfirmed: number;
    denied: boolean;
  };
}

/** Groups by what a person calls them. */
export interface GroupTotals {
  total: number;
  /** Known to the scheduler: idle and busy ones. */
  running: number;
  idle: number;
  busy: number;
  /** Requested or started, and not yet known to the scheduler; or lost from it. */
  booting: number;
  /** To leave at an idle moment, or before they registered. */
  draining: number;
  /** Told to stop. */
  stopping: number;
  /** Workers that running groups should have and the scheduler does not show. */
  missingWorkers: number;
}

export function groupTotals(counts: Counts): GroupTotals {
  const { idle, busy, pending, drainPending, cancelled, stopping, waiting, missingWorkers } =
    counts;
  return {
    total: total(counts),
    running: serving(counts),
    idle,
    busy,
    booting: pending,
    draining: drainPending + cancelled + waiting,
    stopping: stopping - waiting,
    missingWorkers,
  };
}

export function fleetStatus(fleet: Fleet, modes: Modes): FleetStatus {
  const counts = fleetCounts(fleet);
  const spending = spendingOf(fleet);
  const { settings, adoption, holdReason, heldSince } = fleet;
  return {
    at: fleet.now,
    startedAt: fleet.startedAt,
    modes,
    scheduler: {
      connection: fleet.connection,
      terms: fleet.terms,
      lastEchoAt: fleet.lastEchoAt,
      mismatch: fleet.mismatch,
    },
    desired: fleet.desired,
    desiredWorkers: fleet.desiredWorkers,
    workersAhead: fleet.workersAhead,
    desiredWhy: fleet.desiredWhy,
    groups: groupTotals(counts),
    queued: queued(fleet),
    openLaunches: openLaunches(fleet),
    launching: {
      missing: missingOf(fleet, counts),
      blockers: launchBlockers(fleet, modes, counts).map((blocker) => ({
        ...blocker,
        transient: isTransient(blocker),
      })),
      hold:
        modes.hold === 'held' ? { reason: holdReason ?? '', since: heldSince ?? fleet.now } : null,
    },
    breakers: Object.values(fleet.breakers),
    limits: {
      maxTasks: settings.maxTasks,
      workersPerTask: settings.workersPerTask,
      launchBurst: settings.launchBurst,
      launchesPerSecond: settings.launchesPerSecond,
      allowance: Math.floor(fleet.allowance),
      advertised: fleet.advertised,
    },
    money: spending && {
      ...spending,
      limits: limitStates(fleet, fleet.settings.spot ? 'spot' : 'onDemand'),
    },
    inventory: {
      at: fleet.inventoryAt,
      failures: fleet.inventoryFailures,
      unconfirmed: adoption.unconfirmed,
      denied: listDenied(fleet),
    },
  };
}
