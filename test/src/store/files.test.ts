import { expect, it } from 'vitest';
import {
  cannotSyncDirectories,
  diskFiles,
  type Files,
  fileName,
  type OpenFile,
  syncDirectory,
} from '../../../src/store/files.ts';
import { temporaryDir } from './samples.ts';

const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};

it('fileName tells a file by its device and its number', () => {
  expect(fileName({ dev: 1n, ino: 2n })).toBe('1:2');
});

it('cannotSyncDirectories knows the errors of file systems that cannot, and no others', () => {
  expect(cannotSyncDirectories({ code: 'EINVAL' })).toBe(true);
  expect(cannotSyncDirectories({ code: 'EIO' })).toBe(false);
  expect(cannotSyncDirectories(null)).toBe(false);
});

it.each([
  ['resolves when the sync succeeds', undefined, undefined],
  ['resolves where directories cannot be synced', 'EINVAL', undefined],
  ['rejects when the sync fails', 'EIO', 'EIO'],
])('syncDirectory %s, and closes the directory', async (_, code, rejected) => {
  let closed = 0;
  const sync = code === undefined ? async () => {} : failing(code);
  const close = () => {
    closed++;
    return failing('EIO of close')();
  };
  const files: Files = {
    ...diskFiles,
    open: async () => ({ sync, close }) as Partial<OpenFile> as OpenFile,
  };
  const syncing = syncDirectory(temporaryDir(), files);
  if (rejected) await expect(syncing).rejects.toThrow(rejected);
  else await expect(syncing).resolves.toBeUndefined();
  expect(closed).toBe(1);
});
