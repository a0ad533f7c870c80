import { describe, expect, it } from 'vitest';
import type { Terms } from '../../../machines/scheduler/messages.ts';
import {
  generationOf,
  isPublished,
  mismatch,
  newestFor,
  newestOf,
  requiredRelease,
  startable,
  templateKey,
  workersFor,
} from '../../../machines/scheduler/releases.ts';
import { GENERATIONS } from '../../../src/scheduler/protocol/generations.ts';

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

it('the newest release of a generation is one that the package index has', () => {
  for (const generation of GENERATIONS) expect(isPublished(newestOf(generation))).toBe(true);
  expect(newestOf('g1b')).toBe('1.15.0');
  expect(isPublished('2.6.1')).toBe(false);
});

describe('the release that an installer makes of the requirements', () => {
  it.each([
    ['opengris-scaler==2.6.0', '2.6.0'],
    ['tomli\nopengris_scaler[zmq,uvloop] == 2.3.5 # why\npandas', '2.3.5'],
    ['tomli;Opengris.Scaler===2.9.0;pandas', '2.9.0'],
    ['opengris-scaler==1.24.0 --hash=sha256:abc', '1.24.0'],
    // Not on the index when this was written.
    ['opengris-scaler==2.10.1', '2.10.1'],
    // The command line of these three is another than that of all later ones.
    ['opengris-scaler==1.26.0', '1.26.0'],
    ['opengris-scaler>=1.24,<1.26.1', '1.26.0'],
    ['opengris-scaler~=1.24.0', '1.24.6'],
    ['opengris-scaler (==1.24.*)', '1.24.6'],
    ['opengris-scaler>=1.24,<1.26.1,!=1.26.0', '1.24.6'],
    ['opengris-scaler>1.24.0,<=1.26.3', '1.26.3'],
    ['opengris-scaler~=2.3', '2.9.0'],
    ['opengris-scaler==2.*', '2.9.0'],
    ['opengris-scaler<2.6.0, ', '2.5.5'],
    ['opengris-scaler>1.24.0,<=1.24.0', null],
    ['opengris-scaler>=2.6.0,<2.7.0', '2.6.0'],
    ['opengris-scaler~=2.5.5', '2.5.5'],
    // Not on the index, and older than the newest there.
    ['opengris-scaler==2.6.1', '2.6.1'],
    ['opengris-scaler==1.24.0 --hash=sha256:abc\r', '1.24.0'],
    ['opengris-scaler>=2.6.0', '2.9.0'],
    // Newer than all that are known.
    ['opengris-scaler>2.9.0', '2.9.0'],
    ['opengris-scaler>=2.9.0', '2.9.0'],
    ['opengris-scaler~=2.9.0', '2.9.0'],
    ['opengris-scaler~=2.9.1', '2.9.1'],
    ['opengris-scaler==3.*', '3'],
    ['opengris-scaler>=2.3,<2.3.0', null],
    ['  opengris-scaler==1.24.0', '1.24.0'],
    ['my-opengris-scaler==1.24.0', null],
    ['opengris-scaler # the newest', '2.9.0'],
    ['opengris-scaler or==1.24.0', null],
    ['opengris-scaler==1.24.0 or newer', null],
    ['opengris-scaler', '2.9.0'],
    ['opengris-scaler>=3', '3'],
    ['opengris-scaler @ https://example.org/opengris_scaler-2.6.0-py3-none-any.whl', null],
    ['git+https://github.com/finos/opengris-scaler@main', null],
    ['opengris-scaler-extra==1.0', null],
    ['tomli;pargraph;parfun;pandas', null],
  ])('%j: %s', (text, release) => {
    expect(requiredRelease(text)).toBe(release);
  });
});

describe('workers that could not serve', () => {
  const terms = (generation: Terms['generation'], exact: boolean): Terms => ({
    transport: 'ymq',
    generation,
    exact,
    bare: generation.startsWith('g1'),
  });

  it.each([
    ['2.6.0', 'g4', true],
    ['2.9.0', 'g3', false],
    ['2.9.0', 'g3', true],
    ['2.3.3', 'g3', true],
    ['1.15.0', 'g2', true],
    // The magic came in between.
    ['2.0.1', 'g2', true],
    ['2.0.1', 'g3', false],
    ['2.0.2', 'g1', false],
  ] as const)('%s for %s is said in words (exact: %s)', (release, generation, exact) => {
    expect(mismatch(release, terms(generation, exact))).toMatch(
      new RegExp(`Scaler ${release} .*worker_scaler_version`),
    );
  });

  it.each([
    ['2.6.0', 'g4', true, '2.7.0 to 2.9.0'],
    ['2.6.0', 'g4', false, '2.7.0 to 2.9.0'],
    ['2.3.3', 'g3', true, '2.3.4 to 2.6.0'],
    ['2.9.0', 'g3', false, 'before 2.7.0'],
    ['2.0.1', 'g2', true, 'from 2.0.2 on over YMQ'],
  ] as const)('%s for %s (exact: %s) is told to be %s', (release, generation, exact, span) => {
    expect(mismatch(release, terms(generation, exact))).toContain(`speaks as releases ${span} do`);
  });

  it.each([
    ['2.9.0', 'g4', true],
    ['2.9.0', 'g4', false],
    ['2.6.0', 'g3', true],
    // Older generations look alike until the first command.
    ['2.3.3', 'g3', false],
    ['1.15.0', 'g1b', true],
  ] as const)('%s may serve %s (exact: %s)', (release, generation, exact) => {
    expect(mismatch(release, terms(generation, exact))).toBeNull();
  });

  it('are not told apart by a magic that ZeroMQ does not have', () => {
    const zmq = (bare: boolean): Terms => ({ ...terms('g2', true), transport: 'zmq', bare });
    for (const release of ['1.24.0', '2.0.20']) expect(mismatch(release, zmq(false))).toBeNull();
  });

  it('are not started of our own accord', () => {
    for (const generation of GENERATIONS)
      for (const bare of [false, true]) {
        if (bare ? !/^g[12]/.test(generation) || generation === 'g23' : /^g1/.test(generation))
          continue;
        const found: Terms = { ...terms(generation, true), bare };
        expect([found, mismatch(newestFor(found), found)]).toEqual([found, null]);
      }
  });
});

describe('the workers for a scheduler', () => {
  const terms: Terms = { transport: 'zmq', generation: 'g2', exact: true, bare: false };

  it('are of the newest release that can serve it, and use its transport', () => {
    expect(templateKey(workersFor(terms, null))).toBe('zmq 2.0.20');
    const bare: Terms = { transport: 'ymq', generation: 'g2', exact: true, bare: true };
    expect(templateKey(workersFor(bare, null))).toBe('ymq 2.0.1');
  });

  it('are of the release that a person has chosen', () => {
    expect(workersFor(terms, '1.27.2')).toEqual({ transport: 'zmq', release: '1.27.2' });
  });

  it('have templates of each generation, the oldest first, and of the last release without a magic', () => {
    expect(startable).toEqual(['1.15.0', '1.15.0', '2.0.20', '2.3.3', '2.6.0', '2.9.0', '2.0.1']);
  });

  it('are of a release that has its template made', () => {
    for (const generation of GENERATIONS)
      for (const bare of [true, false])
        expect(startable).toContain(workersFor({ ...terms, generation, bare }, null).release);
  });
});
