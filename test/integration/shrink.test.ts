import { expect, it } from 'vitest';
import { scriptOf } from '../simulation/script.ts';
import { shrink } from '../simulation/shrink.ts';
import { type Run, runScript } from '../simulation/world.ts';

/** With a scheduler of any generation. */
const pulled = (run: Run) =>
  [...run.met.keys()].some((pair) => pair.endsWith('|group running|power cut'));

async function firstSeedThat(holds: (run: Run) => boolean): Promise<number> {
  for (let seed = 1; seed <= 30; seed++) if (holds(await runScript(scriptOf(seed)))) return seed;
  throw new Error('no seed cuts the power of a running group');
}

it('a script is shrunk until each of its happenings is needed', async () => {
  const script = scriptOf(await firstSeedThat(pulled));
  const { script: shrunk, run } = await shrink(script, pulled);
  expect(pulled(run)).toBe(true);
  expect(shrunk.happenings.length).toBeLessThan(script.happenings.length / 4);
  for (const [at] of shrunk.happenings.entries()) {
    const happenings = shrunk.happenings.toSpliced(at, 1);
    expect(pulled(await runScript({ ...shrunk, happenings }))).toBe(false);
  }
}, 60_000);
