import { readFileSync } from 'node:fs';
import type { Stage } from './stage.ts';

/**
 * Releases up to 2.6.0 have a defect of their own over YMQ: a worker that leaves while a heartbeat of it is on its way is
 * registered again by that heartbeat, and the scheduler ends itself, silently, when it next sends to this ghost. No
 * manager can prevent it. Returns the ghosts if that is how a scheduler of this run ended, so that it can be told from a
 * death that we caused.
 */
export function ghostsThatEndedTheScheduler(stage: Stage): string[] {
  return stage.processes.all
    .filter(({ name, end }) => /^scheduler(-left|-right)?(-\d)?$/.test(name) && end?.code === 0)
    .flatMap(({ logFile }) => {
      const log = readFileSync(logFile, 'utf8');
      // A failure in an awaited answer is logged with this word; the death by a ghost leaves no word at all.
      if (log.includes('Traceback')) return [];
      return ghostsIn(log);
    });
}

/** Workers that connected again after they had disconnected, and stayed. */
function ghostsIn(log: string): string[] {
  const left = new Set<string>();
  const ghosts = new Set<string>();
  for (const line of log.split('\n')) {
    const id = /Worker\|[^\s')]+/.exec(line)?.[0];
    if (!id) continue;
    if (line.endsWith(' disconnected')) {
      left.add(id);
      ghosts.delete(id);
    } else if (line.endsWith(' connected') && left.has(id)) ghosts.add(id);
  }
  return [...ghosts];
}
