import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Blocker,
  type BlockerKind,
  isTransient,
} from '../../../../machines/fleet/launchGate.ts';
import {
  metricNames,
  metricOf,
  metricsTable,
} from '../../../../src/telemetry/metrics/metricsTable.ts';
import {
  createRegistry,
  type MetricsRegistry,
} from '../../../../src/telemetry/metrics/registry.ts';

let registry: MetricsRegistry;
beforeEach(() => {
  registry = createRegistry();
});
afterEach(() => registry.close());

const lines = async () => (await registry.text()).split('\n');

describe('the registry of metrics', () => {
  it('writes a gauge with the manager and its labels', async () => {
    registry.of('wm-a').set('scaler_ecs_groups', 3, { state: 'running' });
    registry.of('wm-b').set('scaler_ecs_groups', 4, { state: 'running' });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'scaler_ecs_groups{manager="wm-a",state="running"} 3',
        'scaler_ecs_groups{manager="wm-b",state="running"} 4',
      ]),
    );
  });

  it('counts a value that the table does not name as other, and ignores a label that it does not name', async () => {
    const metrics = registry.of('wm');
    for (let i = 0; i < 100; i++)
      metrics.add('scaler_ecs_groups_ended_total', { cause: `cause ${i}`, task: `arn:${i}` });
    const series = (await lines()).filter((line) =>
      line.startsWith('scaler_ecs_groups_ended_total'),
    );
    expect(series).toEqual(['scaler_ecs_groups_ended_total{manager="wm",cause="other"} 100']);
  });

  it('sorts observations into the buckets of the table', async () => {
    registry.of('wm').observe('scaler_ecs_boot_seconds', 12, { phase: 'total' });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'scaler_ecs_boot_seconds_bucket{le="10",manager="wm",phase="total"} 0',
        'scaler_ecs_boot_seconds_bucket{le="20",manager="wm",phase="total"} 1',
        'scaler_ecs_boot_seconds_sum{manager="wm",phase="total"} 12',
      ]),
    );
  });

  it('has each metric of the table, and the delay of the event loop', () => {
    const names = registry.names();
    expect(metricNames.filter((name) => !names.includes(name))).toEqual([]);
    expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
  });
});

describe('the table of metrics', () => {
  it('names its metrics as Prometheus asks: counters end in _total, times are in seconds', () => {
    for (const name of metricNames) {
      expect(name).toMatch(/^scaler_ecs_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(metricOf(name).type === 'counter');
      expect(name).not.toMatch(/_ms$|milli/);
    }
  });

  it('allows fewer than 200 series for each metric and manager', () => {
    for (const name of metricNames) {
      const { labels = {}, buckets = [] } = metricOf(name);
      const series = Object.values(labels).reduce((n, values) => n * (values.length + 1), 1);
      expect([name, series * (buckets.length + 1) <= 200]).toEqual([name, true]);
    }
  });

  it('has a series for each kind of blocker that lasts', () => {
    // The compiler asks for each kind here.
    const lasts: Record<BlockerKind, boolean> = {
      ...{ noCommand: true, schedulerSilent: true, workersIncompatible: true },
      ...{ inventoryPending: true, orphansUnconfirmed: true, inventoryStale: true },
      ...{ notPrepared: true, breaker: true, quota: true, cap: true, moneyLimit: true },
      ...{ stopFails: true, stopping: true, held: true },
      ...{ rateAllowance: false, turnBudget: false, reportPending: false, decisionStale: false },
    };
    const lasting = Object.entries(lasts).flatMap(([kind, is]) => (is ? [kind] : []));
    expect([...metricsTable.scaler_ecs_launch_blockers.labels.kind].sort()).toEqual(lasting.sort());
    for (const [kind, is] of Object.entries(lasts))
      expect([kind, isTransient({ kind } as Blocker)]).toEqual([kind, !is]);
  });
});
