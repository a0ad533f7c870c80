import { describe, expect, it, onTestFinished } from 'vitest';
import { type Endpoints, openEndpoints } from '../../../../src/daemon/watch/endpoints.ts';
import type { ManagerFacts } from '../../../../src/daemon/watch/managerFacts.ts';
import { now } from '../../../../src/shared/clock.ts';
import type { Log } from '../../../../src/telemetry/log.ts';
import { managerFacts } from '../../../support/managerFacts.ts';

const loopback = { host: '127.0.0.1', port: 0 };

async function opened(metrics = loopback): Promise<Endpoints> {
  const endpoints = await openEndpoints([{ metrics }]);
  onTestFinished(() => endpoints.close());
  return endpoints;
}

/** A manager that is watched, the address of its endpoints, and what its log was told. */
function admitted(endpoints: Endpoints, manager: string, metrics = loopback) {
  const said: { name: string; fields: object }[] = [];
  const log: Log = { report: (name, fields) => said.push({ name, fields }) };
  const watch = endpoints.of({ metrics }, manager, log);
  if (watch === null) throw new Error('not watched');
  const { url = '' } = (said[0]?.fields ?? {}) as { url?: string };
  return { watch, base: url.replace('/metrics', ''), said };
}

const view = (facts: () => ManagerFacts | null) => ({
  facts,
  limits: () => ({ buckets: [], waiting: [] }),
});

async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('the endpoints', () => {
  it('serve what the manager is at as of the scrape, and what its events counted', async () => {
    const { watch, base } = admitted(await opened(), 'wm');
    watch.log?.report('launch.completed', { launch: 'l', tasks: 4 });
    let desired = 3;
    watch.started(view(() => managerFacts(now(), { desired })));
    expect((await get(`${base}/metrics`)).text).toContain(
      'scaler_ecs_tasks_launched_total{manager="wm"} 4',
    );
    desired = 9;
    const { text, headers } = await get(`${base}/metrics`);
    expect(text).toContain('scaler_ecs_desired_tasks{manager="wm"} 9');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('answer 503 with the reason until the manager is ready, and 200 then', async () => {
    const { watch, base } = admitted(await opened(), 'wm');
    expect(await get(`${base}/readyz`)).toMatchObject({
      status: 503,
      text: 'the manager is starting\n',
    });
    expect(await get(`${base}/livez`)).toMatchObject({ status: 200 });
    watch.started(view(() => managerFacts(now())));
    expect(await get(`${base}/readyz`)).toMatchObject({ status: 200, text: 'ok\n' });
  });

  it('answer 503 at /livez when the control loop stands still', async () => {
    const { watch, base } = admitted(await opened(), 'wm');
    watch.started(view(() => managerFacts(now() - 60_000)));
    expect(await get(`${base}/livez`)).toMatchObject({
      status: 503,
      text: 'the control loop stands still: no tick for 60 s\n',
    });
  });

  it('are shared by the managers with one address, and name the one that is not ready', async () => {
    const endpoints = await opened();
    const one = admitted(endpoints, 'wm-a');
    const other = admitted(endpoints, 'wm-b');
    expect(other.base).toBe(one.base);
    one.watch.started(view(() => managerFacts(now())));
    expect((await get(`${one.base}/readyz`)).text).toBe('wm-b: the manager is starting\n');
    other.watch.ended();
    expect((await get(`${one.base}/readyz`)).status).toBe(200);
  });

  it('take GET and HEAD, and know no other path', async () => {
    const { base } = admitted(await opened(), 'wm');
    expect(await get(`${base}/`)).toMatchObject({ status: 404 });
    expect(await get(`${base}/constructor`)).toMatchObject({ status: 404 });
    expect(await get(`${base}/metrics`, { method: 'POST' })).toMatchObject({ status: 405 });
    expect(await get(`${base}/livez`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('answer 500 when a snapshot cannot be read, and go on', async () => {
    const { watch, base } = admitted(await opened(), 'wm');
    watch.started(
      view(() => {
        throw new Error('secret');
      }),
    );
    const { status, text } = await get(`${base}/metrics`);
    expect([status, text]).toEqual([500, 'the metrics could not be collected\n']);
  });

  it('refuse an address that is in use in one line that names the setting', async () => {
    const { base } = admitted(await opened(), 'wm');
    const port = Number(new URL(base).port);
    await expect(openEndpoints([{ metrics: { host: '127.0.0.1', port } }])).rejects.toThrow(
      `--metrics-port (metrics_port, SCALER_METRICS_PORT): port ${port} of 127.0.0.1 is in use; choose another one`,
    );
    await expect(openEndpoints([{ metrics: { host: '192.0.2.1', port: 0 } }])).rejects.toThrow(
      '--metrics-host (metrics_host, SCALER_METRICS_HOST): cannot listen on port 0 of 192.0.2.1 (EADDRNOTAVAIL)',
    );
  });

  it('warn when other hosts can reach them', async () => {
    const everywhere = { host: '0.0.0.0', port: 0 };
    const { said } = admitted(await opened(everywhere), 'wm', everywhere);
    expect(said.map(({ name }) => name)).toEqual(['metrics.opened', 'metrics.exposed']);
    expect(admitted(await opened(), 'wm').said.map(({ name }) => name)).toEqual(['metrics.opened']);
  });
});
