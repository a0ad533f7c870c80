import { unknownTimes } from './records.ts';

/*
 * What earlier versions of the journal wrote, in the shape of the current one.
 *   1: the first. Until launches could go to Spot, they named no market.
 *   2: launches may name subnets.
 *   3: `createdAt` and `deadlinesFrom` in place of `launchedAt`; words and times of an end; inventories.
 *   4: what tasks have cost; launches name their cluster and tag, inventories that are owed may name launches; clusters
 *      and tags that were used; an orderly end; what a start presumes of tasks.
 *   5: what is desired while old groups are replaced.
 */

type Fields = Record<string, unknown>;

/** The value is not from us until it is parsed: anything may be in it. */
function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutCreation(claim: unknown): unknown {
  return isFields(claim) ? { ...claim, createdAt: null } : claim;
}

function fromVersion1(record: Fields): Fields {
  return record.kind === 'launch' ? { market: 'onDemand', ...record } : record;
}

function fromVersion2(record: Fields): Fields {
  switch (record.kind) {
    case 'settled': {
      const { groups } = record;
      return { ...record, groups: Array.isArray(groups) ? groups.map(withoutCreation) : groups };
    }
    case 'adopted': {
      // `launchedAt` was the creation of the task, its adoption or the answer to its launch: no longer known which.
      const { launchedAt, ...rest } = record;
      return { ...rest, createdAt: null, deadlinesFrom: launchedAt };
    }
    case 'ended':
      return { ...record, ...unknownTimes, detail: null, endedAt: record.at };
    default:
      return record;
  }
}

function fromVersion3(record: Fields): Fields {
  return record.kind === 'ended' ? { ...record, usd: null } : record;
}

/** Its records are those of the next one. */
function asBefore(record: Fields): Fields {
  return record;
}

/** From each version to the next; the last entry leads to the current version. */
const steps: readonly ((record: Fields) => Fields)[] = [
  ...[fromVersion1, fromVersion2, fromVersion3],
  asBefore,
];

/** The version that is written. Versions from 1 on can be read. */
export const journalVersion = steps.length + 1;

/** A value that a journal of this version held, as the current version would hold it. Still to be parsed. */
export function upgradeRecord(value: unknown, version: number): unknown {
  if (!isFields(value)) return value;
  return steps.slice(version - 1).reduce((record, step) => step(record), value);
}
