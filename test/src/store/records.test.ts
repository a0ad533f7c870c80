import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeTimes, parseRecord } from '../../../src/store/records.ts';
import { adopted, ended, launch, settled, story } from './samples.ts';

describe('parseRecord', () => {
  it('keeps the subnets of a launch and rejects what is no list of subnets', () => {
    const record = { ...launch('l'), subnets: ['subnet-1', 'subnet-2'] };
    expect(parseRecord(record)).toEqual(record);
    const many = Array.from({ length: 17 }, (_, i) => `subnet-${i}`);
    for (const subnets of [[], [''], [1], 'subnet-1', null, many])
      expect(parseRecord({ ...record, subnets })).toBeNull();
  });

  it('returns every kind of record as it is', () => {
    for (const record of [...story, { kind: 'lastLaunch', at: 1 }])
      expect(parseRecord(record)).toEqual(record);
  });

  it('keeps the cluster and the tag of a launch, what was used besides, what is owed, and the end of a run', () => {
    const records = [
      { ...launch('l'), cluster: 'c', tag: 't' },
      { kind: 'placeUsed', cluster: 'c', at: 1 },
      { kind: 'placeUsed', tag: 't', at: 1 },
      { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1 },
      {
        ...{ kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1 },
        launch: { label: 'l', count: 10, market: 'spot' },
      },
      // Of version 4: the clusters that the inventory must cover.
      { kind: 'inventoryOwed', reason: 'launchesAbandoned', clusters: ['c', 'd'], at: 1 },
      { kind: 'closed', file: '1:2:3', at: 1 },
    ];
    for (const record of records) expect(parseRecord(record)).toStrictEqual(record);
    expect(parseRecord(launch('l'))).toStrictEqual(launch('l'));
  });

  it('keeps what launches may have cost that nothing was heard of, where that is known', () => {
    const spent = {
      kind: 'spent',
      endedUsd: 1,
      day: 2,
      usdAtMidnight: 3,
      isLowerBound: true,
      at: 1,
    };
    for (const unseen of [{}, { unseenUsd: 0 }, { unseenUsd: 4 }, { unseenAtMidnight: 2 }])
      expect(parseRecord({ ...spent, ...unseen })).toStrictEqual({ ...spent, ...unseen });
    for (const unseen of [{ unseenUsd: '4' }, { unseenAtMidnight: null }])
      expect(parseRecord({ ...spent, ...unseen })).toBeNull();
  });

  it('keeps the workers of a rotation, or that there is none', () => {
    const record = { kind: 'rotation', workers: null, at: 1 };
    expect(parseRecord(record)).toStrictEqual(record);
    expect(parseRecord({ ...record, workers: 0 })).toStrictEqual({ ...record, workers: 0 });
    for (const workers of ['6', undefined]) expect(parseRecord({ ...record, workers })).toBeNull();
  });

  it('keeps where an adopted group was launched, and takes no other market', () => {
    const record = { ...adopted('a', 'arn:1'), market: 'spot' };
    expect(parseRecord(record)).toStrictEqual(record);
    expect(parseRecord({ ...record, market: 'auction' })).toBeNull();
  });

  it('keeps how many workers a launch gave its tasks, where that is a number', () => {
    for (const record of [
      { ...launch('l'), workers: 16 },
      { ...adopted('a', 'arn:1'), workers: 16 },
    ]) {
      expect(parseRecord(record)).toStrictEqual(record);
      expect(parseRecord({ ...record, workers: '16' })).toBeNull();
    }
  });

  it('keeps what a start knew of the journal and presumed of a task, where that is a number', () => {
    const start = { kind: 'start', epoch: 'e', at: 9 };
    for (const [record, field] of [
      [start, 'writtenAt'],
      [adopted('a', 'arn:1'), 'presumedFrom'],
    ] as const) {
      expect(parseRecord(record)).toStrictEqual(record);
      expect(parseRecord({ ...record, [field]: -7 })).toStrictEqual({ ...record, [field]: -7 });
      expect(parseRecord({ ...record, [field]: '7' })).toBeNull();
    }
  });

  it('takes what is as long or as many as is allowed, and no more', () => {
    const names = (length: number) => Array.from({ length }, (_, i) => `subnet-${i}`);
    const claims = (length: number) =>
      settled('l', ...names(length).map((name): [string, string] => [name, `arn:${name}`]));
    const fits = [
      ...[{ ...launch('l'), count: 1 }, { ...launch('l'), count: 10 }, claims(10)],
      ...[
        { ...launch('l'), label: 'l'.repeat(2048) },
        { ...launch('l'), subnets: names(16) },
      ],
    ];
    for (const record of fits) expect(parseRecord(record)).toEqual(record);
    const tooMuch = [
      claims(11),
      { ...launch('l'), label: 'l'.repeat(2049) },
      { ...launch('l'), subnets: names(17) },
    ];
    for (const record of tooMuch) expect(parseRecord(record)).toBeNull();
  });

  it('leaves out fields that do not belong, so that no environment reaches the disk', () => {
    const careless = {
      ...launch('l'),
      environment: [{ name: 'AWS_SECRET_ACCESS_KEY', value: 'x' }],
    };
    expect(parseRecord(careless)).toEqual(launch('l'));
  });

  it('cuts the words of AWS about an end to 600 characters, and takes an end without words or task', () => {
    const record = { ...ended('g', null), detail: null };
    expect(parseRecord(record)).toEqual(record);
    const long = parseRecord({ ...record, detail: 'd'.repeat(5_000) });
    expect(long).toEqual({ ...record, detail: 'd'.repeat(600) });
  });

  it('cuts the words of a refusal to 300 characters and keeps the first ten refusals', () => {
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
    [undefined],
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
    [{ ...ended('g', 'arn:1'), detail: undefined }],
    [{ ...ended('g', 'arn:1'), taskArn: '' }],
    [{ ...ended('g', 'arn:1'), endedAt: null }],
    [{ ...ended('g', 'arn:1'), registeredAt: 'now' }],
    [{ ...settled('l'), groups: [{ groupId: 'g', taskArn: 'arn:1' }] }],
    [{ ...adopted('g', 'arn:1'), deadlinesFrom: null }],
    [{ ...adopted('g', 'arn:1'), createdAt: Number.POSITIVE_INFINITY }],
    [{ kind: 'inventoryOwed', reason: 'curiosity', at: 1 }],
    [{ kind: 'inventoryOwed', reason: 'launchesAbandoned', launch: { label: 'l' }, at: 1 }],
    [{ kind: 'placeUsed', cluster: '', at: 1 }],
    [{ kind: 'placeUsed', tag: 7, at: 1 }],
    [{ kind: 'closed', file: 7, at: 1 }],
    [{ kind: 'closed', at: 1 }],
    [{ ...launch('l'), cluster: '' }],
    [{ ...story.find(({ kind }) => kind === 'spent'), isLowerBound: 'yes' }],
    [{ ...story.find(({ kind }) => kind === 'spent'), unseenUsd: null }],
  ])('rejects a value that is no record: %#', (value) => {
    expect(parseRecord(value)).toBeNull();
  });

  it('throws for no value', () => {
    fc.assert(fc.property(fc.anything(), (value) => void parseRecord(value)));
  });
});

describe('mergeTimes', () => {
  it('keeps each time as it was first told, and takes those that were not known', () => {
    const first = { createdAt: 1, runningAt: null, registeredAt: null };
    const then = { createdAt: 9, runningAt: 2, registeredAt: 3 };
    expect(mergeTimes(first, then)).toEqual({ createdAt: 1, runningAt: 2, registeredAt: 3 });
    expect(mergeTimes(then, first)).toEqual(then);
    const zero = { createdAt: 0, runningAt: 0, registeredAt: 0 };
    expect(mergeTimes(zero, then)).toEqual(zero);
    const unknown = { createdAt: null, runningAt: null, registeredAt: null };
    expect(mergeTimes(unknown, then)).toEqual(then);
  });
});
