import { BlockList, isIP } from 'node:net';
import type { Address } from './address.ts';

/**
 * From where an address can be reached, as far as it says so itself. `local`: only from this machine (ipc, inproc);
 * `unspecified`: 0.0.0.0, where a server listens and nothing connects; `multicast`: of groups, or reserved;
 * `name`: a host name.
 */
export type Reach =
  | 'local'
  | 'loopback'
  | 'unspecified'
  | 'linkLocal'
  | 'multicast'
  | 'private'
  | 'public'
  | 'name';

const ranges: readonly [Reach, v4: string[], v6: string[]][] = [
  ['loopback', ['127.0.0.0/8'], ['::1/128']],
  ['unspecified', ['0.0.0.0/8'], ['::/128']],
  ['linkLocal', ['169.254.0.0/16'], ['fe80::/10']],
  ['multicast', ['224.0.0.0/3'], ['ff00::/8']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'], ['fc00::/7']],
];

const localName = /^(ip6-|(.+\.)?)(localhost|localhost\.localdomain|loopback)\.?$/i;

/** Whether an IP address lies in a range like `10.0.0.0/8`; false for a host name. */
export function isInRange(host: string, cidr: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const version = isIP(host);
  if (version === 0 || isIP(network) !== version) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(length), family);
  return list.check(host, family);
}

export function reachOf({ scheme, host }: Pick<Address, 'scheme' | 'host'>): Reach {
  if (scheme === 'ipc' || scheme === 'inproc') return 'local';
  if (localName.test(host) || /^127(\.\d+)+$/.test(host)) return 'loopback';
  if (/^0+(\.0+)*$/.test(host)) return 'unspecified';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  const ip = mapped ?? host;
  if (isIP(ip) === 0) return 'name';
  const row = ranges.find(([, v4, v6]) => [...v4, ...v6].some((cidr) => isInRange(ip, cidr)));
  return row?.[0] ?? 'public';
}
