import { describe, expect, it } from 'vitest';
import { type Check, limitBeside, limitOf, misfits, storedAfter } from './checkLimits.ts';

const cpu: Check = { what: 'CPU of the launch', unit: 'times the reference' };
const silence: Check = { what: 'longest pause', unit: 's', most: 2.05 };
const stored = { [cpu.what]: { value: 10 } };

describe('the most that passes', () => {
  it('is a fifth above the stored value', () => {
    expect(limitOf(cpu, stored)).toBe(12);
  });

  it('is the promise itself where there is one', () => {
    expect(limitOf(silence, { [silence.what]: { value: 9 } })).toBe(2.05);
  });

  it('is a fifth above what another build has shown in the same run', () => {
    expect(limitBeside(cpu, 5)).toBe(6);
    expect(limitBeside(silence, 9)).toBe(2.05);
  });

  it('lets nothing pass where nothing is stored', () => {
    expect(0 <= limitOf(cpu, {})).toBe(false);
  });
});

describe('stored values', () => {
  it('fit where each check has one, and each has a check', () => {
    expect(misfits([cpu, silence], stored)).toEqual([]);
  });

  it('of a check that is renamed are named, and so is the check', () => {
    expect(misfits([{ ...cpu, what: 'CPU' }], stored)).toEqual([
      'checked.json has "CPU of the launch", which nothing measures: rename or remove it',
      'checked.json has no "CPU": npm run bench:check -- --store adds it',
    ]);
  });

  it('are lowered by a better run, and stay otherwise', () => {
    expect(storedAfter({ [cpu.what]: 8.004 }, stored, undefined)).toEqual({
      [cpu.what]: { value: 8 },
    });
    expect(storedAfter({ [cpu.what]: 11 }, stored, undefined)).toEqual(stored);
  });

  it('are raised with a reason only, which stands beside them until they are lowered', () => {
    const raised = storedAfter({ [cpu.what]: 11 }, stored, 'one call more');
    expect(raised).toEqual({ [cpu.what]: { value: 11, raised: 'one call more' } });
    expect(storedAfter({ [cpu.what]: 9 }, raised, 'another')).toEqual({ [cpu.what]: { value: 9 } });
  });

  it('are kept with the reason where there was none before', () => {
    expect(storedAfter({ [cpu.what]: 11 }, {}, 'a busy machine')).toEqual({
      [cpu.what]: { value: 11, raised: 'a busy machine' },
    });
  });

  it('of other checks stay as they are', () => {
    expect(storedAfter({ other: 3 }, stored, undefined)).toEqual({
      ...stored,
      other: { value: 3 },
    });
  });
});
