import { readFileSync } from 'node:fs';
import type { ScenarioContext } from './scenarioContext.ts';

/**
 * Detects a defect of the scheduler over YMQ in releases up to 2.6.0. When a worker disconnects while one of its
 * heartbeats is in flight, that heartbeat registers the worker again; the scheduler then exits without a message at its
 * next send to this worker. It also exits, with a traceback, when a worker ends that had lost the scheduler before. A
 * manager cannot prevent either. Returns the workers concerned if a scheduler of this run ended that way, else an empty
 * list: then the daemon may have caused the exit.
 */
export function workersThatCrashedTheScheduler(context: ScenarioContext): string[] {
  return context.processes.all
    .filter(({ name, exit }) => /^scheduler(-left|-right)?(-\d)?$/.test(name) && exit?.code === 0)
    .flatMap(({ logFile }) => {
      const log = readFileSync(logFile, 'utf8');
      // An exit by a worker that was registered again leaves no traceback.
      if (!log.includes('Traceback')) return reconnectedWorkersIn(log);
      const isSocketError = log.includes('ConnectorSocketClosedByRemoteEndError');
      return isSocketError && noStopRequestedBefore(context, lastLineTime(log))
        ? ['a worker that ended by itself']
        : [];
    });
}

/** Time of the last line of a scheduler's log, milliseconds since the epoch. */
function lastLineTime(log: string): number {
  const last = [...log.matchAll(/^(\d{4}-\d\d-\d\d) (\S+?)(\+\d{4}) /gm)].at(-1);
  return last ? Date.parse(`${last[1]}T${last[2]}${last[3]}`) : Number.NEGATIVE_INFINITY;
}

/**
 * Whether no manager of this run had called StopTask for a living task before that time, plus 1 s, the resolution of the
 * scheduler's log. A task that ended by itself (cause `exited`) gets StopTask as well.
 */
const noStopRequestedBefore = (context: ScenarioContext, until: number): boolean =>
  context.processes.all
    .filter(({ name }) => name.startsWith('manager'))
    .flatMap(({ logFile }) => readFileSync(logFile, 'utf8').split('\n'))
    .filter((line) => line.includes('"state":"draining.stopping.requesting"'))
    .filter((line) => !line.includes('"cause":"exited"'))
    .every((line) => Date.parse(JSON.parse(line).time) > until + 1000);

/** Workers that connected again after a disconnect and did not disconnect again. */
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
