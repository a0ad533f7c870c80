import type { SchedulerMessage } from '../../../machines/scheduler/messages.ts';
import type { DesiredRequest } from '../../../machines/shared/domain.ts';
import {
  type Dialogue,
  kept,
  managedBy,
  type Policy,
  type Situation,
  type Source,
  wants,
} from './dialogue.ts';
import type { SchedulerRelease } from './releases.ts';
import { onUnitResponse, unitCommands } from './workers.ts';

/** `vanilla` knows connected workers only, `direct` is what the other policies come to. */
function desiredWorkers(policy: Policy, source: Source, situation: Situation): number {
  const managed = managedBy(source, situation).length;
  const free =
    policy === 'direct'
      ? kept(policy, situation)
      : { more: managed + 1, fewer: kept(policy, situation), same: managed }[
          wants(policy, situation)
        ];
  return Math.max(0, Math.min(free, source.cap));
}

const desired = (
  taskConcurrency: number,
  capabilities: DesiredRequest['capabilities'],
): SchedulerMessage => ({ type: 'desired', requests: [{ taskConcurrency, capabilities }] });

const notAsked = (): string => 'a response, which this scheduler does not know';

/** g3 and g4: how many workers are desired, as a level. */
export function desiredDialogue(
  policy: Policy,
  release: SchedulerRelease,
  capabilities: DesiredRequest['capabilities'],
): Dialogue {
  return {
    groups: () => null,
    commands(source, situation) {
      const count = desiredWorkers(policy, source, situation);
      const isMet = count === managedBy(source, situation).length;
      return release.silentWhenMet && isMet ? [] : [desired(count, capabilities)];
    },
    onResponse: notAsked,
  };
}

/** g23: first what is desired, then what g2 says; neither while a response is waited for. */
export function mixedDialogue(
  policy: Policy,
  release: SchedulerRelease,
  capabilities: DesiredRequest['capabilities'],
): Dialogue {
  return {
    groups: () => null,
    commands(source, situation) {
      if (source.waitsFor !== null) return [];
      const units = unitCommands(policy, release, source, situation);
      const starts = units.filter(({ type }) => type === 'start').length;
      const named = units.flatMap((each) => (each.type === 'shutdown' ? each.workerIds : []));
      const managed = managedBy(source, situation).length;
      const count =
        policy === 'direct'
          ? desiredWorkers(policy, source, situation)
          : managed + source.pendingWorkers + starts - named.length;
      return [desired(Math.max(0, count), capabilities), ...units];
    },
    onResponse: (source, response, situation) =>
      onUnitResponse(release, source, response, situation),
  };
}
