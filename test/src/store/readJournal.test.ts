import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../../src/store/journal.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { launch, temporaryDir } from './samples.ts';

const inventoried: JournalRecord = { kind: 'inventoried', at: 2 };

/** Opens a journal, tells these records, and ends the run. */
async function run(
  dir: string,
  records: JournalRecord[],
  inOrder = true,
): Promise<{ closedBefore: boolean }> {
  const journal = await openJournal(dir, silentLog);
  for (const record of records) await journal.append(record);
  await journal.close(inOrder);
  return journal;
}

const closedBefore = async (dir: string) => (await run(dir, [], false)).closedBefore;

describe('a journal that was closed in order', () => {
  it('says so to the next start, and to that one only', async () => {
    const dir = temporaryDir();
    expect((await run(dir, [inventoried])).closedBefore).toBe(false);
    expect(await closedBefore(dir)).toBe(true);
    expect(await closedBefore(dir)).toBe(false);
  });

  it.each<[string, JournalRecord[]]>([
    ['an inventory is owed', []],
    ['a launch is open', [inventoried, launch('e-1')]],
  ])('says nothing while %s', async (_, records) => {
    const dir = temporaryDir();
    await run(dir, records);
    expect(await closedBefore(dir)).toBe(false);
  });

  it('says nothing in another file, such as a copy that was put back', async () => {
    const dir = temporaryDir();
    await run(dir, [inventoried]);
    const path = join(dir, 'journal');
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    expect(await closedBefore(dir)).toBe(false);
  });

  it.each([1, 20, 120])('says nothing when its last %i bytes are missing', async (bytes) => {
    const dir = temporaryDir();
    await run(dir, [inventoried]);
    const path = join(dir, 'journal');
    writeFileSync(path, readFileSync(path).subarray(0, -bytes));
    expect(await closedBefore(dir)).toBe(false);
  });
});
