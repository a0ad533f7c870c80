import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricName, metricNames, metricOf } from './metricsTable.ts';

/** The metrics of one manager. Labels that the table does not name have no place here. */
export interface Metrics {
  add(name: MetricName, labels?: Labels, by?: number): void;
  observe(name: MetricName, value: number, labels?: Labels): void;
  set(name: MetricName, value: number, labels?: Labels): void;
}

type Labels = Readonly<Record<string, string>>;

export interface MetricsRegistry {
  of(manager: string): Metrics;
  /** All metrics in the text format of Prometheus. */
  text(): Promise<string>;
  contentType: string;
  /** Names of all metrics, those of the process included. */
  names(): string[];
  close(): void;
}

/** The metrics of the table, and those of the process (CPU, memory, delay of the event loop). */
export function createRegistry(): MetricsRegistry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<MetricName, Counter>();
  const gauges = new Map<MetricName, Gauge>();
  const histograms = new Map<MetricName, Histogram>();
  for (const name of metricNames) {
    const { type, help, labels = {}, buckets } = metricOf(name);
    const common = { name, help, labelNames: ['manager', ...Object.keys(labels)] };
    const registers = [registry];
    if (type === 'counter') counters.set(name, new Counter({ ...common, registers }));
    else if (type === 'gauge') gauges.set(name, new Gauge({ ...common, registers }));
    else
      histograms.set(name, new Histogram({ ...common, registers, buckets: [...(buckets ?? [])] }));
  }

  function allOf(manager: string, name: MetricName, given: Labels): Labels {
    const { labels = {} } = metricOf(name);
    const pairs = Object.entries(labels).map(([label, values]) => {
      const value = given[label] ?? '';
      return [label, values.includes(value) ? value : 'other'];
    });
    return { manager, ...Object.fromEntries(pairs) };
  }

  return {
    of: (manager) => ({
      add: (name, labels = {}, by = 1) => counters.get(name)?.inc(allOf(manager, name, labels), by),
      observe: (name, value, labels = {}) =>
        histograms.get(name)?.observe(allOf(manager, name, labels), value),
      set: (name, value, labels = {}) => gauges.get(name)?.set(allOf(manager, name, labels), value),
    }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
    close: () => registry.clear(),
  };
}
