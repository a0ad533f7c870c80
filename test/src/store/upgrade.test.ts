import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeFrame, readFrames } from '../../../src/store/frames.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { parseRecord } from '../../../src/store/records.ts';
import { journalVersion, upgradeRecord } from '../../../src/store/upgrade.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { badDisk } from './badDisk.ts';
import { adopted, stateOf, story, temporaryDir } from './samples.ts';

/*
 * fixtures/v1-*.journal to v4-*.journal were written by the programs of those versions:
 *   lived: one run, record by record; compacted: the same, opened once more; torn: its last 40 bytes cut off;
 *   damaged: one byte of its last record flipped; beforeSpot: the first program of all, whose launches name no market.
 */
const fixture = (name: string) => new URL(`fixtures/${name}.journal`, import.meta.url).pathname;

const opened = async (name: string) => {
  const dir = temporaryDir();
  copyFileSync(fixture(name), join(dir, 'journal'));
  const journal = await openJournal(dir, silentLog, { now: () => t + 200_000 });
  await journal.close();
  return { dir, journal };
};

const t = 1_700_000_000_000;
const id = (n: number) => n.toString(16).padStart(32, '0');
const arn = (n: number) => `arn:aws:ecs:eu-west-1:123456789012:task/scaler/${id(n)}`;
const unknown = { createdAt: null, runningAt: null, registeredAt: null };

const owned = [
  { groupId: 'e1-1-1', taskArn: arn(2), ...unknown, deadlinesFrom: t + 3_000, market: 'onDemand' },
  { groupId: 'e1-2-0', taskArn: arn(3), ...unknown, deadlinesFrom: t + 5_000, market: 'onDemand' },
  // An adopted orphan, as earlier releases named it.
  { groupId: `stray-${id(4)}`, taskArn: arn(4), ...unknown, deadlinesFrom: t - 60_000 },
] as (Record<string, unknown> & { groupId: string; taskArn: string; market?: string })[];
const open = {
  ...{ kind: 'launch', label: 'e1-3', clientToken: 'se-e1-3', count: 2, market: 'spot' },
  revision: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/scaler:7',
  ...{ requestHash: 'hash-e1-3', at: t + 100_000 },
};
const end = {
  ...{ groupId: 'e1-1-0', taskArn: arn(1), cause: 'exited', detail: null },
  ...{ ...unknown, endedAt: t + 90_000, usd: null },
};
const subnets = ['subnet-1', 'subnet-2'];
const { at: lastLaunchAt } = open;

/** Last launch, open launches and ended groups that each file leaves; the owned groups are the same in all. */
const expected: Record<string, [number, object[], object[]]> = {
  'v1-beforeSpot': [lastLaunchAt, [{ ...open, market: 'onDemand' }], [end]],
  'v1-lived': [lastLaunchAt, [open], [end]],
  'v2-lived': [lastLaunchAt, [{ ...open, subnets }], [end]],
  'v3-lived': [lastLaunchAt, [{ ...open, subnets }], [end]],
  'v4-lived': [lastLaunchAt, [{ ...open, subnets }], [end]],
  // Its compaction had dropped the end already.
  'v2-compacted': [lastLaunchAt, [{ ...open, subnets }], []],
  'v2-torn': [t + 4_000, [], [end]],
  'v2-damaged': [t + 200_000, [], [end]],
};

describe('a journal of an earlier version', () => {
  it('has a fixture for every case', () => {
    const names = readdirSync(new URL('fixtures', import.meta.url)).sort();
    expect(names).toEqual(
      Object.keys(expected)
        .sort()
        .map((name) => `${name}.journal`),
    );
  });

  it.each(Object.entries(expected))(
    '%s: loses no owned group, open launch or ended group, and becomes one of this version',
    async (name, [lastLaunchAt, launches, history]) => {
      const { dir, journal } = await opened(name);
      const damaged = name === 'v2-damaged';
      // Compaction of that version did not keep where a group was launched.
      const groups =
        name === 'v2-compacted' ? owned.map(({ market: _, ...group }) => group) : owned;
      expect(journal.found).toBe(damaged ? 'damaged' : 'whole');
      expect(stateOf(journal.ledger)).toEqual({
        ...{ epoch: 'e1', lastLaunchAt, open: launches, groups, history },
        spent: null,
        rotatesFrom: null,
        inventoryOwed: damaged
          ? {
              since: t + 200_000,
              reasons: ['journalDamaged'],
              launches: [],
            }
          : null,
        usedPlaces: { clusters: [], tags: [] },
      });
      expect(readFrames(readFileSync(join(dir, 'journal'))).records).toEqual([
        { format: 'scaler-ecs-journal', version: 5 },
        ...journal.ledger.compact(),
      ]);
      const again = await openJournal(dir, silentLog);
      await again.close();
      expect(stateOf(again.ledger)).toEqual(stateOf(journal.ledger));
    },
  );

  it('stays as it is while the disk cannot be written, and becomes one of this version when it can', async () => {
    const dir = temporaryDir();
    const path = join(dir, 'journal');
    copyFileSync(fixture('v2-lived'), path);
    const disk = badDisk();
    disk.break('rename');
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    journal.note(adopted('a', 'arn:1'));
    await expect(journal.append(adopted('b', 'arn:2'))).rejects.toThrow('EIO');
    expect(readFileSync(path)).toEqual(readFileSync(fixture('v2-lived')));
    disk.mend();
    await journal.append(adopted('c', 'arn:3'));
    expect(readFrames(readFileSync(path)).records[0]).toMatchObject({ version: journalVersion });
    await journal.close();
    const again = await openJournal(dir, silentLog);
    expect(again.ledger.groups().map(({ groupId }) => groupId)).toEqual([
      ...owned.map(({ groupId }) => groupId),
      ...['a', 'b', 'c'],
    ]);
    await again.close();
  });

  it('of version 4 says with an inventory that is owed which clusters it must cover', async () => {
    const dir = temporaryDir();
    const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/former';
    const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', clusters: [cluster], at: t };
    const frames = [{ format: 'scaler-ecs-journal', version: 4 }, owed].map(encodeFrame);
    writeFileSync(join(dir, 'journal'), Buffer.concat(frames));
    for (const _ of ['as it was written', 'as it was compacted']) {
      const journal = await openJournal(dir, silentLog, { now: () => t + 200_000 });
      expect(journal.ledger.usedPlaces()).toEqual({ clusters: [cluster], tags: [] });
      await journal.close();
    }
  });

  it('learns what its version did not keep: the creation of a task that is owned already', async () => {
    const { dir } = await opened('v2-lived');
    const journal = await openJournal(dir, silentLog);
    const [group] = owned;
    const { groupId = '', taskArn = '' } = group ?? {};
    await journal.append({ kind: 'observed', groupId, taskArn, ...unknown, createdAt: t, at: t });
    await journal.close();
    const again = await openJournal(dir, silentLog);
    expect(again.ledger.groups()[0]).toEqual({ ...group, createdAt: t });
    await again.close();
  });
});

describe('upgradeRecord', () => {
  it('leaves records of this version as they are', () => {
    for (const record of story) expect(upgradeRecord(record, journalVersion)).toEqual(record);
  });

  it.each([1, 2, 3, 4])('makes no record of version %i out of a value that is none', (version) => {
    const broken = [
      ...[null, 7, 'launch', [], {}, { kind: 'settled', label: 'l', at: 1, groups: 7 }],
      { kind: 'settled', label: 'l', at: 1, groups: [null], refusals: [] },
      { kind: 'adopted', groupId: 'g', taskArn: 'arn:1', at: 1 },
      { kind: 'ended', groupId: 'g', taskArn: 'arn:1', cause: 'exited' },
    ];
    for (const value of broken) expect(parseRecord(upgradeRecord(value, version))).toBeNull();
  });
});

it('refuses version 0 as it refuses a later one', async () => {
  const dir = temporaryDir();
  for (const version of [0, 1.5, journalVersion + 1]) {
    writeFileSync(join(dir, 'journal'), encodeFrame({ format: 'scaler-ecs-journal', version }));
    await expect(openJournal(dir, silentLog)).rejects.toMatchObject({
      kind: 'version',
      message: expect.stringContaining(`has journal version ${version} and this program reads 5`),
    });
  }
});
