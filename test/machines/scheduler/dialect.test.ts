import { describe, expect, it } from 'vitest';
import {
  addsNothing,
  contradicts,
  dialectOf,
  learn,
  mayHaveGroups,
  reportsAs,
  surelyNamesLists,
  termsOf,
  unknownDialect,
} from '../../../machines/scheduler/dialect.ts';

describe('what a connection shows when it opens', () => {
  it.each([
    [0, { transport: 'ymq', generation: 'g3', exact: false, bare: true }],
    [1, { transport: 'ymq', generation: 'g3', exact: false, bare: false }],
    [2, { transport: 'ymq', generation: 'g4', exact: true, bare: false }],
    [null, null],
  ] as const)('with magic %s', (magic, terms) => {
    expect(termsOf(dialectOf(magic))).toEqual(terms);
  });

  it('is nothing before', () => expect(termsOf(unknownDialect)).toBeNull());
});

it('names all workers that may go if its YMQ has a magic', () => {
  expect([1, 2].map((magic) => surelyNamesLists(dialectOf(magic)))).toEqual([true, true]);
  expect([0, null].map((magic) => surelyNamesLists(dialectOf(magic)))).toEqual([false, false]);
});

it('knows the transport with the first echo over ZeroMQ', () => {
  expect(termsOf(learn(dialectOf(null), 'g3', false))).toEqual({
    ...{ transport: 'zmq', generation: 'g3', exact: false, bare: false },
  });
});

describe('a message of another generation', () => {
  it('contradicts what is certain, and the magic of releases before g4', () => {
    expect(contradicts(dialectOf(2), 'g3')).toBe(true);
    expect(contradicts(dialectOf(2), 'g4')).toBe(false);
    for (const magic of [0, 1]) expect(contradicts(dialectOf(magic), 'g4')).toBe(true);
    expect(contradicts(dialectOf(1), 'g2')).toBe(false);
    expect(contradicts(learn(dialectOf(1), 'g2', true), 'g3')).toBe(true);
    expect(contradicts(learn(dialectOf(1), 'g2', true), 'g2')).toBe(false);
  });

  it('is possible over ZeroMQ until a command has come', () => {
    const echoed = learn(dialectOf(null), 'g3', false);
    expect(contradicts(echoed, 'g4')).toBe(false);
    expect(contradicts(learn(echoed, 'g4', true), 'g3')).toBe(true);
  });
});

describe('terms', () => {
  const terms = { transport: 'ymq', generation: 'g3', exact: false, bare: false } as const;

  it.each([
    [{ ...terms, generation: 'g2' }, true],
    [terms, true],
    [{ ...terms, exact: true }, false],
    [{ ...terms, generation: 'g4' }, false],
    [{ ...terms, bare: true }, false],
    [{ ...terms, transport: 'zmq' }, false],
  ] as const)('add something to those before: %j', (next, nothing) => {
    expect(addsNothing(terms, next)).toBe(nothing);
    expect(addsNothing(null, next)).toBe(false);
  });

  it('that are exact add nothing only to the same', () => {
    const exact = { ...terms, exact: true };
    expect(addsNothing(exact, exact)).toBe(true);
    expect(addsNothing(exact, { ...exact, generation: 'g2' })).toBe(false);
    expect(addsNothing(exact, terms)).toBe(true);
    const g4 = { ...exact, generation: 'g4' } as const;
    expect(addsNothing(g4, g4)).toBe(true);
  });
});

it('is reported to only when certain, and never to g4', () => {
  expect(reportsAs(dialectOf(1))).toBeNull();
  expect(reportsAs(dialectOf(2))).toBeNull();
  for (const generation of ['g1', 'g2', 'g23', 'g3'] as const)
    expect(reportsAs(learn(dialectOf(1), generation, true))).toBe(generation);
});

it('may have groups only without a magic, and before a command has shown another generation', () => {
  expect([dialectOf(null), dialectOf(0), dialectOf(1), dialectOf(2)].map(mayHaveGroups)).toEqual([
    ...[true, true, false, false],
  ]);
  expect(mayHaveGroups(learn(dialectOf(null), 'g1', true))).toBe(false);
});
