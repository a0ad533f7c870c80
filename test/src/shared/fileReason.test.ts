import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fileReason } from '../../../src/shared/fileReason.ts';

it.each([
  ['/nope/x', 'no such file'],
  ['/etc', 'is a directory'],
  ['/etc/passwd/x', 'a part of the path is no directory'],
])('tells why %s cannot be read', (path, reason) => {
  let told = '';
  try {
    readFileSync(path);
  } catch (error) {
    told = fileReason(error);
  }
  expect(told).toBe(reason);
});

it('has the first line of any other message', () => {
  expect(fileReason(new Error('a\nb'))).toBe('a');
});
