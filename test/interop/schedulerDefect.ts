import { readFileSync } from 'node:fs';
import type { ScenarioContext } from './scenarioContext.ts';

/**
 * Releases up to 2.6.0 have a defect of their own over YMQ: a worker that leaves while a heartbeat of it is on its way is
 * registered again by that heartbeat, and the scheduler ends itself, silently, when it next sends to this ghost; or with a
 * traceback, when a worker ends that had lost the scheduler before. No manager can prevent it. Returns the ghosts if that
 * is how a scheduler of this run ended, so that it can be told from a death that we caused.
 */
export function workersThatCrashedTheScheduler(context: ScenarioContext): string[] {
  return context.processes.all
    .filter(({ name, exit }) => /^scheduler(-left|-right)?(-\d)?$/.test(name) && exit?.code === 0)
    .flatMap(({ logFile }) => {
      const log = readFileSync(logFile, 'utf8');
      // A failure in an awaited answer is logged with this word; the death by a ghost leaves no word at all.
      if (!log.includes('Traceback')) return reconnectedWorkersIn(log);
      const isSocketError = log.includes('ConnectorSocketClosedByRemoteEndError');
      return isSocketError && noStopRequestedBefore(context, lastLineTime(log))
        ? ['a worker that ended by itself']
        : [];
    });
}

/** When the last line of this log was written, milliseconds since the epoch. */
function lastLineTime(log: string): number {
  const last = [...log.matchAll(/^(\d{4}-\d\d-\d\d) (\S+?)(\+\d{4}) /gm)].at(-1);
  return last ? Date.parse(`${last[1]}T${last[2]}${last[3]}`) : Number.NEGATIVE_INFINITY;
}

/** No manager of this run had told a task to stop by then; the log of a scheduler is exact to a second. */
const noStopRequestedBefore = (context: ScenarioContext, until: number): boolean =>
  context.processes.all
    .filter(({ name }) => name.startsWith('manager'))
    .flatMap(({ logFile }) => readFileSync(logFile, 'utf8').split('\n'))
    .filter((line) => line.includes('"state":"draining.stopping"'))
    .every((line) => Date.parse(JSON.parse(line).time) > until + 1000);

/** Workers that connected again after they had disconnected, and stayed. */
function reconnectedWorkersIn(log: string): string[] {
  const disconnected = new Set<string>();
  const reconnected = new Set<string>();
  for (const line of log.split('\n')) {
    const id = /Worker\|[^\s')]+/.exec(line)?.[0];
    if (!id) continue;
    if (line.endsWith(' disconnected')) {
      disconnected.add(id);
      reconnected.delete(id);
    } else if (line.endsWith(' connected') && disconnected.has(id)) reconnected.add(id);
  }
  return [...reconnected];
}
