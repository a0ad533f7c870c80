import type { MetricName } from '../metrics/metricsTable.ts';

/** A query and the legend of its series. */
type Query = readonly [expr: string, legend: string];

interface Panel {
  title: string;
  queries: readonly Query[];
  unit?: 's' | 'short' | 'ops' | 'currencyUSD' | 'percentunit';
  type?: 'timeseries' | 'stat';
  width?: number;
  description?: string;
}

/** Of the managers that are chosen at the top of the dashboard. */
const of = (metric: MetricName | `${MetricName}_bucket`, more = ''): string =>
  `${metric}{manager=~"$manager"${more}}`;

const rate = (metric: MetricName | `${MetricName}_bucket`): string =>
  `rate(${of(metric)}[$__rate_interval])`;

/** Over five minutes, so that few events are seen, too. */
const increase = (metric: MetricName): string => `increase(${of(metric)}[5m])`;

const sumBy = (labels: string, expr: string): string => `sum by (${labels}) (${expr})`;

const quantile = (share: number, metric: MetricName, labels: string): string =>
  `histogram_quantile(${share}, ${sumBy(`le, ${labels}`, rate(`${metric}_bucket`))})`;

const rows: readonly (readonly [title: string, panels: readonly Panel[]])[] = [
  [
    'Now',
    [
      {
        ...{ title: 'Scheduler answers', type: 'stat', width: 4 },
        queries: [[`min(${of('scaler_ecs_scheduler_connected')})`, '']],
      },
      {
        ...{ title: 'Running', type: 'stat', width: 4 },
        queries: [[`sum(${of('scaler_ecs_groups', ', state="running"')})`, '']],
      },
      {
        ...{ title: 'Desired', type: 'stat', width: 4 },
        queries: [[`sum(${of('scaler_ecs_desired_tasks')})`, '']],
      },
      {
        ...{ title: 'Missing', type: 'stat', width: 4 },
        queries: [[`sum(${of('scaler_ecs_missing_tasks')})`, '']],
      },
      {
        ...{ title: 'Degraded groups', type: 'stat', width: 4 },
        queries: [[`sum(${of('scaler_ecs_groups_degraded')})`, '']],
      },
      {
        ...{ title: 'Reasons that hold launches', type: 'stat', width: 4 },
        queries: [[`sum(${of('scaler_ecs_launch_blockers')})`, '']],
      },
    ],
  ],
  [
    'Fleet',
    [
      {
        title: 'Fargate tasks',
        description: 'Groups by state, what the scheduler desires, and what the settings allow.',
        queries: [
          [sumBy('state', of('scaler_ecs_groups')), '{{state}}'],
          [`sum(${of('scaler_ecs_desired_tasks')})`, 'desired'],
          [`sum(${of('scaler_ecs_max_tasks')} < Inf)`, 'allowed'],
        ],
      },
      {
        title: 'Desired workers',
        description: 'What the scheduler asks for; and what its work needs, where that is more.',
        queries: [
          [`sum(${of('scaler_ecs_asked_workers')})`, 'the scheduler asks'],
          [`sum(${of('scaler_ecs_needed_workers')} > 0)`, 'its work needs'],
        ],
      },
      {
        title: 'Serving groups',
        queries: [
          [sumBy('load', of('scaler_ecs_groups_serving')), '{{load}}'],
          [`sum(${of('scaler_ecs_workers_missing')})`, 'workers missing'],
        ],
      },
      {
        title: 'Why nothing is launched',
        description: 'Standing reasons by kind; scaler-ecs says each in words in its log.',
        queries: [[sumBy('kind', `${of('scaler_ecs_launch_blockers')} > 0`), '{{kind}}']],
      },
    ],
  ],
  [
    'Launches and ends',
    [
      {
        title: 'Launches, five minutes',
        queries: [
          [sumBy('outcome, cause', increase('scaler_ecs_launches_total')), '{{outcome}} {{cause}}'],
          [`sum(${of('scaler_ecs_launches_open')})`, 'without an outcome yet'],
        ],
      },
      {
        title: 'Tasks launched and ended, five minutes',
        queries: [
          [`sum(${increase('scaler_ecs_tasks_launched_total')})`, 'launched'],
          [sumBy('cause', increase('scaler_ecs_groups_ended_total')), 'ended: {{cause}}'],
        ],
      },
      {
        ...{ title: 'Boot time', unit: 's' },
        description: 'From the creation of a task until the scheduler knows its workers, by phase.',
        queries: [
          [quantile(0.5, 'scaler_ecs_boot_seconds', 'phase'), 'half: {{phase}}'],
          [quantile(0.95, 'scaler_ecs_boot_seconds', 'phase'), '95 %: {{phase}}'],
        ],
      },
    ],
  ],
  [
    'Money',
    [
      {
        ...{ title: 'Cost an hour', unit: 'currencyUSD' },
        queries: [
          [`sum(${of('scaler_ecs_cost_usd_per_hour')})`, 'now'],
          [`sum(${of('scaler_ecs_limit_usd', ', limit="perHour"')} < Inf)`, 'allowed'],
        ],
      },
      {
        ...{ title: 'Spent today', unit: 'currencyUSD' },
        queries: [
          [`sum(${of('scaler_ecs_spent_usd', ', since="today"')})`, 'since midnight UTC'],
          [`sum(${of('scaler_ecs_limit_usd', ', limit="perDay"')} < Inf)`, 'allowed'],
        ],
      },
      {
        ...{ title: 'Spent in all', unit: 'currencyUSD' },
        queries: [
          [`sum(${of('scaler_ecs_spent_usd', ', since="all"')})`, 'of this journal'],
          [`sum(${of('scaler_ecs_limit_usd', ', limit="total"')} < Inf)`, 'allowed'],
        ],
      },
    ],
  ],
  [
    'Calls to AWS',
    [
      {
        ...{ title: 'Calls', unit: 'ops' },
        queries: [
          [
            sumBy('operation, outcome', rate('scaler_ecs_api_calls_total')),
            '{{operation}} {{outcome}}',
          ],
        ],
      },
      {
        ...{ title: 'Time of a call, 95 %', unit: 's' },
        queries: [[quantile(0.95, 'scaler_ecs_api_call_seconds', 'operation'), '{{operation}}']],
      },
      {
        title: 'Throttles and limits',
        queries: [
          [
            sumBy('operation', increase('scaler_ecs_api_throttles_total')),
            'throttled in five minutes: {{operation}}',
          ],
          [sumBy('operation', of('scaler_ecs_api_calls_waiting')), 'waiting: {{operation}}'],
          [`min by (bucket) (${of('scaler_ecs_api_bucket_tokens')})`, 'tokens: {{bucket}}'],
          [
            `min by (bucket) (${of('scaler_ecs_api_bucket_share')})`,
            'share of the rate: {{bucket}}',
          ],
        ],
      },
    ],
  ],
  [
    'Health',
    [
      {
        ...{ title: 'Ages', unit: 's' },
        queries: [
          [`max by (manager) (${of('scaler_ecs_echo_age_seconds')})`, 'heartbeat echo {{manager}}'],
          [
            `max by (manager) (${of('scaler_ecs_inventory_age_seconds')})`,
            'list of our tasks {{manager}}',
          ],
          [
            `max by (manager) (${of('scaler_ecs_control_loop_age_seconds')})`,
            'control loop {{manager}}',
          ],
        ],
      },
      {
        title: 'Connections',
        queries: [
          [`min by (manager) (${of('scaler_ecs_scheduler_connected')})`, 'scheduler {{manager}}'],
          [`min by (manager) (${of('scaler_ecs_monitor_connected')})`, 'monitor {{manager}}'],
        ],
      },
      {
        ...{ title: 'Delay of the event loop', unit: 's' },
        queries: [
          ['nodejs_eventloop_lag_p99_seconds', '99 %'],
          ['nodejs_eventloop_lag_max_seconds', 'longest'],
        ],
      },
    ],
  ],
];

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana replaces it.
const datasource = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const heights = { stat: 4, timeseries: 8 };

/** The dashboard as Grafana imports it. */
export function grafanaDashboard() {
  const panels: object[] = [];
  let y = 0;
  for (const [title, inRow] of rows) {
    panels.push({
      ...{ type: 'row', title, collapsed: false, panels: [], id: panels.length + 1 },
      gridPos: { h: 1, w: columns, x: 0, y },
    });
    y++;
    let x = 0;
    for (const panel of inRow) {
      const { width = columns / inRow.length } = panel;
      panels.push(panelOf(panel, panels.length + 1, { x, y, w: width }));
      x += width;
    }
    y += heights[inRow[0]?.type ?? 'timeseries'];
  }
  return {
    ...{ title: 'scaler-ecs', uid: 'scaler-ecs', tags: ['scaler'], editable: true },
    ...{ schemaVersion: 39, version: 1, refresh: '30s', timezone: 'browser' },
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [datasourceVariable, managerVariable] },
    panels,
  };
}

function panelOf(panel: Panel, id: number, place: { x: number; y: number; w: number }) {
  const { title, queries, unit = 'short', type = 'timeseries', description } = panel;
  return {
    ...{ type, title, id, datasource },
    ...(description === undefined ? {} : { description }),
    gridPos: { ...place, h: heights[type] },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: type === 'stat' ? stat : legend,
    targets: queries.map(([expr, legendFormat], i) => ({
      ...{ refId: String.fromCodePoint(65 + i), datasource, expr },
      ...{ legendFormat, instant: type === 'stat', range: type !== 'stat' },
    })),
  };
}

const stat = { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } };
const legend = { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } };

const datasourceVariable = {
  ...{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
  ...{ hide: 0, multi: false, includeAll: false },
};

const managerVariable = {
  ...{ name: 'manager', label: 'Manager', type: 'query', datasource, refresh: 2 },
  ...{ multi: true, includeAll: true, allValue: '.*', current: { text: 'All', value: '$__all' } },
  query: 'label_values(scaler_ecs_groups, manager)',
};
