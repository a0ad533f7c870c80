import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecord } from '../../../src/store/records.ts';
import { ended, launch, settled, story } from './samples.ts';

describe('parseRecord', () => {
  it('keeps the subnets of a launch that names some, and takes no list for one that is none', () => {
    const record = { ...launch('l'), subnets: ['subnet-1', 'subnet-2'] };
    expect(parseRecord(record)).toEqual(record);
    const many = Array.from({ length: 17 }, (_, i) => `subnet-${i}`);
    for (const subnets of [[], [''], [1], 'subnet-1', null, many])
      expect(parseRecord({ ...record, subnets })).toBeNull();
  });

  it('gives every kind of record back as it is', () => {
    for (const record of [...story, { kind: 'lastLaunch', at: 1 }])
      expect(parseRecord(record)).toEqual(record);
  });

  it('leaves out what does not belong, so that no environment reaches the disk', () => {
    const careless = {
      ...launch('l'),
      environment: [{ name: 'AWS_SECRET_ACCESS_KEY', value: 'x' }],
    };
    expect(parseRecord(careless)).toEqual(launch('l'));
  });

  it('shortens what AWS says and how often it says it', () => {
    const refusals = Array.from({ length: 50 }, () => ({
      kind: 'refused',
      reason: 'r'.repeat(9_999),
    }));
    const record = parseRecord({ ...settled('l'), refusals });
    const kept = { kind: 'refused', reason: 'r'.repeat(300) };
    expect(record).toEqual({ ...settled('l'), refusals: Array.from({ length: 10 }, () => kept) });
  });

  it.each([
    [null],
    ['launch'],
    [[]],
    [{}],
    [{ kind: 'launch', at: 1 }],
    [{ kind: 'elsewhere', at: 1 }],
    [{ ...launch('l'), count: 0 }],
    [{ ...launch('l'), count: 11 }],
    [{ ...launch('l'), count: 1.5 }],
    [{ ...launch('l'), at: Number.NaN }],
    [{ ...launch('l'), at: 1n }],
    [{ ...launch(''), label: '' }],
    [{ ...launch('l'), label: 'l'.repeat(3_000) }],
    [{ ...settled('l'), groups: [null] }],
    [{ ...settled('l'), groups: {} }],
    [{ ...settled('l'), refusals: [{ kind: 'refused' }] }],
    [{ ...ended('g', 'arn:1'), cause: 7 }],
  ])('takes no record that is none: %#', (value) => {
    expect(parseRecord(value)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => void parseRecord(value)));
  });
});
