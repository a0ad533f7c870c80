import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import { type Proxies, proxyFor } from '../shared/proxy.ts';
import { maxConnections } from './callsUnderWay.ts';

/** How AWS is reached. */
export interface ConnectionSettings {
  proxies: Proxies;
  /** Certificates in PEM to trust instead of the system's authorities; null: those, and NODE_EXTRA_CA_CERTS. */
  ca: string | null;
  /** At most to one host; left out: 100. */
  sockets?: number | undefined;
}

export const directConnections: ConnectionSettings = {
  proxies: { http: null, https: null, except: [] },
  ca: null,
};

/** Connecting to a proxy and its answer to CONNECT may take this long together, ms. */
const tunnelTimeoutMs = 5_000;

/** A proxy that did not let a connection through: nothing was sent to AWS. */
export class ProxyRefusal extends Error {
  /** The status of its answer to CONNECT. */
  readonly status: number;

  constructor(proxy: URL, status: number, text: string) {
    super(`the proxy ${proxy.host} answers ${status} ${text}`);
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** The agents through which the SDK's clients send all requests. */
export function createAgents({ proxies, ca, sockets = maxConnections }: ConnectionSettings): {
  httpAgent: http.Agent;
  httpsAgent: https.Agent;
} {
  const pool = { keepAlive: true, maxSockets: sockets };
  const trust = ca === null ? {} : { ca };
  return {
    httpAgent: new http.Agent(pool),
    httpsAgent: new TunnelAgent(proxies, { ...pool, ...trust }),
  };
}

type OnConnection = (error: Error | null, stream: Duplex) => void;

/** Connects through the proxy of each host, if it has one, by CONNECT: the proxy sees no request. */
class TunnelAgent extends https.Agent {
  readonly #proxies: Proxies;
  readonly #trust: { ca?: string };

  constructor(proxies: Proxies, options: https.AgentOptions & { ca?: string }) {
    super(options);
    this.#proxies = proxies;
    this.#trust = options.ca === undefined ? {} : { ca: options.ca };
  }

  override createConnection(
    options: https.RequestOptions,
    onConnection: OnConnection = () => {},
  ): Duplex | null | undefined {
    const hostname = options.host ?? 'localhost';
    const port = Number(options.port ?? 443);
    const proxy = proxyFor(this.#proxies, { protocol: 'https:', hostname, port });
    if (proxy === null) return super.createConnection(options, onConnection);
    openTunnel(proxy, { hostname, port }, this.#trust).then(
      (socket) => {
        // Node hands the options on to tls.connect, which encrypts the given socket.
        const through: https.RequestOptions & { socket: Duplex } = { ...options, socket };
        onConnection(null, super.createConnection(through) as Duplex);
      },
      // Node reads no stream beside an error.
      (error: Error) => onConnection(error, undefined as never),
    );
    return undefined;
  }
}

/** A connection through a proxy to a host. Rejects with a ProxyRefusal or Node's error. */
function openTunnel(
  proxy: URL,
  { hostname, port }: { hostname: string; port: number },
  trust: { ca?: string },
): Promise<Duplex> {
  const authority = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
  return new Promise((resolve, reject) => {
    const { request } = proxy.protocol === 'https:' ? https : http;
    const connecting = request({
      host: hostnameOf(proxy),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      agent: false,
      ...trust,
    });
    const timer = setTimeout(() => {
      const words = `no connection through the proxy ${proxy.host} within ${tunnelTimeoutMs} ms`;
      connecting.destroy(Object.assign(new Error(words), { code: 'ETIMEDOUT' }));
    }, tunnelTimeoutMs);
    connecting.on('error', reject);
    connecting.on('close', () => clearTimeout(timer));
    connecting.on('connect', ({ statusCode = 0, statusMessage = '' }, socket: Duplex, head) => {
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      reject(new ProxyRefusal(proxy, statusCode, statusMessage));
    });
    // A proxy that answers CONNECT like any other request.
    connecting.on('response', (answer) => {
      connecting.destroy();
      reject(new ProxyRefusal(proxy, answer.statusCode ?? 0, answer.statusMessage ?? ''));
    });
    connecting.end();
  });
}

function hostnameOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

interface PlainRequest {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  headers: Record<string, string>;
}

/** The request as a proxy takes it, if there is one for its address and it is not encrypted: with the whole address. */
export function throughProxy<R extends PlainRequest>(request: R, proxies: Proxies): R {
  const { protocol, hostname, port = 80, path, headers } = request;
  const proxy = protocol === 'http:' ? proxyFor(proxies, { protocol, hostname, port }) : null;
  if (proxy === null) return request;
  const copy: R = Object.assign(Object.create(Object.getPrototypeOf(request)), request);
  return Object.assign(copy, {
    protocol: proxy.protocol,
    hostname: hostnameOf(proxy),
    port: Number(proxy.port) || (proxy.protocol === 'https:' ? 443 : 80),
    path: `${protocol}//${hostname}:${port}${path}`,
    headers: { ...headers, ...authorization(proxy) },
  });
}

/** The header with user and password of a proxy's address, if it has them. */
function authorization({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {};
  const given = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(given).toString('base64')}` };
}
