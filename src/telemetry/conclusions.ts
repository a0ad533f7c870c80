import { createAwsReachLine } from './awsReach.ts';
import { createConnectionLines } from './connectionLines.ts';
import type { EventFields } from './events.ts';
import type { Log } from './log.ts';
import { createRepeats } from './repeats.ts';
import { createSchedulerEndLine } from './schedulerEnd.ts';
import { createSummary, type SpendingFields } from './summary.ts';

/** A list that was asked for before the cluster was there may fail until so long after it, ms; it is repeated soon. */
const listUnderWayMs = 1_500;

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
  let preparedAt: number | null = null;
  const levelled: Log = {
    report(name, fields, level = levelFor(name, fields)) {
      log.report(name, fields, level);
    },
  };
  const summary = createSummary(levelled, now, spending);
  const connections = createConnectionLines(levelled, now);
  const schedulerEnd = createSchedulerEndLine(levelled, now);
  const awsReach = createAwsReachLine(levelled, now);
  return {
    report(name, fields, given) {
      if (name === 'bootstrap.completed') preparedAt ??= now();
      // What keeps us from listing before the cluster is there is reported by bootstrap.failed.
      const isEarly = preparedAt === null || now() - preparedAt < listUnderWayMs;
      const level = name === 'inventory.failed' && isEarly ? 'debug' : given;
      levelled.report(name, fields, level);
      summary.on(name, fields);
      connections.on(name, fields);
      schedulerEnd.on(name, fields);
      awsReach.on(name, fields);
      if (
        name === 'daemon.stateChanged' &&
        (fields as EventFields<'daemon.stateChanged'>).state === 'stopping'
      )
        levelled.report('daemon.stopping', { tasks: summary.size() });
    },
    tick: summary.tick,
  };
}
