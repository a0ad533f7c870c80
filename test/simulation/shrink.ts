import type { Happening, Script } from './script.ts';
import { type Run, runScript } from './world.ts';

const mostRuns = 150;
/** Real time, ms. Some scripts run for seconds each time. */
const mostTime = 120_000;

/** The fewest of a script's happenings, found by leaving some out, of which the same can be said. */
export const shrink = async (
  script: Script,
  same: (run: Run) => boolean,
): Promise<{ script: Script; run: Run }> => {
  let runs = 0;
  const until = performance.now() + mostTime;
  let best = script.happenings;
  const stays = async (happenings: Happening[]): Promise<boolean> => {
    runs++;
    return same(await runScript({ ...script, happenings }));
  };
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at < best.length && runs < mostRuns && performance.now() < until; ) {
      const less = best.toSpliced(at, size);
      if (await stays(less)) best = less;
      else at += size;
    }
  }
  const shrunk = { ...script, happenings: best };
  return { script: shrunk, run: await runScript(shrunk, true) };
};
