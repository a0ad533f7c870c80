import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Row } from './bench.ts';
import type { SideResult } from './measure.ts';
import {
  conditionsNow,
  missesOf,
  sidesLost,
  storedMedian,
  storedReport,
  storedTable,
  svg,
  type TableResult,
  table,
  unexplainedMisses,
} from './report.ts';
import { shown } from './statistics.ts';

const row: Row = { id: 'a.time', what: 'until it is done', unit: 's', goal: 2, why: 'disk: 1 s' };

function measured(
  ours: number | null,
  { original = null, ...changes }: Partial<Row> & { original?: number | null } = {},
): TableResult {
  const side = (name: string, value: number | null): SideResult => ({
    side: name,
    rows: value === null ? {} : { 'a.time': { median: value, min: value, max: value, runs: 1 } },
  });
  return {
    bench: { name: 'a', what: 'a thing', rows: [{ ...row, ...changes }] },
    results: [side('original 2.6.0', original), side('ours', ours)],
  };
}

const run = { a: { conditions: 'a machine', results: [] } };

describe('rows that miss their goals', () => {
  it('says by how much a row misses its goal, and why', () => {
    expect(missesOf([measured(3)])).toEqual([
      '* a.time: 3 s instead of 2, 1.5 times the goal: disk: 1 s',
    ]);
  });

  it('prints no reason for a row that meets its goal', () => {
    expect(missesOf([measured(2)])).toEqual([]);
    expect(table([measured(2)], run)).not.toContain('disk: 1 s');
  });

  it('says that the reason is not known where none is given', () => {
    expect(missesOf([measured(3, { why: undefined })])).toEqual([
      '* a.time: 3 s instead of 2, 1.5 times the goal: not known',
    ]);
  });

  it('names rows that miss without a reason', () => {
    const missed = measured(3, { why: undefined });
    expect(unexplainedMisses([measured(3), missed, measured(1, { why: undefined })])).toEqual([
      'a.time',
    ]);
  });

  it('gives no multiple of a goal of nothing', () => {
    expect(missesOf([measured(3, { goal: 0 })])).toEqual(['* a.time: 3 s instead of 0: disk: 1 s']);
  });

  it('takes no value of the original for ours', () => {
    expect(missesOf([measured(null, { original: 3 })])).toEqual([]);
    expect(missesOf([measured(1, { original: 3 })])).toEqual([]);
  });

  it('stands below the table', () => {
    const lines = table([measured(3)], run).split('\n');
    const row = lines.findIndex((line) => line.startsWith('| a.time |'));
    expect(lines.slice(row + 1)).toEqual([
      '',
      'Rows that miss their goals, and why:',
      '',
      '* a.time: 3 s instead of 2, 1.5 times the goal: disk: 1 s',
    ]);
  });
});

it('names rows that are newer than the results', () => {
  expect(table([measured(null, { original: 3 })], run)).not.toContain('Not measured yet');
  expect(table([measured(null)], run)).toContain('\nNot measured yet: a.time.');
});

it('has a column for each release of the original, also where only some rows have it', () => {
  const other: TableResult = {
    bench: { name: 'b', what: 'another', rows: [{ ...row, id: 'b.time' }] },
    results: [
      { side: 'original 2.9.0', rows: { 'b.time': { median: 7, min: 7, max: 7, runs: 1 } } },
      { side: 'ours', rows: { 'b.time': { median: 1, min: 1, max: 1, runs: 1 } } },
    ],
  };
  const lines = table([measured(2, { original: 5 }), other], run).split('\n');
  expect(lines).toContain(
    '| row | what | unit | limit | original 2.6.0 | original 2.9.0 | scaler-ecs | goal | command |',
  );
  expect(lines).toContain('|---|---|---|---|---|---|---|---|---|');
  expect(lines).toContain(
    '| a.time | a thing: until it is done | s |  | 5 |  | 2 | 2 | `npm run bench -- a` |',
  );
  expect(lines).toContain(
    '| b.time | another: until it is done | s |  |  | 7 | 1 | 2 | `npm run bench -- b` |',
  );
});

it('names benches of the same conditions together, each with its load and what the emulator used', () => {
  const results = [{ side: 'ours', rows: {} }];
  const share = (max: number) => ({ ...{ median: 1, min: 1, max, runs: 2 } });
  const watched = [
    { side: 'ours', rows: {}, emulator: share(41.2) },
    { side: 'original 2.6.0', rows: {}, emulator: share(7) },
  ];
  const conditions = 'a machine';
  const run = {
    ...{ a: { conditions, load: 0.44, results }, b: { conditions, results } },
    c: { conditions, load: 1.02, results: watched },
  };
  expect(table([measured(2)], run)).toContain(
    '\n* a (load 0.4), b, c (load 1.0, emulator 41 %): a machine\n',
  );
});

it('names the version of scaler-ecs and its commit with the conditions of a run', () => {
  const conditions = conditionsNow(['ours', 'original 2.6.0', 'original 2.9.0']);
  expect(conditions).toMatch(/^\d{4}-\d\d-\d\d, \d+ cores of /);
  expect(conditions).toMatch(/, scaler-ecs \d+\.\d+\.\d+( \([0-9a-f]{8}( changed)?\))?, Node\.js /);
  expect(conditions).toMatch(/, original 2\.6\.0, original 2\.9\.0$/);
});

describe('the picture', () => {
  const both = measured(1, { original: 4 });
  const conditions = '2026-11-28, 2 cores of A & B, Node.js 26.10.0, original 2.6.0';
  const named = (name: string): TableResult => ({ ...both, bench: { ...both.bench, name } });

  it('says when, on which machine and with which versions it was measured', () => {
    const picture = svg([both], { a: { conditions, results: [] } });
    expect(picture).toContain('>scaler-ecs</text>');
    expect(picture).toContain('>original 2.6.0</text>');
    expect(picture).toContain(
      '>2026-11-28, 2 cores of A &amp; B, Node.js 26.10.0, original 2.6.0<',
    );
  });

  it('has a bar for each release of the original, in a colour of its own', () => {
    const newer: SideResult = {
      side: 'original 2.9.0',
      rows: { 'a.time': { median: 5, min: 5, max: 5, runs: 1 } },
    };
    const picture = svg([{ ...both, results: [newer, ...both.results] }], {});
    const bars = [...picture.matchAll(/height="14" fill="([^"]+)"\/><text [^>]+>(\d+) s</g)];
    expect(bars.map(([, , value]) => value)).toEqual(['4', '5', '1']);
    expect(new Set(bars.map(([, colour]) => colour)).size).toBe(3);
  });

  it('names the benches where they were measured under different conditions', () => {
    const run = {
      ...{ a: { conditions, results: [] }, b: { conditions, results: [] } },
      c: { conditions: 'another machine', results: [] },
    };
    const picture = svg([named('a'), named('b'), named('c')], run);
    expect(picture).toContain('>a, b: 2026-11-28');
    expect(picture).toContain('>c: another machine<');
  });

  it('says nothing of a bench that it does not show', () => {
    const picture = svg([measured(1)], { a: { conditions, results: [] } });
    expect(picture).not.toContain('2026-11-28');
  });

  it('breaks long lines, and is high enough for all of them', () => {
    const long = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
    const picture = svg([both], { a: { conditions: long, results: [] } });
    const lines = [...picture.matchAll(/y="(\d+)" fill="#57606e">([^<]*)</g)];
    expect(lines.map(([, , text]) => text).join(' ')).toBe(long);
    expect(Math.max(...lines.map(([, , text = '']) => text.length))).toBeLessThanOrEqual(115);
    const height = Number(/height="(\d+)"/.exec(picture)?.[1]);
    expect(Number(lines.at(-1)?.[1])).toBeLessThan(height);
  });
});

describe('storing results', () => {
  const results = [
    { side: 'ours', rows: {} },
    { side: 'original 2.6.0', rows: {} },
  ];
  const run = { a: { conditions: 'a machine', results }, b: { conditions: '', results: [] } };

  it('would lose an original that is not measured again', () => {
    expect(sidesLost(['a', 'b'], ['ours'], run)).toEqual(['original 2.6.0']);
  });

  it.each([
    ['each side is measured', ['a'], ['ours', 'original 2.6.0']],
    ['only benches without stored results are measured', ['b', 'c'], ['ours']],
  ])('loses nothing where %s', (_, names, sides) => {
    expect(sidesLost(names, sides, run)).toEqual([]);
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const original = 'original 2.6.0';
  const tenths = (value: number) => String(Number(value.toPrecision(2)));
  const ours = (row: string) => tenths(storedMedian(row, 'ours'));
  const theirs = (row: string) => tenths(storedMedian(row, original));

  it('has the table and the picture of the last results', () => {
    const { table, picture } = storedReport();
    expect(readme.includes(table), 'npm run bench:table writes it').toBe(true);
    expect(readFileSync(new URL('./bench.svg', import.meta.url), 'utf8')).toBe(picture);
  });

  it('has a reason for each row of the last results that misses its goal', () => {
    expect(unexplainedMisses(storedTable()), '`why` in test/bench/benches').toEqual([]);
  });

  it.each([
    [
      'a launch',
      `all 1,000 are created after ${ours('launch-free.time')} s instead of ${shown(Math.round(storedMedian('launch-free.time', original)))} s`,
    ],
    [
      'a start',
      `| ${theirs('start.heartbeat')} s, ${theirs('start.cpu')} s of CPU | ${ours('start.heartbeat')} s, ${ours('start.cpu')} s of CPU |`,
    ],
    [
      'a first task',
      `| ${theirs('start.firstTask')} s | ${ours('start.firstTask')} s; ${ours('start.again')} s after an orderly end;`,
    ],
  ])('compares %s with the medians of the last results', (_, sentence) => {
    expect(readme.includes(sentence), sentence).toBe(true);
  });
});
