import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownTasks } from '../../machines/recovery/places.ts';
import type { DescribedTasks } from '../../machines/shared/domain.ts';
import type { LedgerView } from '../store/ledger.ts';
import { findSiblings, type Sibling, unansweredLaunches } from '../store/siblings.ts';
import type { Log } from '../telemetry/log.ts';

/** Before the first look, ms: other managers of this process lock their directories meanwhile. */
const firstAfterMs = 3_000;
/** Between two looks, as long as some of the tasks cannot be looked at, or are denied, ms. */
const repeatAfterMs = 30_000;
/** After so many looks what could not be looked at is reported as such, and what is denied has ended. */
const mostLooks = 4;

interface Tools {
  stateDir: string;
  /** `startedBy` of our tasks: tasks that carry it are found by our own list in the clusters that it covers. */
  mark: string;
  /** What of a ledger is in other clusters. */
  unlistedIn(ledger: LedgerView): KnownTasks;
  describe(taskArns: string[], signal: AbortSignal): Promise<DescribedTasks>;
  log: Log;
  find?: (stateDir: string) => Promise<Sibling[]>;
  pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

interface KnownSibling extends Sibling {
  /** What our own list does not show. */
  known: KnownTasks;
}

/** What ECS shows of the tasks of a sibling. */
interface Seen {
  living: string[];
  unseen: string[];
  /** Reported as MISSING, which DescribeTasks may say of a living task for some seconds. */
  denied: string[];
}

/**
 * Reports tasks that still run and that only the journal of another, unused state directory knows: after a change of
 * the manager id, the scheduler address, the region or the cluster nothing else would tell of the fleet from before. Never rejects; ends at the
 * signal.
 */
export async function reportSiblingTasks(tools: Tools, signal: AbortSignal): Promise<void> {
  const knownOf = ({ ledger, manager }: Sibling) =>
    manager?.mark === tools.mark ? tools.unlistedIn(ledger) : allIn(ledger);
  const { stateDir, log, find = findSiblings } = tools;
  const { pause = (ms) => sleep(ms, undefined, { signal }) } = tools;
  try {
    await pause(firstAfterMs, signal);
    const all = await find(stateDir);
    let siblings = all.map((sibling) => ({ ...sibling, known: knownOf(sibling) }));
    for (let looks = 1; siblings.length > 0; looks++) {
      const again: KnownSibling[] = [];
      for (const sibling of siblings) {
        const seen = await look(sibling, tools, signal);
        const isLast = looks === mostLooks;
        if (seen.unseen.length > 0 && !isLast) again.push(sibling);
        else report(sibling, seen, log);
        if (seen.unseen.length === 0 && seen.denied.length > 0 && !isLast)
          again.push({ ...sibling, known: { taskArns: seen.denied, launches: 0 } });
      }
      siblings = again;
      if (siblings.length > 0) await pause(repeatAfterMs, signal);
    }
  } catch {
    // The daemon ends, or the directory above cannot be read: nothing to tell.
  }
}

function allIn(ledger: LedgerView): KnownTasks {
  return {
    taskArns: ledger.groups().map(({ taskArn }) => taskArn),
    launches: unansweredLaunches(ledger),
  };
}

async function look(
  { known: { taskArns } }: KnownSibling,
  { describe }: Tools,
  signal: AbortSignal,
): Promise<Seen> {
  if (taskArns.length === 0) return { living: [], unseen: [], denied: [] };
  const { observations, failures } = await describe(taskArns, signal);
  const living = observations.filter(
    ({ phase }) => phase !== 'stopped' && phase !== 'missing' && phase !== 'unknown',
  );
  // A cluster that does not exist has no tasks.
  const unseen = failures.filter(({ kind }) => kind !== 'unprepared');
  return {
    living: living.map(({ taskArn }) => taskArn),
    unseen: unseen.flatMap(({ taskArns }) => taskArns),
    denied: observations.flatMap(({ phase, taskArn }) => (phase === 'missing' ? taskArn : [])),
  };
}

function report(sibling: KnownSibling, { living, unseen }: Seen, log: Log): void {
  const { path, manager } = sibling;
  const { launches } = sibling.known;
  if (living.length + unseen.length + launches === 0) return;
  log.report('siblings.tasksFound', {
    path,
    ...(manager && { manager: manager.manager, scheduler: manager.workerScheduler }),
    ...(living.length > 0 && { tasks: living }),
    ...(unseen.length > 0 && { unseen }),
    launches,
  });
}
