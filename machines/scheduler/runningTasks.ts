import type { MonitoredWorker, RunningTime, WorkerLoad } from './messages.ts';
import { taskIdOfWorker } from './workerId.ts';

/** By Fargate task, what its workers run. */
export type RunningTasks = Record<string, RunningTime>;

/** What each Fargate task runs, of a list that came `at`; the ages in it are those of the workers' last heartbeats. */
export function runningByTask(workers: readonly MonitoredWorker[], at: number): RunningTasks {
  const running: RunningTasks = {};
  for (const { workerId, load } of workers) {
    const runs = load?.running;
    if (!runs) continue;
    const taskId = taskIdOfWorker(workerId);
    if (taskId === null) continue;
    const others = running[taskId] ?? { tasks: 0, begunSum: 0 };
    running[taskId] = {
      tasks: others.tasks + runs.tasks,
      begunSum: others.begunSum + runs.tasks * at - runs.ageSeconds * 1000,
    };
  }
  return running;
}

/** How long these tasks have run, added up, ms: what is lost if their workers end. */
export function wouldLose(running: RunningTime | undefined, at: number): number {
  return running ? Math.max(0, running.tasks * at - running.begunSum) : 0;
}

export function sameLoad(a: WorkerLoad | null, b: WorkerLoad | null): boolean {
  return (
    a?.workers === b?.workers &&
    a?.tasks === b?.tasks &&
    a?.canceling === b?.canceling &&
    a?.running?.tasks === b?.running?.tasks &&
    a?.running?.begunSum === b?.running?.begunSum
  );
}
