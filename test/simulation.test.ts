import { expect, it } from 'vitest';
import { scriptOf } from './simulation/script.ts';
import { shrink } from './simulation/shrink.ts';
import { addRun, emptyTally } from './simulation/tally.ts';
import { type Run, runScript } from './simulation/world.ts';

it('tells the same story of the same seed, byte for byte', async () => {
  for (const seed of [7, 8, 9]) {
    const once = await runScript(scriptOf(seed), true);
    const again = await runScript(scriptOf(seed), true);
    expect(once.trace.length).toBeGreaterThan(100);
    expect(again.trace.join('\n')).toBe(once.trace.join('\n'));
  }
});

it('keeps every promise through 50 seeds of faults, kills and restarts', async () => {
  const tally = emptyTally();
  for (let seed = 1; seed <= 50; seed++) addRun(tally, seed, await runScript(scriptOf(seed)));
  expect(tally.violations).toEqual([]);
  expect(tally.thin).toEqual([]);
}, 60_000);

it('shrinks a script to what it takes', async () => {
  const pulled = (run: Run) => run.met.has('group running|power cut');
  const seeds = Array.from({ length: 30 }, (_, i) => i + 1);
  const runs = await Promise.all(
    seeds.map(async (seed) => pulled(await runScript(scriptOf(seed)))),
  );
  const script = scriptOf(seeds[runs.indexOf(true)] ?? 0);
  const { script: shrunk, run } = await shrink(script, pulled);
  expect(pulled(run)).toBe(true);
  expect(shrunk.happenings.length).toBeLessThan(script.happenings.length / 4);
  for (const [at] of shrunk.happenings.entries()) {
    const happenings = shrunk.happenings.toSpliced(at, 1);
    expect(pulled(await runScript({ ...shrunk, happenings }))).toBe(false); // each of them is needed
  }
}, 60_000);
