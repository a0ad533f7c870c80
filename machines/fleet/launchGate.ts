import type { FailureReason, Market } from '../shared/domain.ts';
import { confirmOrphanMs } from '../shared/timing.ts';
import { type Breaker, type LaunchPermit, permitFor } from './circuitBreaker.ts';
import { launchesBesideUnstopped } from './missing.ts';
import type { Modes } from './modes.ts';
import { type LimitName, limitStates, limitWords, moneyRoom } from './money.ts';
import { type Counts, kept, slots, total } from './plan.ts';
import {
  allObserved,
  type Fleet,
  fleetCounts,
  inventoryStale,
  listDenied,
  openLaunches,
} from './state.ts';

export type BlockerKind =
  | 'noCommand'
  | 'schedulerSilent'
  | 'workersIncompatible'
  | 'inventoryPending'
  | 'orphansUnconfirmed'
  | 'inventoryStale'
  | 'notPrepared'
  | 'breaker'
  | 'quota'
  | 'cap'
  | 'stopFails'
  | 'rateAllowance'
  | 'turnBudget'
  | 'reportPending'
  | 'decisionStale'
  | 'stopping'
  | 'held'
  | 'moneyLimit';

/** One reason why nothing is launched. */
export interface Blocker {
  kind: BlockerKind;
  /** Tells apart blockers of one kind; it does not change while the blocker stands. */
  identity: string;
  /** For an operator. */
  sentence: string;
  /** Since when, milliseconds since the epoch; null: not known. */
  since: number | null;
  /** What would clear it. */
  clears: string;
  /** When it clears by itself, milliseconds since the epoch; of a breaker: when one task is tried. Null: not known, or never. */
  until: number | null;
  /** Of a breaker: what it is about; null of market or subnet: all. */
  breaker?: Pick<Breaker, 'cause' | 'market' | 'subnet'>;
}

/** Blockers that are gone within a second, in the ordinary course of launching. */
const transient: readonly BlockerKind[] = [
  'turnBudget',
  'reportPending',
  'rateAllowance',
  'decisionStale',
];

export const isTransient = ({ kind }: Blocker): boolean => transient.includes(kind);

const blocker = (
  kind: BlockerKind,
  sentence: string,
  clears: string,
  { since = null, until = null, identity = kind, breaker }: Partial<Blocker> = {},
): Blocker => ({ kind, identity, sentence, since, clears, until, ...(breaker && { breaker }) });

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

function schedulerBlockers(fleet: Fleet, { scheduler }: Modes): Blocker[] {
  const blockers: Blocker[] = [];
  const { lastEchoAt, now, mismatch, mismatchSince, settings } = fleet;
  if (scheduler === 'absent' || scheduler === 'gone')
    blockers.push(
      blocker(
        'schedulerSilent',
        lastEchoAt === null
          ? 'the scheduler has not answered any heartbeat yet'
          : `the scheduler last answered a heartbeat ${seconds(now - lastEchoAt)} s ago; after ${seconds(settings.echoLimitMs)} s, or once the connection is lost, nothing is launched`,
        'an answer to a heartbeat',
        { since: lastEchoAt ?? fleet.startedAt },
      ),
    );
  if (mismatch !== null)
    blockers.push(
      blocker(
        'workersIncompatible',
        mismatch,
        'another worker release in the settings, or another scheduler',
        { since: mismatchSince, identity: `workersIncompatible ${mismatch}` },
      ),
    );
  return blockers;
}

function inventoryBlockers(fleet: Fleet): Blocker[] {
  const { adoption, inventoryAt, unknownOutcomeAt } = fleet;
  if (listDenied(fleet)) return [];
  const blockers: Blocker[] = [];
  if (adoption.unconfirmed > 0)
    blockers.push(
      blocker(
        'orphansUnconfirmed',
        `${adoption.unconfirmed} running tasks carry our tag and belong to no group; the next inventory shows whether they stay`,
        'the next complete inventory',
        { since: inventoryAt, until: inventoryAt === null ? null : inventoryAt + confirmOrphanMs },
      ),
    );
  if (inventoryStale(fleet))
    blockers.push(
      blocker(
        'inventoryStale',
        'a launch was given up without an answer and may have started tasks that no inventory shows yet',
        'a complete inventory that is younger than that launch',
        { since: unknownOutcomeAt },
      ),
    );
  return blockers;
}

/** What holds every launch that is certainly not carried out yet, new or sent again. */
function fleetBlockers(fleet: Fleet, modes: Modes): Blocker[] {
  const blockers = [...schedulerBlockers(fleet, modes), ...inventoryBlockers(fleet)];
  const { revision, holdReason, heldSince, startedAt } = fleet;
  if (revision === null)
    blockers.push(
      blocker(
        'notPrepared',
        'cluster and task definition are not prepared yet',
        'their preparation',
        { since: startedAt },
      ),
    );
  if (modes.lifecycle === 'leaving')
    blockers.push(blocker('stopping', 'the tasks are left to the next start', 'a new start'));
  if (modes.lifecycle === 'stopping' || modes.lifecycle === 'stopped')
    blockers.push(blocker('stopping', 'everything is to end', 'a new start'));
  if (modes.hold === 'held')
    blockers.push(
      blocker('held', `an operator holds launches: ${holdReason}`, 'the command resume', {
        since: heldSince,
        identity: `held ${holdReason}`,
      }),
    );
  return blockers;
}

/** A launch that was decided on may be sent: in its turn, or again after a throttle. */
export function mayBeSent(fleet: Fleet, modes: Modes): boolean {
  return fleetBlockers(fleet, modes).every(
    // The first inventory waits for all launches of earlier runs, so a hold does not hold those.
    ({ kind }) => kind === 'held' && modes.lifecycle === 'recovering',
  );
}

const breakerName = ({ cause, market, subnet }: Breaker): string =>
  [cause, market, subnet].filter((part) => part !== null).join(' ');

const causes: Partial<Record<FailureReason, string>> = {
  exited: 'workers ended soon after they had registered, again and again',
  startFailed: 'tasks ended before their workers registered',
};

function breakerBlocker(breaker: Breaker, now: number): Blocker {
  const { cause, market, subnet, failures, since, until, reason, probe } = breaker;
  const where = [
    market === null ? '' : ` on ${market === 'spot' ? 'Spot' : 'demand'}`,
    subnet === null ? '' : ` in ${subnet}`,
  ].join('');
  const waits =
    probe === null
      ? `one task is tried in ${seconds(until - now)} s`
      : `group ${probe} is being tried`;
  const what = causes[cause] ?? `launches${where} failed (${cause})`;
  return blocker(
    cause === 'quota' ? 'quota' : 'breaker',
    `${what}, ${failures} times in a row: ${reason}; ${waits}`,
    probe === null ? 'the time, then one task that succeeds' : 'the outcome of that task',
    {
      since,
      until: probe === null ? until : null,
      identity: `breaker ${breakerName(breaker)}`,
      breaker: { cause, market, subnet },
    },
  );
}

const permitOf = ({ breakers, settings, now }: Fleet): LaunchPermit =>
  permitFor(breakers, { subnets: [], ...settings }, now);

/** The breakers that leave no market and no subnet. */
function breakerBlockers(fleet: Fleet): Blocker[] {
  if (permitOf(fleet).maxTasks > 0) return [];
  const { breakers, now } = fleet;
  const inTheWay = Object.values(breakers).filter(
    ({ until, probe }) => now < until || probe !== null,
  );
  return inTheWay.map((breaker) => breakerBlocker(breaker, now));
}

function capBlockers(fleet: Fleet, counts: Counts): Blocker[] {
  const { maxTasks } = fleet.settings;
  const { desired } = fleet;
  // Groups on their way out count until their slots are free.
  if (maxTasks === null || slots(counts) < maxTasks) return [];
  if ((desired ?? 0) <= kept(counts)) return [];
  const leaving = total(counts) - kept(counts);
  const numbers = `${desired} tasks are desired, ${total(counts)} exist and ${maxTasks} are allowed`;
  return [
    blocker(
      'cap',
      leaving > 0 ? `${numbers}; ${leaving} of them are on their way out` : numbers,
      leaving > 0 ? 'the end of tasks that are on their way out' : 'a higher max_task_concurrency',
      { since: fleet.aboveSince },
    ),
  ];
}

function stopBlockers(fleet: Fleet, counts: Counts): Blocker[] {
  if (launchesBesideUnstopped(fleet, counts) !== 0) return [];
  const { unstoppedWorkers } = counts;
  return [
    blocker(
      'stopFails',
      `StopTask fails for groups that are to stop, and ${unstoppedWorkers} workers of theirs serve on: no group is launched in their place`,
      'a StopTask that ECS accepts',
    ),
  ];
}

const exhausted = (fleet: Fleet) =>
  limitStates(fleet, permitOf(fleet).market).filter(({ room }) => room < 1);

function moneyBlockers(fleet: Fleet): Blocker[] {
  return exhausted(fleet).map((state) => {
    const { sentence, clears } = limitWords(state);
    const { limit, until } = state;
    const since = fleet.money.limitedSince;
    return blocker('moneyLimit', sentence, clears, {
      since,
      until,
      identity: `moneyLimit ${limit}`,
    });
  });
}

/** The limits of money that one task more would pass. */
export const limitsReached = (fleet: Fleet): LimitName[] =>
  exhausted(fleet).map(({ limit }) => limit);

function paceBlockers(fleet: Fleet): Blocker[] {
  const blockers: Blocker[] = [];
  const { allowance, turnAllowance, now, settings } = fleet;
  if (Math.floor(allowance) < 1) {
    const rate = settings.launchesPerSecond;
    blockers.push(
      blocker(
        'rateAllowance',
        `the launch quota allows ${settings.launchBurst} tasks at once and ${rate} a second; it is used up`,
        'the next second',
        { until: now + Math.ceil(((1 - allowance) / rate) * 1000) },
      ),
    );
  }
  if (turnAllowance < 1)
    blockers.push(
      blocker('turnBudget', 'enough was launched in this turn of the event loop', 'the next turn'),
    );
  if (fleet.decisionStale)
    blockers.push(
      blocker(
        'decisionStale',
        'a launch waited so long to be sent that the last answer of the scheduler was too old',
        'the next tick',
      ),
    );
  if (!allObserved(fleet))
    blockers.push(
      blocker('reportPending', 'a cohort has not reported yet what a command did', 'its report'),
    );
  return blockers;
}

/**
 * Why nothing is launched. If and only if the list is empty, what is missing is launched. That a scheduler has just
 * returned holds drains, not launches.
 */
export function launchBlockers(
  fleet: Fleet,
  modes: Modes,
  counts: Counts = fleetCounts(fleet),
): Blocker[] {
  const blockers = fleetBlockers(fleet, modes);
  if (modes.lifecycle === 'recovering')
    blockers.push(
      blocker(
        'inventoryPending',
        openLaunches(fleet) > 0
          ? `${openLaunches(fleet)} launches of an earlier run have no answer yet`
          : 'no complete inventory of our tasks yet',
        'the first complete inventory',
        { since: fleet.startedAt },
      ),
    );
  if (fleet.desired === null)
    blockers.push(
      blocker(
        'noCommand',
        'the scheduler has not said how many workers it desires',
        'its first command',
        { since: fleet.startedAt },
      ),
    );
  return [
    ...blockers,
    ...breakerBlockers(fleet),
    ...capBlockers(fleet, counts),
    ...stopBlockers(fleet, counts),
    ...moneyBlockers(fleet),
    ...paceBlockers(fleet),
  ];
}

/** How many groups may be launched now, on which market and where, and which breakers that tests. */
export interface Permit {
  tasks: number;
  market: Market;
  subnets: string[] | null;
  probes: string[];
}

/** `blockers`: of the same fleet and counts. */
export function launchPermit(
  fleet: Fleet,
  blockers: readonly Blocker[],
  counts: Counts = fleetCounts(fleet),
): Permit {
  const { maxTasks, ...where } = permitOf(fleet);
  if (blockers.length > 0) return { tasks: 0, ...where, probes: [] };
  const { allowance, turnAllowance } = fleet;
  const affordable = moneyRoom(fleet, where.market);
  const beside = launchesBesideUnstopped(fleet, counts) ?? maxTasks;
  const tasks = Math.min(maxTasks, beside, Math.floor(allowance), turnAllowance, affordable);
  return { tasks, ...where };
}
