import { categoryOf, type GroupRecord } from './groupRecords.ts';

/** How many tasks of the scheduler each busy group has, the fewest first; none where nothing is shown of them. */
export function busyLoads(groups: Record<string, GroupRecord>): number[] {
  return Object.values(groups)
    .filter((record) => categoryOf(record) === 'busy')
    .map(({ load }) => load?.tasks ?? 0)
    .sort((a, b) => a - b);
}
