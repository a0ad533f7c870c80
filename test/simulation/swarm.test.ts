import { expect, it } from 'vitest';
import { scriptOf } from './script.ts';
import { addRun, emptyStats } from './stats.ts';
import { faultKinds, kindsIn, leavableKinds, without } from './swarm.ts';
import { scriptFor, wideScriptOf } from './wide.ts';
import { runScript } from './world.ts';

const seeds = Array.from({ length: 400 }, (_, i) => i + 1);

it('every kind of fault that a script has is one that can be switched off', () => {
  const all = new Set(seeds.flatMap((seed) => kindsIn(wideScriptOf(seed))));
  expect([...all].filter((kind) => !faultKinds.includes(kind))).toEqual([]);
  expect(faultKinds.filter((kind) => !all.has(kind))).toEqual([]);
});

it('in a swarm kinds of faults are off, the kill and each of the sure faults included', () => {
  const scripts = seeds.map((seed) => scriptFor(seed, 'wide', { swarm: true }));
  for (const { absent = [], seed, ...script } of scripts) {
    const kinds = kindsIn({ ...script, seed });
    expect(kinds.filter((kind) => absent.includes(kind))).toEqual([]);
    const left = kindsIn(wideScriptOf(seed)).filter((kind) => !absent.includes(kind));
    expect(kinds.sort()).toEqual(left.sort());
  }
  for (const kind of faultKinds)
    expect(scripts.some(({ absent }) => absent?.includes(kind))).toBe(true);
  expect(scripts.filter((script) => !kindsIn(script).includes('kill')).length).toBeGreaterThan(99);
});

it('without the switch a seed has all that was drawn for it', () => {
  for (const seed of seeds) {
    expect(scriptFor(seed, 'plain')).toEqual(scriptOf(seed));
    expect(scriptFor(seed, 'wide')).toEqual(wideScriptOf(seed));
  }
});

it('a person leaves out a kind, or all forms of it; work and the end of max_lifetime stay', () => {
  for (const seed of seeds.slice(0, 50)) {
    const script = wideScriptOf(seed);
    const demands = script.happenings.filter(({ kind }) => kind === 'demand').length;
    const bare = without(script, leavableKinds);
    const aged = script.settings.wide?.maxLifetimeSeconds ? 1 : 0;
    expect(bare.happenings).toHaveLength(demands + aged);
    const noCalls = scriptFor(seed, 'plain', { kinds: ['call', 'kill'] });
    expect(noCalls.happenings.some(({ kind }) => kind === 'call' || kind === 'kill')).toBe(false);
    expect(noCalls.absent).toEqual(['call', 'kill']);
  }
});

it('a seed without any fault holds every invariant, and is counted and not called thin', async () => {
  const stats = emptyStats();
  for (const seed of [3, 10])
    addRun(stats, seed, await runScript(scriptFor(seed, 'wide', { kinds: leavableKinds })));
  expect(stats.violations).toEqual([]);
  expect([stats.thin, stats.kinds, stats.absent.kill]).toEqual([[], {}, 2]);
});
