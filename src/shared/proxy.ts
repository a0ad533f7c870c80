import { BlockList, isIP, isIPv4 } from 'node:net';
import { Failure } from './failure.ts';

/** The HTTP proxies that the environment names, as other programs read them. */
export interface Proxies {
  /** Proxy for http:// addresses; null: none. */
  http: URL | null;
  /** Proxy for https:// addresses; null: none. */
  https: URL | null;
  /** Entries of NO_PROXY. */
  except: string[];
}

/** Where a request goes. `protocol` is `http:` or `https:`. */
export interface Target {
  protocol: string;
  hostname: string;
  port: number;
}

export class ProxyFailure extends Failure {
  override readonly kind = 'proxy';
}

type Environment = Record<string, string | undefined>;

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the names in lower case come first, as in curl. Throws a ProxyFailure. */
export function readProxies(env: Environment): Proxies {
  const except = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/).filter(Boolean);
  return {
    http: proxyIn(env, ['http_proxy', 'HTTP_PROXY']),
    https: proxyIn(env, ['https_proxy', 'HTTPS_PROXY']),
    except: except.map((entry) => entry.toLowerCase()),
  };
}

function proxyIn(env: Environment, names: string[]): URL | null {
  const name = names.find((each) => env[each]);
  if (name === undefined) return null;
  const text = env[name] as string;
  const address = /^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  // The message does not quote the address, which may contain a password.
  if (url === null || url.hostname === '')
    throw new ProxyFailure(`${name}: not an address of a proxy; write it like http://proxy:3128`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ProxyFailure(
      `${name}: ${url.protocol}// is not supported, only http:// and https://`,
    );
  return url;
}

/** The proxy for a target; null: it is connected to directly, as every address of this host is. */
export function proxyFor({ http, https, except }: Proxies, target: Target): URL | null {
  const proxy = target.protocol === 'https:' ? https : http;
  if (proxy === null) return null;
  const hostname = withoutBrackets(target.hostname.toLowerCase());
  if (isLoopback(hostname)) return null;
  const port = target.port || (target.protocol === 'https:' ? 443 : 80);
  return except.some((entry) => covers(entry, hostname, port)) ? null : proxy;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  return isIP(hostname) !== 0 && loopback.check(hostname, familyOf(hostname));
}

/** Whether an entry of NO_PROXY names a host: `*`, a name and what is below it, an address, a subnet; each may have a port. */
function covers(entry: string, hostname: string, port: number): boolean {
  if (entry === '*') return true;
  const [, named = '', onlyPort] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  const host = withoutBrackets(named);
  if (isIP(hostname) !== 0) return host === hostname || isInSubnet(host, hostname);
  const suffix = host.replace(/^\*?\./, '');
  return suffix !== '' && (hostname === suffix || hostname.endsWith(`.${suffix}`));
}

function isInSubnet(subnet: string, address: string): boolean {
  const [network = '', bits = ''] = subnet.split('/');
  if (isIP(network) === 0 || !/^\d+$/.test(bits)) return false;
  if (isIP(network) !== isIP(address) || Number(bits) > (isIPv4(network) ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), familyOf(network));
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
}
