import { describe, expect, it } from 'vitest';
import {
  type Check,
  leastOf,
  leastOfBoth,
  limitBeside,
  limitOf,
  looseLimitOf,
  misfits,
  storedAfter,
} from './checkLimits.ts';

const cpu: Check = { what: 'CPU of the launch', unit: 'times the reference' };
const silence: Check = { what: 'longest pause', unit: 's', most: 2.05 };
const holding = (values: Record<string, { value: number; noisy?: number }>) => ({
  ...{ commit: 'c0ffee', reason: 'the first' },
  values,
});
const stored = holding({ [cpu.what]: { value: 10 } });

describe('the most that passes', () => {
  it('is a fifth above the stored value', () => {
    expect(limitOf(cpu, stored)).toBe(12);
    expect(limitOf(cpu, holding({ [cpu.what]: { value: 10, noisy: 15 } }))).toBe(12);
  });

  it('is a fifth above what noise has shown, where no other build can be measured', () => {
    expect(looseLimitOf(cpu, holding({ [cpu.what]: { value: 10, noisy: 15 } }))).toBe(18);
    expect(looseLimitOf(cpu, stored)).toBe(12);
    expect(looseLimitOf(cpu, holding({ [cpu.what]: { value: 20, noisy: 15 } }))).toBe(24);
    expect(looseLimitOf(silence, stored)).toBe(2.05);
  });

  it('is the promise itself where there is one', () => {
    expect(limitOf(silence, holding({ [silence.what]: { value: 9 } }))).toBe(2.05);
  });

  it('is a fifth above what another build has shown in the same run', () => {
    expect(limitBeside(cpu, 5)).toBe(6);
    expect(limitBeside(silence, 9)).toBe(2.05);
    expect(limitBeside(cpu, 5, 1.1)).toBe(5.5);
    expect(limitBeside(silence, 9, 1.1)).toBe(2.05);
  });

  it('lets nothing pass where nothing is stored', () => {
    expect(0 <= limitOf(cpu, holding({}))).toBe(false);
    expect(0 <= looseLimitOf(cpu, holding({}))).toBe(false);
  });
});

describe('the least of several measurements', () => {
  const calm = { cpu: 1.2, reference: 1 };

  it('is not a quotient whose divisor was made large by other work', () => {
    expect(leastOf([calm, { cpu: 1.4, reference: 2 }])).toEqual(calm);
    expect(
      leastOf([
        { cpu: 1.4, reference: 1 },
        { cpu: 1.2, reference: 2 },
      ]),
    ).toEqual(calm);
  });

  it('has one reference for two builds', () => {
    const [ours, others] = leastOfBoth(
      [calm, { cpu: 1.5, reference: 3 }],
      [{ cpu: 1.1, reference: 2 }],
    );
    expect(ours).toEqual(calm);
    expect(others).toEqual({ cpu: 1.1, reference: 1 });
  });

  it('is that of each build where nothing is divided by the reference', () => {
    expect(leastOfBoth([{ heap: 2 }], [{ heap: 3 }])).toEqual([{ heap: 2 }, { heap: 3 }]);
  });
});

describe('stored values', () => {
  const because = { commit: 'beef', reason: 'one call more' };

  it('fit where each check has one, and each has a check', () => {
    expect(misfits([cpu, silence], stored)).toEqual([]);
  });

  it('of a check that is renamed are named, and so is the check', () => {
    expect(misfits([{ ...cpu, what: 'CPU' }], stored)).toEqual([
      'checked.json has "CPU of the launch", which nothing measures: rename or remove it',
      'checked.json has no "CPU": npm run bench:check -- --store REASON adds it',
    ]);
  });

  it('are those of this commit alone, higher or lower; what noise has shown stays', () => {
    const before = holding({ [cpu.what]: { value: 10, noisy: 15 }, other: { value: 4 } });
    expect(storedAfter({ [cpu.what]: 11.004, other: 3 }, before, because)).toEqual({
      ...because,
      values: { [cpu.what]: { value: 11, noisy: 15 }, other: { value: 3 } },
    });
    expect(storedAfter({ third: 1 }, before, because).values).toEqual({ third: { value: 1 } });
  });
});
