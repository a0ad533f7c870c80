import { expect, it } from 'vitest';
import { StoreFailure, wordsOf } from '../../../src/store/storeFailure.ts';

it('StoreFailure has its kind and cause', () => {
  const cause = new Error('EIO');
  expect(new StoreFailure('journal', 'no', { cause })).toMatchObject({
    ...{ kind: 'journal', message: 'no', cause },
  });
});

it('wordsOf returns the message of an error, and the text of anything else', () => {
  expect(wordsOf(new Error('ENOSPC: no space left on device, write'))).toBe(
    'ENOSPC: no space left on device, write',
  );
  expect(wordsOf('EIO')).toBe('EIO');
});
