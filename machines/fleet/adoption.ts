import type { ConnectionStatus } from '../scheduler/events.ts';
import type { Inventory, ListedTask, OwnedGroup } from '../shared/domain.ts';
import { isOfRun, taskIdOf } from '../shared/ids.ts';
import { confirmOrphanMs, straggleMs } from '../shared/timing.ts';

export interface AdoptionState {
  /** Since when each orphan is listed, by task ARN; null before the first inventory. */
  seenSince: Record<string, number> | null;
  /** Orphans of the last inventory that the next one is to confirm, or that are left alone until the scheduler answers. */
  unconfirmed: number;
  /** The orphans of the last inventory are left alone: the scheduler does not answer us, or closes our connections, and another manager may own them. */
  leftAlone: boolean;
  /** Orphans that are being journaled, and the start of the inventory that showed them. */
  adopting: OwnedGroup[];
  inventoryStartedAt: number;
  /** Tasks of others that were reported, by task ARN. */
  reported: string[];
}

export const noAdoption: AdoptionState = {
  seenSince: null,
  unconfirmed: 0,
  leftAlone: false,
  adopting: [],
  inventoryStartedAt: 0,
  reported: [],
};

/** A task with our ownership tag that is not ours to adopt. */
export type ForeignTask =
  /** Its workers serve another scheduler: it carries the tag by mistake. */
  | { kind: 'otherScheduler'; taskArn: string; scheduler: string }
  /** Only another living manager can have launched it. */
  | { kind: 'otherManager'; taskArn: string; label: string };

export interface AdoptionSettings {
  /** The scheduler's address as our tasks carry it in their COMMAND. */
  workerSchedulerAddress: string;
  /** A task with our tag is ours at whatever scheduler; one with a former tag is not. */
  tagSuffices: boolean;
}

export interface AdoptionFacts extends AdoptionSettings {
  adoption: AdoptionState;
  connection: ConnectionStatus;
  epoch: string;
  startedAt: number;
  openAtStart: readonly string[];
  now: number;
}

export interface AdoptionDecision {
  adoption: AdoptionState;
  /** To be reported now. */
  foreign: ForeignTask[];
  /** So many orphans may belong to another manager: nothing is taken over, and so nothing launched. */
  deferred: number;
}

/** The launch is of this run, or was open in our journal at its start: no other manager has launches of that label. */
const isOurLaunch = (label: string, { epoch, openAtStart }: AdoptionFacts): boolean =>
  isOfRun(epoch, label) || openAtStart.includes(label);

/** No run before this one can have launched so late. */
const isOtherManagers = ({ createdAt }: ListedTask, { startedAt }: AdoptionFacts): boolean =>
  (createdAt ?? 0) > startedAt + straggleMs;

/** Living tasks with our tag that no group owns. Those of an open launch are left to it: its answer will name them. */
const isUnowned = ({ phase, owned, launchOpen }: ListedTask): boolean =>
  (phase === 'starting' || phase === 'running') && !owned && !launchOpen;

function foreignTaskOf(task: ListedTask, facts: AdoptionFacts): ForeignTask | null {
  const { taskArn, label, scheduler, hasFormerTag = false } = task;
  const { workerSchedulerAddress, tagSuffices } = facts;
  // The settings may name another scheduler since: without an owner here, nothing would ever stop it.
  if (label !== null && isOurLaunch(label, facts)) return null;
  const isOther = scheduler !== null && scheduler !== workerSchedulerAddress;
  if (isOther && (hasFormerTag || !tagSuffices))
    return { kind: 'otherScheduler', taskArn, scheduler };
  return label !== null && isOtherManagers(task, facts)
    ? { kind: 'otherManager', taskArn, label }
    : null;
}

/**
 * Which orphans of an inventory to take over: all of them in the first inventory, before anything is launched; later
 * those that two inventories show, five seconds apart. A task that ECS lists and does not describe yet is unconfirmed
 * until it does.
 */
export function decideAdoption(
  { startedAt, tasks }: Inventory,
  facts: AdoptionFacts,
): AdoptionDecision {
  const { adoption: before, connection, now } = facts;
  const unowned = tasks.filter(isUnowned);
  const foreignTasks = unowned.flatMap((task) => foreignTaskOf(task, facts) ?? []);
  const notOurs = new Set(foreignTasks.map(({ taskArn }) => taskArn));
  const known = new Set(before.reported);
  const foreign = foreignTasks.filter(({ taskArn }) => !known.has(taskArn));
  const reported = [...notOurs];
  const orphans = unowned.filter(({ taskArn }) => !notOurs.has(taskArn));
  const undescribed = tasks.filter(({ phase, owned }) => phase === 'missing' && !owned);
  if (orphans.length > 0 && (connection === 'unacknowledged' || connection === 'conflict')) {
    const unconfirmed = orphans.length + undescribed.length;
    return {
      adoption: { ...before, unconfirmed, leftAlone: true, reported },
      ...{ foreign, deferred: orphans.length },
    };
  }
  const sinceOf = ({ taskArn }: ListedTask) => before.seenSince?.[taskArn] ?? startedAt;
  const confirmed =
    before.seenSince === null
      ? orphans
      : orphans.filter((task) => startedAt - sinceOf(task) >= confirmOrphanMs);
  const adoption: AdoptionState = {
    seenSince: Object.fromEntries(
      [...orphans, ...undescribed].map((task) => [task.taskArn, sinceOf(task)]),
    ),
    unconfirmed: orphans.length - confirmed.length + undescribed.length,
    leftAlone: false,
    // However old a task is, its deadlines count from now.
    adopting: confirmed.map(({ taskArn, createdAt, market }) => ({
      groupId: `orphan-${taskIdOf(taskArn)}`,
      ...{ taskArn, createdAt, deadlinesFrom: now },
      ...(market && { market }),
    })),
    inventoryStartedAt: startedAt,
    reported,
  };
  return { adoption, foreign, deferred: 0 };
}
