import type { TaskObservation } from '../shared/domain.ts';
import { type BilledGroup, type Prices, taskUsd } from '../shared/money.ts';
import type { GroupRecord } from './groupRecords.ts';

/** A creation time that ECS shows otherwise by more than this, ms, means that a clock was set. */
const clockSlackMs = 5000;

type Billed = Pick<GroupRecord, 'market' | 'billedFrom' | 'livedMs'>;

/** As ECS shows it: where the task was bought, and since when it is billed by our present clock. */
export function billedAs(record: GroupRecord, observation: TaskObservation): Billed {
  const { createdAt, market = record.market, livedMs = record.livedMs } = observation;
  const { billedFrom } = record;
  const isNear =
    billedFrom !== null && (createdAt === null || Math.abs(createdAt - billedFrom) <= clockSlackMs);
  return { market, livedMs, billedFrom: isNear ? billedFrom : createdAt };
}

/** From when on its task is billed; null: it has none yet. */
const from = ({ taskArn, billedFrom, createdAt, deadlinesFrom }: GroupRecord): number | null =>
  taskArn === null ? null : (billedFrom ?? createdAt ?? deadlinesFrom);

export const billedGroups = (groups: Record<string, GroupRecord>): BilledGroup[] =>
  Object.values(groups).map((record) => ({ market: record.market, from: from(record) }));

/** What the task of a group that has ended cost, USD; null: no price is known. `at`: the last moment at which it was looked at. */
export function usdOf(record: GroupRecord, prices: Prices | undefined, at: number): number | null {
  const begin = from(record);
  if (prices === undefined) return null;
  return begin === null ? 0 : taskUsd(prices, record.market, record.livedMs ?? at - begin);
}
