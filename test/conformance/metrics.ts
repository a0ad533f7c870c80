import { execFileSync } from 'node:child_process';
import { openEndpoints } from '../../src/daemon/watch/endpoints.ts';
import { now } from '../../src/shared/clock.ts';
import { metricNames, metricOf } from '../../src/telemetry/metrics/metricsTable.ts';
import { managerFacts } from '../support/managerFacts.ts';

interface Family {
  name: string;
  type: string;
  help: string;
  samples: [name: string, labels: Record<string, string>, value: string][];
}

/** An id with everything that the text format must escape. */
const manager = 'wm "quoted" \\back\nslash';

/** What a scrape of a daemon's endpoint shows. */
async function scrape(): Promise<string> {
  const metrics = { host: '127.0.0.1', port: 0 };
  const endpoints = await openEndpoints([{ metrics }]);
  try {
    let url = '';
    const watch = endpoints.of({ metrics }, manager, {
      report(name, fields) {
        if (name === 'metrics.opened') url = (fields as unknown as { url: string }).url;
      },
    });
    watch?.log?.report('launch.completed', { launch: 'l', tasks: 7 });
    watch?.log?.report('launch.refused', { launch: 'l', kind: 'capacity', reason: 'none' });
    watch?.log?.report('group.ended', { group: 'g', task: 't', cause: 'lost', detail: null });
    watch?.log?.report('awsCall.answered', { operation: 'RunTask', ms: 1200 });
    watch?.log?.report('awsCall.failed', {
      ...{ operation: 'RunTask', ms: 5, kind: 'throttled', code: 'throttled' },
      ...{ awsName: 'ThrottlingException', message: 'Rate exceeded' },
    });
    watch?.log?.report('group.registered', {
      ...{ group: 'g', task: 't', provisioningMs: 21_000, registrationMs: null, totalMs: 31_000 },
    });
    watch?.started({
      facts: () => managerFacts(now(), { inventoryAt: null }),
      limits: () => ({
        buckets: [{ bucket: 'launch', tokens: 3, share: 0.5 }],
        waiting: [{ operation: 'RunTask', calls: 2 }],
      }),
    });
    return await (await fetch(url)).text();
  } finally {
    await endpoints.close();
  }
}

/** Compares what Prometheus's parser reads with what was written; null: it is the same. `python`: with its library. */
export async function metricsDifference(python: string): Promise<string | null> {
  const program = new URL('prometheus.py', import.meta.url).pathname;
  const output = execFileSync(python, [program], { input: await scrape(), encoding: 'utf8' });
  const families = JSON.parse(output) as Family[];
  for (const name of metricNames) {
    const { type, help } = metricOf(name);
    // The library leaves _total to the samples of a counter.
    const family = families.find((one) => one.name === name.replace(/_total$/, ''));
    if (!family) return `${name} was not read`;
    if (family.type !== type) return `${name} was read as a ${family.type}, not as a ${type}`;
    if (family.help !== help) return `the help of ${name} was read as ${family.help}`;
    if (family.samples.length === 0) return `${name} has no series`;
    const odd = family.samples.find(([, labels]) => labels.manager !== manager);
    if (odd) return `the manager of ${name} was read as ${JSON.stringify(odd[1].manager)}`;
  }
  const samples = families.flatMap((family) => family.samples);
  const readAs = (name: string, labels: Record<string, string>) =>
    samples.find(
      ([one, its]) =>
        one === name && Object.entries(labels).every(([key, value]) => its[key] === value),
    )?.[2];
  const expected: [name: string, labels: Record<string, string>, value: string][] = [
    ['scaler_ecs_groups', { state: 'running' }, '2'],
    ['scaler_ecs_tasks_launched_total', {}, '7'],
    ['scaler_ecs_launches_total', { outcome: 'refused', cause: 'capacity' }, '1'],
    ['scaler_ecs_max_tasks', {}, 'inf'],
    ['scaler_ecs_inventory_age_seconds', {}, 'nan'],
    ['scaler_ecs_boot_seconds_bucket', { phase: 'total', le: '30' }, '0'],
    ['scaler_ecs_boot_seconds_bucket', { phase: 'total', le: '45' }, '1'],
    ['scaler_ecs_boot_seconds_bucket', { phase: 'total', le: '+Inf' }, '1'],
    ['scaler_ecs_boot_seconds_sum', { phase: 'total' }, '31'],
    ['scaler_ecs_api_call_seconds_count', { operation: 'RunTask' }, '2'],
    ['scaler_ecs_api_throttles_total', { operation: 'RunTask' }, '1'],
    ['scaler_ecs_api_bucket_share', { bucket: 'launch' }, '0.5'],
  ];
  for (const [name, labels, value] of expected) {
    const found = readAs(name, labels);
    if (found !== value)
      return `${name} ${JSON.stringify(labels)} was read as ${found}, not ${value}`;
  }
  return null;
}
