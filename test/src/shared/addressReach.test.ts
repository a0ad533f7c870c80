import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/shared/address.ts';
import { isInRange, reachOf } from '../../../src/shared/addressReach.ts';

describe('the reach of an address', () => {
  it.each([
    ['ipc:///tmp/s', 'local'],
    ['tcp://localhost:1', 'loopback'],
    ['tcp://127.8.0.1:1', 'loopback'],
    ['tcp://::1:1', 'loopback'],
    ['tcp://::ffff:127.0.0.1:1', 'loopback'],
    ['tcp://0.0.0.0:1', 'unspecified'],
    ['tcp://:::1', 'unspecified'],
    ['tcp://169.254.1.1:1', 'linkLocal'],
    ['tcp://fe80::1:1', 'linkLocal'],
    ['tcp://224.0.0.1:1', 'multicast'],
    ['tcp://ff02::1:1', 'multicast'],
    ['tcp://a.localhost:1', 'loopback'],
    ['tcp://127.1:1', 'loopback'],
    ['tcp://0:1', 'unspecified'],
    ['tcp://10.1.2.3:1', 'private'],
    ['tcp://172.31.0.1:1', 'private'],
    ['tcp://172.32.0.1:1', 'public'],
    ['tcp://192.168.0.1:1', 'private'],
    ['tcp://100.64.0.1:1', 'private'],
    ['tcp://fd00::1:1', 'private'],
    ['tcp://8.8.8.8:1', 'public'],
    ['tcp://2001:db8::1:1', 'public'],
    ['tcp://scheduler.example:1', 'name'],
  ])('%s is %s', (text, reach) => {
    expect(reachOf(parseAddress(text))).toBe(reach);
  });
});

it.each([
  ['10.9.1.1', '10.9.0.0/16', true],
  ['10.8.1.1', '10.9.0.0/16', false],
  ['fd00::1', 'fd00::/8', true],
  ['10.9.1.1', '::/0', false],
  ['scheduler', '0.0.0.0/0', false],
])('%s lies in %s: %s', (host, cidr, expected) => {
  expect(isInRange(host, cidr)).toBe(expected);
});
