import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readManagerFile, writeManagerFile } from '../../../src/store/managerFile.ts';
import { type Log, silentLog } from '../../../src/telemetry/log.ts';

const facts = {
  ...{ manager: 'wm', workerScheduler: 'tcp://a:1', mark: 'se-x' },
  ...{ region: 'eu-west-1', cluster: 'c' },
};

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'manager-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('is read as it was written, by its owner alone', () => {
  const dir = scratch();
  writeManagerFile(dir, { ...facts, cluster: 'old' }, silentLog);
  writeManagerFile(dir, facts, silentLog);
  expect(readManagerFile(dir)).toEqual(facts);
  expect(readdirSync(dir)).toEqual(['manager.json']);
  expect(statSync(join(dir, 'manager.json')).mode & 0o777).toBe(0o600);
});

const withMark = (mark: unknown) => JSON.stringify({ ...facts, mark });

it('may hold names of 4096 characters, and no longer ones', () => {
  const dir = scratch();
  const mark = 'x'.repeat(4096);
  writeFileSync(join(dir, 'manager.json'), withMark(mark));
  expect(readManagerFile(dir)).toEqual({ ...facts, mark });
  writeFileSync(join(dir, 'manager.json'), withMark(`${mark}x`));
  expect(readManagerFile(dir)).toBeNull();
});

it.each([...['', '{', 'null', '[]', '{"manager":"x"}'], ...[5, ['x'], ''].map(withMark)])(
  'with the text %j is none of ours',
  (text) => {
    const dir = scratch();
    writeFileSync(join(dir, 'manager.json'), text);
    expect(readManagerFile(dir)).toBeNull();
  },
);

it('that cannot be written is reported, and nothing else happens', () => {
  const reported: unknown[] = [];
  const log: Log = { report: (...what) => void reported.push(what) };
  writeManagerFile('/nonexistent', facts, log);
  const reason = expect.stringContaining('ENOENT');
  expect(reported).toEqual([
    ['managerFile.notWritten', { path: '/nonexistent/manager.json', reason }],
  ]);
  expect(readManagerFile('/nonexistent')).toBeNull();
});
