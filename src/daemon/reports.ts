import type { DegradedGroup } from '../../machines/cohort/degraded.ts';
import type { SlowStop } from '../../machines/cohort/slowStops.ts';
import type { ForeignTask } from '../../machines/fleet/adoption.ts';
import type { Change } from '../../machines/fleet/circuitBreaker.ts';
import type { Blocker } from '../../machines/fleet/launchGate.ts';
import type { LimitName, Spending } from '../../machines/fleet/money.ts';
import type { GroupEnd } from '../../machines/group/workerGroup.ts';
import type { DescribeFailure } from '../../machines/shared/domain.ts';
import type { FailureNote } from '../../machines/shared/failure.ts';
import { now } from '../shared/clock.ts';
import { errorText } from '../shared/errorText.ts';
import { roundedSpending } from '../shared/usd.ts';
import type { Log } from '../telemetry/log.ts';
import type { BootTimes } from './taskTimes.ts';

interface Demand {
  tasks: number | null;
  why: string;
}

type MoneyLimit = { limits: LimitName[]; onLimit: 'hold' | 'drain' } & Spending;

type Trouble = Pick<FailureNote, 'kind' | 'reason'>;

const isoTime = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString();

function blockerFields({ kind, sentence, since, clears, until, breaker }: Blocker) {
  const told = { kind, sentence, since: isoTime(since), clears, until: isoTime(until) };
  if (!breaker) return told;
  const { cause, market, subnet } = breaker;
  return { ...told, cause, market: market ?? undefined, subnet: subnet ?? undefined };
}

/** What machines have to report, as events of the telemetry table. */
export function createReports(log: Log) {
  /** For the words of a launch alone. */
  let demand: Demand = { tasks: null, why: '' };
  return {
    groupEnded({ groupId: group, taskArn: task, cause, detail }: GroupEnd): void {
      log.report('group.ended', { group, task, cause, detail });
    },

    groupRegistered({ groupId: group, taskArn: task, ...times }: BootTimes): void {
      log.report('group.registered', { group, task, ...times });
    },

    stopFailed(groupId: string, taskArn: string | null, trouble: FailureNote): void {
      log.report('stopTask.failed', { group: groupId, task: taskArn, ...trouble });
    },

    stopSlow({ groupId: group, taskArn: task, since }: SlowStop): void {
      log.report('stopTask.slow', { group, task, since: new Date(since).toISOString() });
    },

    groupDegraded({ groupId: group, taskArn: task, ...workers }: DegradedGroup): void {
      log.report('group.degraded', { group, task, ...workers });
    },

    launched(launch: string, tasks: number): void {
      const known = demand.tasks === null ? {} : { desired: demand.tasks, why: demand.why };
      log.report('launch.completed', { launch, tasks, ...known });
    },

    launchRefused({ label: launch, kind, reason }: Trouble & { label: string }): void {
      log.report('launch.refused', { launch, kind, reason });
    },

    moreTasksStarted({ label: launch, surplus }: { label: string; surplus: number }): void {
      log.report('launch.moreTasksStarted', { launch, surplus });
    },

    taskAlreadyOwned(
      {
        label: launch,
        groupId: group,
        taskArn: task,
      }: Record<'label' | 'groupId' | 'taskArn', string>,
      owner: string | null,
    ): void {
      log.report('launch.taskAlreadyOwned', { launch, group, task, owner });
    },

    blockersChanged({ missing, blockers }: { missing: number; blockers: Blocker[] }): void {
      if (blockers.length === 0) {
        log.report('launch.unblocked', { missing });
        return;
      }
      log.report('launch.blocked', { missing, blockers: blockers.map(blockerFields) });
    },

    foreignTaskFound(found: ForeignTask): void {
      const { taskArn: task } = found;
      if (found.kind === 'otherManager')
        log.report('orphan.leftToOtherManager', { task, launch: found.label });
      else log.report('orphan.leftToOtherScheduler', { task, scheduler: found.scheduler });
    },

    actorCrashed({ actorId: actor, error }: { actorId: string; error: unknown }): void {
      log.report('actor.crashed', { actor, error: errorText(error) });
    },

    /** Some of the tasks that were asked for. */
    tasksPartlyDescribed({ cluster, kind, reason, taskArns }: DescribeFailure): void {
      log.report('describeTasks.partial', { cluster, tasks: taskArns.length, kind, reason });
    },

    /** None of the tasks that were asked for. */
    tasksNotDescribed({ kind, reason }: Trouble): void {
      if (kind === 'denied') log.report('describeTasks.denied', { reason });
      else log.report('describeTasks.failed', { kind, reason });
    },

    breakerChanged({ breaker, state }: Change): void {
      const { cause, failures, until, reason, probe } = breaker;
      const what = {
        kind: cause,
        subnet: breaker.subnet ?? undefined,
        market: breaker.market ?? undefined,
      };
      const seconds = Math.round((until - now()) / 1000);
      const opened = { ...what, failures, reason, seconds };
      if (state === 'closed') log.report('breaker.closed', what);
      else if (state === 'trying') log.report('breaker.probing', { ...what, group: probe });
      else if (breaker.market === 'spot') log.report('launches.switchedToOnDemand', opened);
      else log.report('breaker.opened', opened);
    },

    neverCommanded(answering: { seconds: number }): void {
      log.report('scheduler.neverCommanded', answering);
    },

    demandChanged(changed: Demand): void {
      demand = changed;
      log.report('demand.changed', demand);
    },

    fleetDrained(reason: { why: string }): void {
      log.report('fleet.drained', reason);
    },

    compatibilityChanged({ reason }: { reason: string | null }): void {
      if (reason === null) log.report('workers.compatible', {});
      else log.report('workers.incompatible', { reason });
    },

    capacityAdvertised(offer: { workers: number | null }): void {
      log.report('capacity.advertised', offer);
    },

    inventoryTaken(
      inventory: { adopted: number; complete: boolean } | { trouble: string; blind: boolean },
    ): void {
      if ('adopted' in inventory) log.report('inventory.completed', { adopted: inventory.adopted });
      else if (inventory.blind) log.report('inventory.denied', { reason: inventory.trouble });
      else log.report('inventory.failed', { reason: inventory.trouble });
    },

    moneyLimited({ limits, onLimit, isLowerBound: _, ...spending }: MoneyLimit): void {
      const usd = roundedSpending(spending);
      if (limits.length === 0) log.report('money.limitCleared', usd);
      else log.report('money.limitReached', { limits, onLimit, ...usd });
    },

    bootstrapFailed(trouble: FailureNote): void {
      log.report('bootstrap.failed', trouble);
    },
  };
}
