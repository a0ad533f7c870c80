import { alsoShown } from '../../src/daemon/alsoShown.ts';
import { now } from '../../src/shared/clock.ts';
import { headerOf } from '../../src/telemetry/inspector/inspect.ts';
import { lineOf } from '../../src/telemetry/inspector/past.ts';
import { createRecorder } from '../../src/telemetry/inspector/recorder.ts';
import type { Script } from './script.ts';
import type { Violation } from './watched.ts';
import { runScript } from './world.ts';

/** One seed, as the inspector shows it. A violation is a report in it. */
export async function recordSeed(
  script: Script,
): Promise<{ lines: string[]; violations: Violation[] }> {
  const lines: string[] = [];
  let startedAt: number | null = null;
  const recorder = createRecorder({
    ...{ now, alsoShown },
    record: (entry) => {
      startedAt ??= entry.at;
      lines.push(lineOf(entry));
    },
  });
  const { violations } = await runScript(script, false, recorder);
  const begun = startedAt ?? 0;
  for (const { invariant, at, says } of violations)
    lines.push(
      lineOf({
        ...{ at: begun + at * 1000, report: `simulation.${invariant}`, level: 'error' },
        ...{ sentence: `The simulation's invariant ${invariant} is broken: ${says}`, fields: {} },
      }),
    );
  return {
    lines: [lineOf({ header: headerOf(`seed ${script.seed}`, begun) }), ...lines],
    violations,
  };
}
