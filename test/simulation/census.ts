import { isDeepStrictEqual } from 'node:util';
import type { AnyActorRef } from 'xstate';
import { spendingOf } from '../../machines/fleet/money.ts';
import { type Fleet, listDenied } from '../../machines/fleet/state.ts';
import { isTaken } from '../../machines/scheduler/identityConflict.ts';
import type { SessionContext } from '../../machines/scheduler/sessionState.ts';
import { now } from '../../src/shared/clock.ts';
import { totalsOf } from '../support/cohortTotals.ts';
import type { ModelTask } from './ecs.ts';

export interface GroupSeen {
  groupId: string;
  taskArn: string | null;
  state: string;
  registered: boolean;
  drainRequested: boolean;
}

export interface LaunchSeen {
  label: string;
  state: string;
}

/** The actor tree as it stands, asked actor by actor. */
export interface Census {
  lifecycle: string;
  session: string;
  describing: boolean;
  /** What the dialogue with the scheduler waits for, or keeps in mind. */
  dialogue: string[];
  groups: GroupSeen[];
  launches: LaunchSeen[];
  cohorts: number;
  /** The totals of the fleet manager are the sums over its cohorts. */
  totalsAreSums: boolean;
  /** Groups that it desires, also for work that no command asks for yet; null: it has not heard. */
  desired: number | null;
  /** What holds launches back after refusals or deaths. */
  breakers: number;
  /** Whether a limit of money is in the way. */
  money: string;
  /** What it counts; null: nothing. */
  usdTotal: number | null;
  isLowerBound: boolean;
  /** A complete inventory was taken in, or listing is denied for good. A search for one launch's tasks is none. */
  inventoryComplete: boolean;
}

interface Snapshot {
  status: string;
  value: unknown;
  context: Record<string, never>;
  children: Record<string, AnyActorRef | undefined>;
}

const seen = (actor: AnyActorRef): Snapshot => actor.getSnapshot() as Snapshot;

const flat = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries((value ?? {}) as Record<string, unknown>)
        .map(([key, child]) => `${key}.${flat(child)}`)
        .join(' ');

export const dialogueNames = [
  'unknown',
  'units',
  'startOpen',
  'startDeferred',
  'startLate',
  'named',
  'released',
  'unassigned',
  'unknownGroup',
  'ended',
  'responsePending',
  'away',
  'conflict',
  'deadReported',
] as const;

const isAny = (record: object): boolean => Object.keys(record).length > 0;

function dialogueStates(session: SessionContext): (typeof dialogueNames)[number][] {
  const { unitProtocol: unit, pendingResponse, identityConflict, now } = session;
  const holds: Record<(typeof dialogueNames)[number], boolean> = {
    unknown: session.dialect.certain === null,
    units: unit !== null,
    startOpen: unit !== null && unit.startDeadline !== null,
    startDeferred: unit !== null && unit.deferredStart !== null,
    startLate: unit?.lateStart ?? false,
    named: unit !== null && isAny(unit.named),
    released: unit !== null && isAny(unit.released),
    unassigned: unit !== null && isAny(unit.unassigned),
    unknownGroup: unit !== null && isAny(unit.unknownGroups),
    ended: (unit?.ended.length ?? 0) > 0,
    responsePending: pendingResponse.suspected,
    away: pendingResponse.awayUntil > now,
    conflict: isTaken(identityConflict),
    deadReported: session.unacknowledged.length > 0,
  };
  return dialogueNames.filter((name) => holds[name]);
}

export const censusOf = (daemon: AnyActorRef): Census => {
  const census: Census = {
    lifecycle: 'none',
    session: 'none',
    describing: false,
    dialogue: [],
    groups: [],
    launches: [],
    ...{ cohorts: 0, totalsAreSums: true, desired: null, breakers: 0 },
    ...{ money: 'none', usdTotal: null, isLowerBound: false, inventoryComplete: false },
  };
  const { fleetManager, session } = seen(daemon).children;
  if (session) {
    census.session = flat(seen(session).value);
    census.dialogue = dialogueStates(seen(session).context as unknown as SessionContext);
  }
  if (!fleetManager) return census;
  const { value, context, children } = seen(fleetManager);
  const fleet = context as unknown as Fleet;
  const spending = spendingOf(fleet, now());
  census.totalsAreSums = isDeepStrictEqual(fleet.totals, totalsOf(fleet.cohorts));
  census.desired = fleet.desired;
  census.inventoryComplete = fleet.inventoryAt !== null || listDenied(fleet);
  census.money = (value as { money?: string }).money ?? 'none';
  census.usdTotal = spending?.usdTotal ?? null;
  census.isLowerBound = spending?.isLowerBound ?? false;
  census.breakers = Object.keys((context as unknown as Fleet).breakers).length;
  census.lifecycle = (value as { lifecycle?: string }).lifecycle ?? 'none';
  for (const [id, cohort] of Object.entries(children)) {
    if (!cohort || !id.startsWith('cohort.')) continue;
    const page = seen(cohort);
    census.cohorts++;
    if (page.value === 'describing') census.describing = true;
    for (const [childId, child] of Object.entries(page.children)) {
      if (!child) continue;
      const snapshot = seen(child);
      if (snapshot.status !== 'active' || snapshot.value === undefined) continue;
      const state = flat(snapshot.value);
      const { taskArn, registered, drainRequested } = snapshot.context as unknown as GroupSeen;
      const [kind, name = ''] = childId.split('.');
      if (kind === 'launch') census.launches.push({ label: name, state });
      else if (kind === 'group')
        census.groups.push({
          groupId: name,
          taskArn,
          state,
          registered,
          drainRequested,
        });
    }
  }
  return census;
};

/** Each state once in which something of it is. */
export const statesIn = (census: Census): Set<string> =>
  new Set([
    `session ${census.session}`,
    ...census.dialogue.map((state) => `dialogue ${state}`),
    ...census.groups.map(({ state }) => `group ${state}`),
    ...census.launches.map(({ state }) => `launch ${state}`),
    `manager ${census.lifecycle}`,
    ...(census.describing ? ['cohort describing'] : []),
  ]);

/** The group of this task is to leave at an idle moment. */
export const waits = (census: Census | null, { taskArn }: Pick<ModelTask, 'taskArn'>): boolean =>
  census?.groups.some((each) => each.taskArn === taskArn && each.state === 'draining.waiting') ??
  false;
