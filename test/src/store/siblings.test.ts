import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeFrame } from '../../../src/store/frames.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import { writeManagerFile } from '../../../src/store/managerFile.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { findSiblings, unansweredLaunches } from '../../../src/store/siblings.ts';
import { lockBySocket } from '../../../src/store/socketLock.ts';
import { openStateDir } from '../../../src/store/stateDir.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { adopted, ended, launch, temporaryDir } from './samples.ts';

/** A state directory that a manager has used and left. */
async function used(root: string, name: string, ...records: JournalRecord[]): Promise<string> {
  const dir = join(root, name);
  const lock = await openStateDir(dir, silentLog);
  const journal = await openJournal(dir, silentLog);
  for (const record of records)
    if (record.kind === 'launch') await journal.append(record);
    else journal.note(record);
  await journal.close();
  lock.release();
  return dir;
}

const names = async (dir: string) =>
  (await findSiblings(dir)).map(({ path }) => path.split('/').at(-1)).sort();

it('finds the directories beside ours whose journals know of tasks or of launches without an answer', async () => {
  const root = temporaryDir();
  const ours = await used(root, 'ours', adopted('a', 'arn:1'));
  await used(root, 'tasks', adopted('a', 'arn:2'), adopted('b', 'arn:3'), ended('b', 'arn:3'));
  await used(root, 'launch', launch('l'));
  const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1 } as const;
  const given = { label: 'l', count: 2, market: 'onDemand' } as const;
  await used(root, 'givenUp', { ...owed, launch: given });
  await used(root, 'listed', { ...owed, launch: given }, { kind: 'inventoried', at: 2 });
  await used(root, 'owed', owed);
  await used(root, 'over', adopted('a', 'arn:4'), ended('a', 'arn:4'));
  await used(root, 'both', adopted('a', 'arn:5'), launch('l'));
  expect(await names(ours)).toEqual(['both', 'givenUp', 'launch', 'tasks']);
  const [tasks] = (await findSiblings(ours)).filter(({ path }) => path.endsWith('tasks'));
  expect(tasks?.ledger.groups().map(({ taskArn }) => taskArn)).toEqual(['arn:2']);
  expect(tasks?.manager).toBeNull();
  const facts = { workerScheduler: 'tcp://s:1', mark: 'se-x', region: 'r', cluster: 'c' };
  writeManagerFile(join(root, 'tasks'), { manager: 'wm', ...facts }, silentLog);
  const [known] = (await findSiblings(ours)).filter(({ path }) => path.endsWith('tasks'));
  expect(known?.manager).toEqual({ manager: 'wm', ...facts });
});

it('counts a launch once that is given up while it is still open', () => {
  const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1 } as const;
  const given = (label: string): JournalRecord => ({
    ...{ ...owed, launch: { label, count: 2, market: 'onDemand' } },
  });
  const records = [launch('l'), launch('m'), given('l'), given('n')];
  expect(unansweredLaunches(Ledger.replay(records))).toBe(3);
  expect(unansweredLaunches(Ledger.replay(records.slice(0, 2)))).toBe(2);
});

it('leaves out a directory that another process uses', async () => {
  const root = temporaryDir();
  const ours = await used(root, 'ours');
  const other = await used(root, 'other', adopted('a', 'arn:1'));
  const lock = await openStateDir(other, silentLog);
  expect(await names(ours)).toEqual([]);
  lock.release();
  await expect.poll(() => names(ours)).toEqual(['other']);
});

it('leaves out a directory that a process without flock(1) uses', async () => {
  const root = temporaryDir();
  const ours = await used(root, 'ours');
  const other = await used(root, 'other', adopted('a', 'arn:1'));
  const lock = await lockBySocket(other);
  if (typeof lock !== 'object' || 'unguarded' in lock) throw new Error('cannot be locked');
  expect(await names(ours)).toEqual([]);
  lock.release();
});

it('leaves no file open', async () => {
  const root = temporaryDir();
  const ours = await used(root, 'ours', adopted('a', 'arn:1'));
  await used(root, 'other', adopted('a', 'arn:2'));
  // The system hands out the lowest number that is free.
  const free = () => {
    const fd = openSync(join(ours, 'journal'), 'r');
    closeSync(fd);
    return fd;
  };
  const before = free();
  for (let times = 0; times < 50; times++) await findSiblings(ours);
  expect(free()).toBeLessThan(before + 50);
});

it('leaves out what it cannot read, and changes nothing', async () => {
  const root = temporaryDir();
  const ours = await used(root, 'ours');
  const later = await used(root, 'later', adopted('a', 'arn:1'));
  const frame = encodeFrame({ format: 'scaler-ecs-journal', version: 99 });
  writeFileSync(join(later, 'journal'), frame);
  const damaged = await used(root, 'damaged', adopted('a', 'arn:2'));
  const bytes = readFileSync(join(damaged, 'journal'));
  bytes[bytes.length - 3] = 1;
  writeFileSync(join(damaged, 'journal'), bytes);
  const closed = await used(root, 'closed', adopted('a', 'arn:3'));
  mkdirSync(join(root, 'empty'));
  writeFileSync(join(root, 'file'), '');
  if (process.getuid?.() !== 0) chmodSync(closed, 0);
  const before = readdirSync(root, { recursive: true }).sort();
  const found = await names(ours);
  chmodSync(closed, 0o700);
  expect(found).not.toContain('later');
  expect(found).not.toContain('empty');
  expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  expect(readFileSync(join(later, 'journal'))).toEqual(Buffer.from(frame));
  expect(readFileSync(join(damaged, 'journal'))).toEqual(bytes);
});
