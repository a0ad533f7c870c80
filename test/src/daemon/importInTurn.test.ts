import { expect, it } from 'vitest';
import { importInTurn } from '../../../src/daemon/importInTurn.ts';

it('importInTurn begins no import before the one before has ended, in whatever way', async () => {
  const order: string[] = [];
  let fail = (_: Error) => {};
  const first = importInTurn(
    () =>
      new Promise((_, reject) => {
        order.push('first');
        fail = reject;
      }),
  );
  const second = importInTurn(async () => order.push('second'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(['first']);
  fail(new Error('missing'));
  await expect(first).rejects.toThrow('missing');
  await second;
  expect(order).toEqual(['first', 'second']);
});
