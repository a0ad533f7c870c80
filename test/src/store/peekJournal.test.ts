import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeFrame } from '../../../src/store/frames.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { peekJournal } from '../../../src/store/peekJournal.ts';
import { longestJournal } from '../../../src/store/readJournal.ts';
import { journalVersion } from '../../../src/store/upgrade.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { ended, launch, settled, temporaryDir } from './samples.ts';

async function journalWith(dir: string) {
  const journal = await openJournal(dir, silentLog);
  await journal.append(launch('e1-1', 1_000));
  journal.note(settled('e1-1', ['e1-1-0', 'arn:a'], ['e1-1-1', 'arn:b']));
  journal.note(ended('e1-1-1', 'arn:b'));
  return journal;
}

it('shows the groups, those that ended, and when they were requested, also while the daemon writes', async () => {
  const dir = temporaryDir();
  const journal = await journalWith(dir);
  await journal.append(launch('e1-2', 2_000));
  const peeked = peekJournal(dir);
  expect(peeked?.ledger.groups().map(({ groupId }) => groupId)).toEqual(['e1-1-0']);
  expect(peeked?.ledger.history().map(({ groupId }) => groupId)).toEqual(['e1-1-1']);
  expect([...(peeked?.requestedAt ?? [])]).toEqual([
    ['e1-1-0', 1_000],
    ['e1-1-1', 1_000],
    ['e1-2-0', 2_000],
    ['e1-2-1', 2_000],
  ]);
  await journal.close();
});

it('leaves the file as it is, whatever is at its end', async () => {
  const dir = temporaryDir();
  await (await journalWith(dir)).close();
  const path = join(dir, 'journal');
  for (const tail of [Buffer.alloc(0), Buffer.from([1, 2, 3]), Buffer.alloc(64, 7)]) {
    appendFileSync(path, tail);
    const before = [readFileSync(path), statSync(path).mtimeMs];
    expect(peekJournal(dir)?.ledger.groups()).toHaveLength(1);
    expect([readFileSync(path), statSync(path).mtimeMs]).toEqual(before);
  }
});

it('is null without a journal, and throws at one of a later version', () => {
  const dir = temporaryDir();
  expect(peekJournal(dir)).toBeNull();
  writeFileSync(join(dir, 'journal'), encodeFrame({ format: 'scaler-ecs-journal', version: 999 }));
  expect(() => peekJournal(dir)).toThrow('journal version 999');
  writeFileSync(join(dir, 'journal'), encodeFrame({ other: 1 }));
  expect(() => peekJournal(dir)).toThrow('not a journal of scaler-ecs');
});

it('is null while the file is empty', () => {
  const dir = temporaryDir();
  writeFileSync(join(dir, 'journal'), '');
  expect(peekJournal(dir)).toBeNull();
});

it('leaves out records that it cannot read', () => {
  const dir = temporaryDir();
  const header = { format: 'scaler-ecs-journal', version: journalVersion };
  const values = [header, launch('l1'), { kind: 'unknown', at: 1 }, launch('l2')];
  writeFileSync(join(dir, 'journal'), Buffer.concat(values.map(encodeFrame)));
  expect(peekJournal(dir)?.ledger.openLaunches()).toEqual([launch('l1'), launch('l2')]);
});

it('throws the cause when the file cannot be read', () => {
  const dir = temporaryDir();
  mkdirSync(join(dir, 'journal'));
  expect(() => peekJournal(dir)).toThrow(
    expect.objectContaining({
      kind: 'journal',
      message: expect.stringContaining('cannot be read: EISDIR'),
      cause: expect.objectContaining({ code: 'EISDIR' }),
    }),
  );
});

it('does not read a file that is longer than any journal', () => {
  const dir = temporaryDir();
  writeFileSync(join(dir, 'journal'), '');
  truncateSync(join(dir, 'journal'), longestJournal + 1);
  expect(() => peekJournal(dir)).toThrow('it has 268435457 bytes');
});

it('leaves no file open', () => {
  const dir = temporaryDir();
  const path = join(dir, 'journal');
  writeFileSync(path, '');
  // The system hands out the lowest number that is free.
  const free = () => {
    const fd = openSync(path, 'r');
    closeSync(fd);
    return fd;
  };
  const before = free();
  for (let times = 0; times < 100; times++) peekJournal(dir);
  expect(free()).toBeLessThan(before + 100);
});
