import { expect, it } from 'vitest';
import { returnGraceMs } from '../../../machines/shared/timing.ts';

it('the grace after a return of the scheduler is half a minute', () => {
  expect(returnGraceMs).toBe(30_000);
});
