import { BlockList } from 'node:net';
import type { Address } from '../shared/address.ts';
import type { AwsEndpoints } from './awsProfile.ts';

/**
 * What of an address a process on another host can use: `elsewhere` may be reached; `thisHost` is each host's own
 * loopback; `never` is nothing to connect to from another host.
 */
export type Reach = 'elsewhere' | 'thisHost' | 'never';

const loopback = blockList(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']);
/** Addresses to listen at, of a link, of groups: no peer on another network has one. */
const unroutable = blockList(
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
);

function blockList(...subnets: [string, number, 'ipv4' | 'ipv6'][]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of subnets) list.addSubnet(network, prefix, family);
  return list;
}

function isIn(list: BlockList, host: string): boolean {
  return list.check(host, host.includes(':') ? 'ipv6' : 'ipv4');
}

export function reachOf({ scheme, host }: Address): Reach {
  if (scheme === 'ipc' || scheme === 'inproc') return 'never';
  if (/^0+(\.0+)*$/.test(host) || isIn(unroutable, host)) return 'never';
  const isLocalName = /^(ip6-|(.+\.)?)(localhost|localhost\.localdomain|loopback)\.?$/i.test(host);
  return isLocalName || /^127(\.\d+)+$/.test(host) || isIn(loopback, host)
    ? 'thisHost'
    : 'elsewhere';
}

/** Whether ECS is an emulator on this host, whose Fargate tasks are local processes. */
export function awsIsOnThisHost({ ecs: endpoint }: AwsEndpoints): boolean {
  if (endpoint === null || !URL.canParse(endpoint)) return false;
  const host = new URL(endpoint).hostname.replace(/^\[(.*)\]$/, '$1');
  return reachOf({ scheme: 'tcp', host, port: 0, path: '', text: endpoint }) !== 'elsewhere';
}
