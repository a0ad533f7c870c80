import type { WorkerLoad } from '../../machines/scheduler/monitor.ts';
import type { Survey } from '../../machines/shared/domain.ts';
import { noteOf } from '../../machines/shared/failure.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { cancelKeeper } from '../scheduler/cancellations.ts';
import { graveyard } from '../scheduler/deadWorkers.ts';
import type { GroupsSight, MonitorSettings } from '../scheduler/monitorSocket.ts';
import type { Line, SocketSettings } from '../scheduler/schedulerSocket.ts';
import { now } from '../shared/clock.ts';
import type { LedgerView } from '../store/ledger.ts';

/** What the scheduler, its monitor and the inventory have shown, for the effects that ask for it. */
export interface SchedulerFacts {
  socket: Pick<SocketSettings, 'graves' | 'sight' | 'line'>;
  monitor: Pick<MonitorSettings, 'ours' | 'grouped' | 'whole' | 'heard'>;
  /** The scheduler hears us and does not answer, or another connection takes our place. */
  isUnanswered(): boolean;
  /** Resolves when no task of the scheduler in this Fargate task is being cancelled. */
  cancellationsOver(taskArn: string, signal: AbortSignal): Promise<void>;
  /** The same inventory; remembers that a complete list was taken, or that none ever will be. */
  watchInventory(
    list: (signal: AbortSignal) => Promise<Survey>,
  ): (signal: AbortSignal) => Promise<Survey>;
}

export function createSchedulerFacts(ledger: LedgerView): SchedulerFacts {
  const loads = new Map<string, WorkerLoad>();
  const cancels = cancelKeeper();
  const graves = graveyard(cancels);
  let line: Line = 'closed';
  let groups: GroupsSight | null = null;
  let complete = false;
  const ours = () => ledger.groups().map(({ taskArn }) => taskIdOf(taskArn));
  return {
    socket: {
      graves,
      sight: () => ({ at: now(), ours: new Set(ours()), loads, complete, groups }),
      line(state) {
        line = state;
      },
    },
    monitor: {
      ours,
      grouped(shown) {
        groups = shown;
      },
      whole(message) {
        for (const keeper of [cancels, graves])
          if (message === null) keeper.clear();
          else keeper.hear(message);
      },
      heard(changed) {
        if (changed === null) loads.clear();
        for (const [taskId, load] of Object.entries(changed ?? {})) loads.set(taskId, load);
      },
    },
    isUnanswered: () => line === 'unanswered' || line === 'contested',
    cancellationsOver: (taskArn, signal) => cancels.over(taskIdOf(taskArn), signal),
    watchInventory: (list) => async (signal) => {
      try {
        const inventory = await list(signal);
        complete = true;
        return inventory;
      } catch (error) {
        // A list that is denied will never be complete.
        complete ||= noteOf(error).kind === 'denied';
        throw error;
      }
    },
  };
}
