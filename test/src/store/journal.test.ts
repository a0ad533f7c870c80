import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeFrame, readFrames } from '../../../src/store/frames.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { badDisk } from './badDisk.ts';
import { memoryFiles } from './memoryFiles.ts';
import {
  adopted,
  ended,
  launch,
  listening,
  settled,
  stateOf,
  story,
  temporaryDir,
} from './samples.ts';

const header = encodeFrame({ format: 'scaler-ecs-journal', version: 5 });
const frames = [header, ...story.map(encodeFrame)];
const whole = Buffer.concat(frames);
const pathIn = (dir: string) => join(dir, 'journal');
const readBack = (dir: string) => readFrames(readFileSync(pathIn(dir)));
const damagedIn = (dir: string) => readdirSync(dir).filter((name) => name.includes('.damaged-'));
const reopened = async (dir: string) => {
  const journal = await openJournal(dir, silentLog);
  await journal.close();
  return stateOf(journal.ledger);
};

describe('a journal', () => {
  it('begins with its header and the inventory that is owed, readable by its owner only', async () => {
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog, { now: () => 5_000 });
    await journal.close();
    expect(journal.found).toBe('none');
    const owed = { kind: 'inventoryOwed', reason: 'journalMissing', at: 5_000 };
    expect(readFileSync(pathIn(dir))).toEqual(Buffer.concat([header, encodeFrame(owed)]));
    expect(statSync(pathIn(dir)).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['journal']);
  });

  it('owes the inventory of a damaged one when it is lost, and may have launched a moment ago', async () => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'identity'), 'x');
    const journal = await openJournal(dir, silentLog, { now: () => 5_000 });
    await journal.close();
    expect(journal.found).toBe('lost');
    const { ledger, close } = await openJournal(dir, silentLog, { now: () => 9_000 });
    await close();
    expect(ledger.inventoryOwed()).toMatchObject({ since: 5_000, reasons: ['journalDamaged'] });
    expect(ledger.lastLaunchAt).toBe(5_000);
  });

  it('holds after a restart what it was told', async () => {
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog);
    for (const record of story) await journal.append(record);
    await journal.close();
    expect(await reopened(dir)).toEqual(stateOf(Ledger.replay(story)));
    expect(await reopened(dir)).toEqual(stateOf(Ledger.replay(story)));
  });

  it('compacts when it opens, over the draft of a compaction that was killed', async () => {
    const dir = temporaryDir();
    writeFileSync(pathIn(dir), whole);
    writeFileSync(join(dir, 'journal.tmp'), 'half a fra');
    await reopened(dir);
    const short = Ledger.replay(story).compact();
    expect(readBack(dir).records).toEqual([{ format: 'scaler-ecs-journal', version: 5 }, ...short]);
    expect(readdirSync(dir)).toEqual(['journal']);
  });

  it('syncs a new file and its directory before it opens', async () => {
    const disk = badDisk();
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    expect(disk.counts).toMatchObject({ sync: 2, rename: 1 });
    await journal.close();
  });

  it('writes no field that does not belong to the record', async () => {
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog);
    const careless = { ...launch('l'), environment: { TOKEN: 'do-not-keep' } };
    await journal.append(careless);
    await journal.close();
    expect(readFileSync(pathIn(dir), 'latin1')).not.toContain('do-not-keep');
  });

  it('rejects only the record that could not be read back', async () => {
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog);
    const good = journal.append(launch('good'));
    await expect(journal.append({ ...launch('bad'), count: 0 })).rejects.toMatchObject({
      ...{ kind: 'record', message: 'not a journal record of kind launch' },
    });
    const subnets = Array(16).fill('€'.repeat(2048));
    await expect(journal.append({ ...launch('long'), subnets })).rejects.toMatchObject({
      ...{ kind: 'record', message: expect.stringContaining('bytes, at most') },
      cause: expect.any(RangeError),
    });
    await good;
    await journal.close();
    expect((await reopened(dir)).open.map(({ label }) => label)).toEqual(['good']);
  });

  it('returns from a note the claims that were not granted', async () => {
    const { log, lines } = listening();
    const journal = await openJournal(temporaryDir(), log);
    expect(journal.note(adopted('a', 'arn:1'))).toEqual([]);
    expect(journal.note(adopted('b', 'arn:1'))).toEqual([
      { groupId: 'b', taskArn: 'arn:1', ownedBy: 'a' },
    ]);
    await journal.close();
    expect(journal.healthy()).toBe(true);
    expect(lines).toEqual([]);
  });

  it('takes a note after its end into the ledger alone, and says of no run that it ended in order unasked', async () => {
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog);
    journal.note({ kind: 'inventoried', at: 1 });
    await journal.close();
    const before = readFileSync(pathIn(dir));
    expect(journal.note(adopted('late', 'arn:1'))).toEqual([]);
    expect(journal.ledger.owner('arn:1')).toBe('late');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readFileSync(pathIn(dir))).toEqual(before);
    expect(journal.healthy()).toBe(true);
    const next = await openJournal(dir, silentLog);
    expect(next.closedBefore).toBe(false);
    await next.close();
  });

  it('keeps notes and appends in order and writes what waits when it closes', async () => {
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog);
    const told: JournalRecord[] = [];
    for (let i = 0; i < 50; i += 1) {
      const claim = [`g${i}`, `arn:${i % 7}`] as const;
      journal.note(adopted(...claim));
      const end = ended(...claim);
      if (i % 2 === 0) void journal.append(end);
      told.push(adopted(...claim), ...(i % 2 === 0 ? [end] : []));
    }
    await journal.close();
    expect(readBack(dir).records.slice(2)).toEqual(told);
    await expect(journal.append(launch('late'))).rejects.toMatchObject({
      ...{ kind: 'journal', message: expect.stringContaining('is closed') },
    });
  });

  it('shares one write and one fdatasync between all records that wait', async () => {
    const disk = badDisk();
    const dir = temporaryDir();
    const journal = await openJournal(dir, silentLog, { files: disk.files });
    const release = disk.hold();
    const first = journal.append(launch('first'));
    await expect.poll(() => disk.counts.datasync).toBe(1);
    let acknowledged = 0;
    const others = Array.from({ length: 500 }, async (_, i) => {
      await journal.append(launch(`l${i}`));
      acknowledged += 1;
    });
    journal.note(adopted('a', 'arn:1'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(acknowledged).toBe(0);
    release();
    await Promise.all([first, ...others]);
    expect(disk.counts.datasync).toBe(2);
    await journal.close();
    expect((await reopened(dir)).open).toHaveLength(501);
  });

  it('compacts a file that is mostly over while it is written', async () => {
    const disk = badDisk();
    const dir = temporaryDir();
    const options = { files: disk.files, smallest: 8_192 };
    const journal = await openJournal(dir, silentLog, options);
    await journal.append(launch('stays', 7_000));
    for (let i = 0; i < 400; i += 1) {
      // Few names: of each group the last end is kept.
      const label = `l${i % 5}`;
      const done = journal.append(launch(label));
      // Told while a compaction may be running.
      if (i % 3 === 0) await done;
      journal.note(settled(label, [`${label}-0`, `arn:${i}`]));
      journal.note(ended(`${label}-0`, `arn:${i}`));
      await done;
    }
    expect(disk.counts.rename).toBeGreaterThan(3);
    expect(statSync(pathIn(dir)).size).toBeLessThan(3 * 8_192);
    await journal.close();
    expect(await reopened(dir)).toEqual(stateOf(journal.ledger));
    expect(journal.ledger.openLaunches()).toEqual([launch('stays', 7_000)]);
  });

  it('grows with the open launches and is rewritten only a few times', async () => {
    const disk = badDisk();
    const journal = await openJournal(temporaryDir(), silentLog, {
      files: disk.files,
      smallest: 8_192,
    });
    for (let i = 0; i < 40; i += 1)
      await Promise.all(Array.from({ length: 50 }, (_, j) => journal.append(launch(`l${i}-${j}`))));
    expect(disk.counts.rename).toBeLessThan(8);
    await journal.close();
  });
});

describe('a journal file that was damaged', () => {
  const prefixes = frames.map((_, i) => JSON.stringify(stateOf(Ledger.replay(story.slice(0, i)))));

  it('opens with a prefix of its records wherever it was cut and keeps no copy', async () => {
    const { files, put, names } = memoryFiles();
    for (let cut = header.length; cut <= whole.length; cut += 1) {
      put('/state/journal', whole.subarray(0, cut));
      const journal = await openJournal('/state', silentLog, { files });
      await journal.close();
      const kept = readFrames(whole.subarray(0, cut)).records.length - 1;
      expect(JSON.stringify(stateOf(journal.ledger))).toBe(prefixes[kept]);
      expect(journal.found).toBe('whole');
    }
    expect(names()).toEqual(['/state/journal']);
  });

  it('warns that it cut off an unfinished write', async () => {
    const dir = temporaryDir();
    writeFileSync(pathIn(dir), whole.subarray(0, -1));
    const { log, lines } = listening();
    await (await openJournal(dir, log)).close();
    expect(lines).toMatchObject([{ level: 'warn', text: 'journal.truncated' }]);
  });

  it('opens with a prefix of its records whichever byte was flipped and keeps the damaged file', async () => {
    const { files, put, read, names } = memoryFiles();
    const damagedFiles = () => names().filter((name) => name.includes('.damaged-'));
    let damaged = 0;
    for (let i = 0; i < whole.length; i += 1) {
      const bent = Buffer.from(whole);
      bent[i] = (bent[i] as number) ^ 0x11;
      put('/state/journal', bent);
      const journal = await openJournal('/state', silentLog, { files, now: () => 5_000 });
      await journal.close();
      const kept = Math.max(0, readFrames(bent).records.length - 1);
      const expected = JSON.parse(prefixes[kept] as string);
      if (journal.found === 'damaged') {
        damaged += 1;
        // A launch that was lost may be as late as this.
        expected.lastLaunchAt = 5_000;
        expected.inventoryOwed ??= {
          since: 5_000,
          reasons: [],
          launches: [],
        };
        expected.inventoryOwed.reasons.push('journalDamaged');
        // toEqual compares byte by byte, and takes most of the time of this file.
        expect(bent.equals(read(damagedFiles().at(-1) as string) as Buffer)).toBe(true);
      }
      expect(stateOf(journal.ledger)).toEqual(expected);
    }
    expect(damagedFiles()).toHaveLength(damaged);
    expect(damaged).toBeGreaterThan(whole.length - 20);
  });

  it('keeps a damaged file byte for byte and logs an error', async () => {
    const dir = temporaryDir();
    const bent = Buffer.from(whole);
    bent[header.length + 10] = 0;
    writeFileSync(pathIn(dir), bent);
    const { log, levels } = listening();
    const journal = await openJournal(dir, log, { now: () => 5_000 });
    await journal.close();
    expect(levels()).toEqual(['error']);
    expect(readFileSync(join(dir, damagedIn(dir)[0] as string))).toEqual(bent);
    // A launch that the damage took may be seconds old.
    expect(journal.ledger.lastLaunchAt).toBe(5_000);
    expect(journal.ledger.inventoryOwed()).toMatchObject({ reasons: ['journalDamaged'] });
  });

  it('keeps a copy of a file whose header it cannot read', async () => {
    const dir = temporaryDir();
    writeFileSync(pathIn(dir), 'a poem');
    const journal = await openJournal(dir, silentLog);
    await journal.close();
    expect(journal.found).toBe('damaged');
    expect(readFileSync(join(dir, damagedIn(dir)[0] as string), 'utf8')).toBe('a poem');
  });

  it('uses the records it knows and keeps a copy of a file that has others', async () => {
    const dir = temporaryDir();
    writeFileSync(
      pathIn(dir),
      Buffer.concat([...frames, encodeFrame({ kind: 'unheardOf', at: 1 })]),
    );
    const journal = await openJournal(dir, silentLog, { now: () => 5_000 });
    await journal.close();
    expect(stateOf(journal.ledger)).toMatchObject({ epoch: 'e1', lastLaunchAt: 5_000 });
    expect(damagedIn(dir)).toHaveLength(1);
  });

  it.each([
    ['version 6', { format: 'scaler-ecs-journal', version: 6 }],
    ['no version', { format: 'scaler-ecs-journal' }],
    ['the name of another program', { format: 'other', version: 1 }],
    ['no header', { kind: 'start', epoch: 'e', at: 1 }],
  ])('refuses a file with %s in one line and leaves it alone', async (_, first) => {
    const dir = temporaryDir();
    const bytes = Buffer.concat([encodeFrame(first), ...frames.slice(1)]);
    writeFileSync(pathIn(dir), bytes);
    const failure = await openJournal(dir, silentLog).catch((error) => error);
    expect(failure).toMatchObject({ name: 'StoreFailure', kind: 'version' });
    expect(failure.message).toContain(pathIn(dir));
    expect(failure.message).not.toContain('\n');
    expect(readFileSync(pathIn(dir))).toEqual(bytes);
    expect(readdirSync(dir)).toEqual(['journal']);
  });
});
