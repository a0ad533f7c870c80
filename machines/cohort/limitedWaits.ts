import { excessDrainMs, never } from '../shared/timing.ts';
import type { CohortRecords, GroupRecord } from './groupRecords.ts';

/** More are there than the limit allows: no group that is to leave may be at work for ever. */
export function withLimitedWaits<T extends CohortRecords>(records: T, at: number): T {
  const isUnlimited = ({ drainDeadline, stopUnlessBusyUntil }: GroupRecord): boolean =>
    drainDeadline === never || stopUnlessBusyUntil === never;
  const unlimited = Object.entries(records.groups).filter(([, record]) => isUnlimited(record));
  if (unlimited.length === 0) return records;
  const until = at + excessDrainMs;
  const limited = unlimited.map(([groupId, record]) => {
    const { drainDeadline, stopUnlessBusyUntil, drainMs } = record;
    return [
      groupId,
      {
        ...record,
        drainDeadline: drainDeadline && Math.min(drainDeadline, until),
        stopUnlessBusyUntil: stopUnlessBusyUntil && Math.min(stopUnlessBusyUntil, until),
        ...(drainMs !== undefined && { drainMs: Math.min(drainMs, excessDrainMs) }),
      },
    ] as const;
  });
  return { ...records, groups: { ...records.groups, ...Object.fromEntries(limited) } };
}
