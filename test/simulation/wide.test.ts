import { expect, it } from 'vitest';
import { scriptOf } from './script.ts';
import { powersOf, wideScriptOf } from './wide.ts';
import { runScript } from './world.ts';

const seeds = Array.from({ length: 400 }, (_, i) => i + 1);

it('the wide profile adds to a seed, and changes nothing of what the plain one draws', () => {
  for (const seed of seeds) {
    const plain = scriptOf(seed);
    const wide = wideScriptOf(seed);
    if (wide.settings.wide?.isLarge) continue;
    const { wide: _, cooldownSeconds, reportEverySeconds, ...settings } = wide.settings;
    expect({ ...plain.settings, ...settings }).toEqual(plain.settings);
    expect(wide.happenings).toEqual(expect.arrayContaining(plain.happenings));
    expect(plain.settings.wide).toBeUndefined();
  }
});

it('some of the wide seeds have hundreds of tasks, and several powers come together', () => {
  const scripts = seeds.map(wideScriptOf);
  const large = scripts.filter(({ settings }) => settings.wide?.isLarge);
  expect(large.length).toBeGreaterThan(15);
  for (const { happenings } of large)
    expect(happenings.some((each) => each.kind === 'demand' && each.tasks >= 500)).toBe(true);
  expect(scripts.filter((script) => powersOf(script).length > 2).length).toBeGreaterThan(40);
});

it('a wide seed played twice gives the same trace, byte for byte', async () => {
  const seed = seeds.find((each) => powersOf(wideScriptOf(each)).length > 2) as number;
  const once = await runScript(wideScriptOf(seed), true);
  const again = await runScript(wideScriptOf(seed), true);
  expect(again.trace.join('\n')).toBe(once.trace.join('\n'));
  expect(once.violations).toEqual([]);
});
