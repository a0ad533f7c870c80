import { expect, it } from 'vitest';
import { setFacts, setLimits } from '../../../../src/daemon/watch/factMetrics.ts';
import type { MetricName } from '../../../../src/telemetry/metrics/metricsTable.ts';
import { managerFacts } from '../../../support/managerFacts.ts';

const at = 1_000_000_000;

/** What is set, by metric and label. */
function recorder() {
  const set = new Map<string, number>();
  const metrics = {
    set(name: MetricName, value: number, labels: Record<string, string> = {}) {
      set.set([name, ...Object.values(labels)].join(' '), value);
    },
    add() {},
    observe() {},
  };
  return { metrics, set };
}

it('sets a gauge for each state, also where there is no group', () => {
  const { metrics, set } = recorder();
  setFacts(metrics, managerFacts(at), at);
  expect(set.get('scaler_ecs_groups running')).toBe(2);
  expect(set.get('scaler_ecs_groups held')).toBe(0);
  expect(set.get('scaler_ecs_scheduler_connected')).toBe(1);
  expect(set.get('scaler_ecs_max_tasks')).toBe(Number.POSITIVE_INFINITY);
});

it('sets ages in seconds, and no number where nothing is known', () => {
  const { metrics, set } = recorder();
  const facts = managerFacts(at, { lastEchoAt: at - 2500, inventoryAt: null, desired: null });
  setFacts(metrics, facts, at);
  expect(set.get('scaler_ecs_echo_age_seconds')).toBe(2.5);
  expect(set.get('scaler_ecs_inventory_age_seconds')).toBeNaN();
  expect(set.get('scaler_ecs_desired_tasks')).toBeNaN();
});

it('sets what the scheduler asks and what its work needs, each where it is known', () => {
  const { metrics, set } = recorder();
  setFacts(metrics, managerFacts(at, { desiredWorkers: 5, workersAhead: 100 }), at);
  expect(set.get('scaler_ecs_asked_workers')).toBe(5);
  expect(set.get('scaler_ecs_needed_workers')).toBe(100);
  setFacts(metrics, managerFacts(at, { desiredWorkers: 5, workersAhead: null }), at);
  expect(set.get('scaler_ecs_needed_workers')).toBeNaN();
});

it('sets each kind of blocker, standing or not', () => {
  const { metrics, set } = recorder();
  const blocker = { identity: 'x', sentence: '', since: null, clears: '', until: null };
  const blockers = [
    { ...blocker, kind: 'breaker' as const },
    { ...blocker, kind: 'breaker' as const },
  ];
  setFacts(metrics, managerFacts(at, {}, { blockers }), at);
  expect(set.get('scaler_ecs_launch_blockers breaker')).toBe(2);
  expect(set.get('scaler_ecs_launch_blockers cap')).toBe(0);
});

it('sets whole tokens, the share in use and what waits', () => {
  const { metrics, set } = recorder();
  setLimits(metrics, {
    buckets: [{ bucket: 'launch', tokens: 3.7, share: 0.5 }],
    waiting: [{ operation: 'RunTask', calls: 4 }],
  });
  expect(Object.fromEntries(set)).toEqual({
    'scaler_ecs_api_bucket_tokens launch': 3,
    'scaler_ecs_api_bucket_share launch': 0.5,
    'scaler_ecs_api_calls_waiting RunTask': 4,
  });
});

it('sets what the tasks cost and what is allowed, and no number where no price is known', () => {
  const { metrics, set } = recorder();
  setFacts(metrics, managerFacts(at), at);
  expect(set.get('scaler_ecs_cost_usd_per_hour')).toBeNaN();
  expect(set.get('scaler_ecs_limit_usd perDay')).toBe(Number.POSITIVE_INFINITY);
  const money = {
    prices: { onDemand: 0.5, spot: 0.2, minimumMs: 60_000 },
    limits: { perHour: null, perDay: 20, total: null },
    onLimit: 'hold' as const,
  };
  const facts = managerFacts(at);
  const settings = { ...facts.fleet.settings, money: money as never };
  const spent = { ...facts.fleet.money, sum: { ...facts.fleet.money.sum, endedUsd: 7 } };
  const fleet = { settings, money: { ...spent, usdAtMidnight: 3 } };
  setFacts(metrics, managerFacts(at, fleet), at);
  expect(set.get('scaler_ecs_spent_usd today')).toBe(4);
  expect(set.get('scaler_ecs_spent_usd all')).toBe(7);
  expect(set.get('scaler_ecs_limit_usd perDay')).toBe(20);
});
