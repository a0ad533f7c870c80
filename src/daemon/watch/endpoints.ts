import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { livenessTroubles, readinessTroubles } from '../../../machines/fleet/health.ts';
import type { Config } from '../../config/config.ts';
import { ConfigFailure } from '../../config/configFailure.ts';
import { named } from '../../config/schema.ts';
import { reachOf } from '../../shared/addressReach.ts';
import { now } from '../../shared/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { eventMetrics } from '../../telemetry/metrics/eventMetrics.ts';
import { createRegistry, type MetricsRegistry } from '../../telemetry/metrics/registry.ts';
import { setFacts, setLimits } from './factMetrics.ts';
import type { ManagerFacts } from './managerFacts.ts';
import type { ManagerView, ManagerWatch } from './managerWatch.ts';

type Listening = NonNullable<Config['metrics']>;

export interface Endpoints {
  /** Null: this manager's settings ask for none. */
  of(config: Pick<Config, 'metrics'>, manager: string, log: Log): ManagerWatch | null;
  close(): Promise<void>;
}

/** One server for each address; managers with the same address share it. Throws a ConfigFailure. */
export async function openEndpoints(
  configs: readonly Pick<Config, 'metrics'>[],
): Promise<Endpoints> {
  const rooms = new Map<string, Awaited<ReturnType<typeof openRoom>>>();
  for (const { metrics } of configs) {
    if (metrics === null || rooms.has(keyOf(metrics))) continue;
    rooms.set(keyOf(metrics), await openRoom(metrics));
  }
  return {
    of({ metrics }, manager, log) {
      const room = metrics && rooms.get(keyOf(metrics));
      return room ? room.admit(manager, log) : null;
    },
    async close() {
      await Promise.all([...rooms.values()].map((room) => room.close()));
    },
  };
}

const keyOf = ({ host, port }: Listening): string => `${host} ${port}`;

/** A server, and the managers that it shows. */
async function openRoom({ host, port }: Listening) {
  const registry = createRegistry();
  const views = new Map<string, ManagerView>();
  const expected = new Set<string>();

  /** What is wrong in any of the managers, with its id where there are several. */
  function troubles(of: (facts: ManagerFacts | null, now: number) => string[]): string[] {
    return [...expected].flatMap((manager) => {
      const reasons = of(views.get(manager)?.facts() ?? null, now());
      return expected.size === 1 ? reasons : reasons.map((reason) => `${manager}: ${reason}`);
    });
  }

  async function metricsText(): Promise<string> {
    for (const [manager, view] of views) {
      const facts = view.facts();
      if (facts) setFacts(registry.of(manager), facts, now());
      setLimits(registry.of(manager), view.limits());
    }
    return registry.text();
  }

  const answers: Record<string, () => Promise<Answer>> = {
    '/metrics': async () => ({
      status: 200,
      type: registry.contentType,
      body: await metricsText(),
    }),
    '/livez': async () => health(troubles(livenessTroubles)),
    '/readyz': async () => health(troubles(readinessTroubles)),
  };
  const server = createServer((request, response) => void answer(request, response, answers));
  const url = await listen(server, { host, port });
  return {
    admit(manager: string, log: Log): ManagerWatch {
      expected.add(manager);
      log.report('metrics.opened', { url: `${url}/metrics` });
      if (reachOf({ scheme: 'tcp', host }) !== 'loopback') log.report('metrics.exposed', { host });
      return {
        log: eventMetrics(registry.of(manager)),
        started(view) {
          views.set(manager, view);
        },
        ended() {
          views.delete(manager);
          expected.delete(manager);
        },
      };
    },
    close: () => closeRoom(server, registry),
  };
}

async function closeRoom(server: Server, registry: MetricsRegistry): Promise<void> {
  registry.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

const plain = 'text/plain; charset=utf-8';

function health(troubles: readonly string[]): Answer {
  return troubles.length === 0
    ? { status: 200, type: plain, body: 'ok\n' }
    : { status: 503, type: plain, body: troubles.map((reason) => `${reason}\n`).join('') };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: Record<string, () => Promise<Answer>>,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const find = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (!find) {
    response.writeHead(404, { 'content-type': plain }).end('see /metrics, /livez and /readyz\n');
    return;
  }
  try {
    const { status, type, body } = await find();
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  } catch {
    response.writeHead(500, { 'content-type': plain }).end('the metrics could not be collected\n');
  }
}

async function listen(server: Server, { host, port }: Listening): Promise<string> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new ConfigFailure(
      code === 'EADDRINUSE'
        ? `${named('metrics_port')}: port ${port} of ${host} is in use; choose another one`
        : `${named('metrics_host')}: cannot listen on port ${port} of ${host} (${code})`,
    );
  }
  const { port: found } = server.address() as AddressInfo;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${found}`;
}
