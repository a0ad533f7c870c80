import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grafanaDashboard } from '../../../../src/telemetry/dashboard/dashboard.ts';
import {
  type MetricName,
  metricNames,
  metricOf,
} from '../../../../src/telemetry/metrics/metricsTable.ts';
import { createRegistry } from '../../../../src/telemetry/metrics/registry.ts';

interface Dashboard {
  panels: {
    title: string;
    id: number;
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { expr: string; legendFormat: string }[];
  }[];
  templating: { list: { query: string }[] };
}

const file = new URL('../../../../deploy/grafana/scaler-ecs.json', import.meta.url);
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets);

/** Names of series of an expression, without what Prometheus itself provides. */
const seriesIn = (expr: string): string[] =>
  expr.match(/\b(scaler_ecs|nodejs|process)_[a-z0-9_]+/g) ?? [];

function namesOf(registered: readonly string[]): Set<string> {
  const parts = metricNames
    .filter((name) => metricOf(name).type === 'histogram')
    .flatMap((name) => ['_bucket', '_sum', '_count'].map((part) => `${name}${part}`));
  const whole = registered.filter((name) => !parts.some((part) => part.startsWith(`${name}_`)));
  return new Set([...whole, ...parts]);
}

function registeredNames(): string[] {
  const registry = createRegistry();
  const names = registry.names();
  registry.close();
  return names;
}

describe('the dashboard', () => {
  it('is as npm run dashboard writes it', () => {
    expect(dashboard).toEqual(JSON.parse(JSON.stringify(grafanaDashboard())));
  });

  it('asks only for series that the daemon serves', () => {
    const served = namesOf(registeredNames());
    const asked = [
      ...queries.map(({ expr }) => expr),
      ...dashboard.templating.list.map(({ query }) => query),
    ].flatMap(seriesIn);
    expect(asked.length).toBeGreaterThan(25);
    expect(asked.filter((name) => !served.has(name))).toEqual([]);
  });

  it('shows every metric of the table', () => {
    const shown = queries.flatMap(({ expr }) => seriesIn(expr));
    const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
    expect(metricNames.filter((name) => !shown.map(base).includes(name))).toEqual([]);
  });

  it('groups and labels by labels that the metric has', () => {
    for (const { expr, legendFormat } of queries) {
      const [metric = ''] = seriesIn(expr);
      if (!metric.startsWith('scaler_ecs_')) continue;
      const name = metric.replace(/_bucket$/, '') as MetricName;
      const known = ['manager', 'le', ...Object.keys(metricOf(name).labels ?? {})];
      const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? [];
      const labelled = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect([expr, [...grouped, ...labelled].filter((one) => !known.includes(one ?? ''))]).toEqual(
        [expr, []],
      );
    }
  });

  it('filters by values that the label has', () => {
    for (const { expr } of queries)
      for (const [, name, label = '', value = ''] of expr.matchAll(
        /(scaler_ecs_\w+)\{[^}]*, (\w+)="([^"]*)"\}/g,
      ))
        expect(metricOf(name as MetricName).labels?.[label]).toContain(value);
  });

  it('has panels of different ids that do not overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
