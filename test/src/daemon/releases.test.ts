import { describe, expect, it } from 'vitest';
import {
  generationOf,
  mismatch,
  newestOf,
  pinnedRelease,
  type Terms,
} from '../../../src/daemon/releases.ts';
import { GENERATIONS } from '../../../src/protocol/generations.ts';

describe('releases and generations', () => {
  it.each([
    ['1.15.0', 'g1'],
    ['1.24.0', 'g2'],
    ['2.0.20', 'g2'],
    ['2.1.2', 'g23'],
    ['2.3.3', 'g23'],
    ['2.3.5', 'g3'],
    ['2.6.0', 'g3'],
    ['2.7.0', 'g4'],
    ['2.9.0', 'g4'],
    ['2.10.1', 'g4'],
  ])('%s speaks %s', (release, generation) => {
    expect(generationOf(release)).toBe(generation);
  });

  it('answers each generation with a release of it', () => {
    for (const generation of GENERATIONS)
      expect([generation, generation === 'g1b' ? 'g1' : generation]).toContain(
        generationOf(newestOf(generation)),
      );
  });
});

describe('the release that the requirements pin', () => {
  it.each([
    ['opengris-scaler==2.6.0', '2.6.0'],
    ['tomli\nopengris_scaler[zmq,uvloop] == 2.3.5 # why\npandas', '2.3.5'],
    ['tomli;Opengris.Scaler===2.9.0;pandas', '2.9.0'],
    ['opengris-scaler>=2.6.0', null],
    ['opengris-scaler', null],
    ['opengris-scaler-extra==1.0', null],
    ['opengris-scaler==2.*', null],
    ['tomli;pargraph;parfun;pandas', null],
  ])('%j: %s', (text, release) => {
    expect(pinnedRelease(text)).toBe(release);
  });
});

describe('workers that could not serve', () => {
  const terms = (generation: Terms['generation'], exact: boolean): Terms => ({
    transport: 'ymq',
    generation,
    exact,
  });

  it.each([
    ['2.6.0', 'g4', true],
    ['2.9.0', 'g3', false],
    ['2.9.0', 'g3', true],
    ['2.3.3', 'g3', true],
    ['1.15.0', 'g2', true],
  ] as const)('%s for %s is said in words (exact: %s)', (release, generation, exact) => {
    expect(mismatch(release, terms(generation, exact))).toMatch(
      new RegExp(`Scaler ${release} .*worker_scaler_version`),
    );
  });

  it.each([
    ['2.9.0', 'g4', true],
    ['2.6.0', 'g3', true],
    // Older generations look alike until the first command.
    ['2.3.3', 'g3', false],
    ['1.15.0', 'g1b', true],
  ] as const)('%s may serve %s (exact: %s)', (release, generation, exact) => {
    expect(mismatch(release, terms(generation, exact))).toBeNull();
  });
});
