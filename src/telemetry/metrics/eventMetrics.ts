import type { EventFields, EventName } from '../events.ts';
import type { Log } from '../log.ts';
import type { Metrics } from './registry.ts';

type Counting = { [Name in EventName]?: (fields: EventFields<Name>) => void };

const seconds = (ms: number): number => ms / 1000;

/** Counts what happens, from the events of the log. */
export function eventMetrics(metrics: Metrics): Log {
  const counting: Counting = {
    'launch.completed'({ tasks }) {
      if (tasks === 0) return;
      metrics.add('scaler_ecs_launches_total', { outcome: 'launched', cause: 'none' });
      metrics.add('scaler_ecs_tasks_launched_total', {}, tasks);
    },
    'launch.refused'({ kind }) {
      metrics.add('scaler_ecs_launches_total', { outcome: 'refused', cause: kind });
    },
    'launch.stateChanged'({ state }) {
      if (state !== 'outcomeUnknown') return;
      metrics.add('scaler_ecs_launches_total', { outcome: 'unknown', cause: 'unreachable' });
    },
    'group.ended'({ cause }) {
      metrics.add('scaler_ecs_groups_ended_total', { cause });
    },
    'group.registered'({ provisioningMs, registrationMs, totalMs }) {
      const phases = { provisioning: provisioningMs, registration: registrationMs, total: totalMs };
      for (const [phase, ms] of Object.entries(phases))
        if (ms !== null) metrics.observe('scaler_ecs_boot_seconds', seconds(ms), { phase });
    },
    'awsCall.answered'({ operation, ms }) {
      metrics.add('scaler_ecs_api_calls_total', { operation, outcome: 'ok' });
      metrics.observe('scaler_ecs_api_call_seconds', seconds(ms), { operation });
    },
    'awsCall.failed'({ operation, ms, kind, code }) {
      metrics.add('scaler_ecs_api_calls_total', { operation, outcome: kind });
      metrics.observe('scaler_ecs_api_call_seconds', seconds(ms), { operation });
      if (kind === 'throttled' || code === 'throttled')
        metrics.add('scaler_ecs_api_throttles_total', { operation });
    },
  };
  return {
    report(name, fields) {
      (counting[name] as ((given: object) => void) | undefined)?.(fields);
    },
  };
}
