import { expect, it } from 'vitest';
import { scriptOf } from './simulation/script.ts';
import { shrink } from './simulation/shrink.ts';
import { addRun, emptyTally } from './simulation/tally.ts';
import { runScript } from './simulation/world.ts';

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
  const script = scriptOf(3);
  const { script: shrunk, run } = await shrink(script, ({ met }) =>
    met.has('group running|power cut'),
  );
  expect(run.met.has('group running|power cut')).toBe(true);
  expect(shrunk.happenings.map(({ kind }) => kind)).toEqual(['demand', 'kill']);
}, 60_000);
