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
