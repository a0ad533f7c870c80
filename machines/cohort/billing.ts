import { type BilledGroup, type Prices, taskUsd } from '../shared/bill.ts';
import type { TaskObservation } from '../shared/domain.ts';
import { creationSlackMs } from '../shared/timing.ts';
import type { GroupRecord } from './groupRecords.ts';

type Billed = Pick<GroupRecord, 'market' | 'billedFrom' | 'livedMs'>;

/** As ECS shows it: where the task was bought, and since when it is billed by our present clock. */
export function billedAs(record: GroupRecord, observation: TaskObservation): Billed {
  const { createdAt, market = record.market, livedMs = record.livedMs } = observation;
  const { billedFrom } = record;
  const isNear =
    billedFrom !== null &&
    (createdAt === null || Math.abs(createdAt - billedFrom) <= creationSlackMs);
  return { market, livedMs, billedFrom: isNear ? billedFrom : createdAt };
}

/** Since when its task is there, by our present clock. Until ECS has shown it to this run, that is presumed: a clock may have been set. */
export const startedFrom = (record: GroupRecord): number => {
  const { billedFrom, presumedFrom, createdAt, deadlinesFrom } = record;
  return billedFrom ?? presumedFrom ?? createdAt ?? deadlinesFrom;
};

/** From when on its task is billed; null: it has none yet. */
const from = (record: GroupRecord): number | null =>
  record.taskArn === null ? null : startedFrom(record);

/** Before ECS has shown it to this run: how much earlier its billing began if no clock was set since its creation. */
const gapOf = ({ billedFrom, presumedFrom, createdAt }: GroupRecord): number =>
  billedFrom === null && createdAt !== null
    ? Math.max(0, (presumedFrom ?? createdAt) - createdAt)
    : 0;

export const billedGroups = (groups: Record<string, GroupRecord>): BilledGroup[] =>
  Object.values(groups).map((record) => ({
    market: record.market,
    from: from(record),
    gapMs: gapOf(record),
  }));

/** Of a group that has ended: ECS has shown the end of its task, or it had none. */
export const isEndSeen = ({ taskArn, lastStatus }: GroupRecord): boolean =>
  taskArn === null || lastStatus === 'stopped';

const isShown = ({ lastStatus }: GroupRecord): boolean =>
  lastStatus !== null && lastStatus !== 'missing';

/** The last moment at which its task is known to have lived; null: none but its creation. `describedAt`: of the last answer before now. */
export const aliveUntil = (record: GroupRecord, describedAt: number | null): number | null =>
  isShown(record) && describedAt !== null
    ? Math.max(describedAt, record.aliveUntil ?? describedAt)
    : record.aliveUntil;

/** What the task of a group has cost until then, USD; null: no price is known. */
export function usdOf(record: GroupRecord, prices: Prices | undefined, at: number): number | null {
  const begin = from(record);
  if (prices === undefined) return null;
  return begin === null ? 0 : taskUsd(prices, record.market, record.livedMs ?? at - begin);
}

/**
 * What the task of a group that has ended cost. Where ECS does not say when it ended, that is at the last look, `at`.
 * Where ECS never showed its end, it counts for as long as it is known to have lived.
 */
export function endedUsdOf(
  record: GroupRecord,
  prices: Prices | undefined,
  { at, describedAt }: { at: number; describedAt: number | null },
): number | null {
  const known = aliveUntil(record, describedAt) ?? from(record) ?? at;
  return usdOf(record, prices, isEndSeen(record) ? at : known);
}
