import type { ForeignTask } from '../../machines/fleet/adoption.ts';
import type { Change } from '../../machines/fleet/circuitBreaker.ts';
import type { Blocker } from '../../machines/fleet/launchGate.ts';
import type { GroupEnd } from '../../machines/group/workerGroup.ts';
import type { FailureNote } from '../../machines/shared/failure.ts';
import { now } from '../shared/clock.ts';
import { errorText } from '../shared/errorText.ts';
import type { Log } from '../telemetry/log.ts';

type Trouble = Pick<FailureNote, 'kind' | 'reason'>;

/** A hundred groups meet the same failure at once, and again each few seconds: it is reported once a minute, ms. */
const repeatAfterMs = 60_000;

function repeatFilter(): (reason: string) => boolean {
  let last = { reason: '', at: Number.NEGATIVE_INFINITY };
  return (reason) => {
    if (reason === last.reason && now() - last.at < repeatAfterMs) return true;
    last = { reason, at: now() };
    return false;
  };
}

/** What machines have to report, as events of the telemetry table. */
export function createReports(log: Log) {
  const isRepeated = repeatFilter();
  return {
    groupEnded({ groupId: group, taskArn: task, cause, detail }: GroupEnd): void {
      log.report('group.ended', { group, task, cause, detail });
    },

    stopFailed(groupId: string, taskArn: string | null, trouble: FailureNote): void {
      if (isRepeated(trouble.reason)) return;
      log.report('stopTask.failed', { group: groupId, task: taskArn, ...trouble });
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
      const kinds = blockers.map(({ kind }) => kind);
      const reasons = blockers.map(({ sentence, clears }) => `${sentence} (cleared by ${clears})`);
      log.report('launch.blocked', { missing, kinds, reasons });
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

    demandChanged(demand: { tasks: number | null; why: string }): void {
      log.report('demand.changed', demand);
    },

    compatibilityChanged({ reason }: { reason: string | null }): void {
      if (reason === null) log.report('workers.compatible', {});
      else log.report('workers.incompatible', { reason });
    },

    capacityAdvertised(offer: { workers: number | null }): void {
      log.report('capacity.advertised', offer);
    },

    inventoryTaken(inventory: { adopted: number } | { trouble: string; blind: boolean }): void {
      if ('adopted' in inventory) log.report('inventory.completed', inventory);
      else if (inventory.blind) log.report('inventory.denied', { reason: inventory.trouble });
      else log.report('inventory.failed', { reason: inventory.trouble });
    },

    bootstrapFailed(trouble: FailureNote): void {
      log.report('bootstrap.failed', trouble);
    },
  };
}
