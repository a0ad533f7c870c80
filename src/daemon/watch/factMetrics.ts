import { moneySettings, spendingOf } from '../../../machines/fleet/money.ts';
import type { BucketLevel, Waiting } from '../../aws/limiter.ts';
import { metricsTable } from '../../telemetry/metrics/metricsTable.ts';
import type { Metrics } from '../../telemetry/metrics/registry.ts';
import type { ManagerFacts } from './managerFacts.ts';

const secondsSince = (at: number | null, now: number): number =>
  at === null ? Number.NaN : Math.max(0, (now - at) / 1000);

/** Writes what a manager is at into the gauges, at a scrape. `now`: milliseconds since the epoch. */
export function setFacts(metrics: Metrics, facts: ManagerFacts, now: number): void {
  const { fleet, modes, counts, groups, blockers } = facts;
  for (const [state, count] of Object.entries(groups))
    metrics.set('scaler_ecs_groups', count, { state });
  metrics.set('scaler_ecs_groups_serving', counts.idle, { load: 'idle' });
  metrics.set('scaler_ecs_groups_serving', counts.busy, { load: 'busy' });
  metrics.set('scaler_ecs_groups_degraded', facts.degraded);
  metrics.set('scaler_ecs_workers_missing', counts.missingWorkers);
  metrics.set('scaler_ecs_desired_tasks', fleet.desired ?? Number.NaN);
  metrics.set('scaler_ecs_asked_workers', fleet.desiredWorkers ?? Number.NaN);
  metrics.set('scaler_ecs_needed_workers', fleet.workersAhead ?? Number.NaN);
  metrics.set('scaler_ecs_missing_tasks', facts.missing);
  metrics.set('scaler_ecs_max_tasks', fleet.settings.maxTasks ?? Number.POSITIVE_INFINITY);
  metrics.set('scaler_ecs_launches_open', facts.openLaunches);
  for (const kind of metricsTable.scaler_ecs_launch_blockers.labels.kind) {
    const standing = blockers.filter((blocker) => blocker.kind === kind);
    metrics.set('scaler_ecs_launch_blockers', standing.length, { kind });
  }
  setMoney(metrics, facts, now);
  metrics.set('scaler_ecs_scheduler_connected', fleet.connection === 'ready' ? 1 : 0);
  metrics.set('scaler_ecs_echo_age_seconds', secondsSince(fleet.lastEchoAt, now));
  metrics.set('scaler_ecs_monitor_connected', modes.monitor === 'connected' ? 1 : 0);
  metrics.set('scaler_ecs_inventory_age_seconds', secondsSince(fleet.inventoryAt, now));
  metrics.set('scaler_ecs_control_loop_age_seconds', secondsSince(fleet.now, now));
}

function setMoney(metrics: Metrics, { fleet }: ManagerFacts, now: number): void {
  const spending = spendingOf(fleet, now);
  metrics.set('scaler_ecs_cost_usd_per_hour', spending?.usdPerHour ?? Number.NaN);
  metrics.set('scaler_ecs_spent_usd', spending?.usdToday ?? Number.NaN, { since: 'today' });
  metrics.set('scaler_ecs_spent_usd', spending?.usdTotal ?? Number.NaN, { since: 'all' });
  for (const [limit, allowed] of Object.entries(moneySettings(fleet).limits))
    metrics.set('scaler_ecs_limit_usd', allowed ?? Number.POSITIVE_INFINITY, { limit });
}

/** The same for the buckets of AWS calls. */
export function setLimits(
  metrics: Metrics,
  { buckets, waiting }: { buckets: readonly BucketLevel[]; waiting: readonly Waiting[] },
): void {
  for (const { bucket, tokens, share } of buckets) {
    metrics.set('scaler_ecs_api_bucket_tokens', Math.floor(tokens), { bucket });
    metrics.set('scaler_ecs_api_bucket_share', share, { bucket });
  }
  for (const { operation, calls } of waiting)
    metrics.set('scaler_ecs_api_calls_waiting', calls, { operation });
}
