import { createConnectionLines } from './connectionLines.ts';
import type { EventFields } from './events.ts';
import type { Log } from './log.ts';
import { createRepeats } from './repeats.ts';
import { createSummary, type SpendingFields } from './summary.ts';

export interface ConcludingLog extends Log {
  /** Reports a summary when one is due. */
  tick(): void;
}

/** Adds what follows from several events: one line for a trouble that repeats, what the connections mean, summaries. */
export function withConclusions(
  log: Log,
  now: () => number,
  spending: () => SpendingFields | null = () => null,
): ConcludingLog {
  const levelFor = createRepeats(now);
  let isPrepared = false;
  const levelled: Log = {
    report(name, fields, level = levelFor(name, fields)) {
      log.report(name, fields, level);
    },
  };
  const summary = createSummary(levelled, now, spending);
  const connections = createConnectionLines(levelled, now);
  return {
    report(name, fields, given) {
      if (name === 'bootstrap.completed') isPrepared = true;
      // What keeps us from listing before the cluster is there is told by bootstrap.failed.
      const level = name === 'inventory.failed' && !isPrepared ? 'debug' : given;
      levelled.report(name, fields, level);
      summary.on(name, fields);
      connections.on(name, fields);
      if (
        name === 'daemon.stateChanged' &&
        (fields as EventFields<'daemon.stateChanged'>).state === 'stopping'
      )
        levelled.report('daemon.stopping', { tasks: summary.size() });
    },
    tick: summary.tick,
  };
}
