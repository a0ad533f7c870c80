import { describe, expect, it } from 'vitest';
import { awsIsOnThisHost, reachOf } from '../../../src/config/reach.ts';
import { parseAddress } from '../../../src/shared/address.ts';

describe('reachOf', () => {
  it.each([
    ['tcp://10.0.0.1:1', 'elsewhere'],
    ['tcp://203.0.113.7:1', 'elsewhere'],
    ['ws://head.example:1/', 'elsewhere'],
    ['tcp://128.0.0.1:1', 'elsewhere'],
    ['tcp://2001:db8::1:1', 'elsewhere'],
    ['tcp://notlocalhost:1', 'elsewhere'],
    ['tcp://127.0.0.1:1', 'thisHost'],
    ['tcp://127.8.9.10:1', 'thisHost'],
    ['tcp://127.1:1', 'thisHost'],
    ['tcp://[::1]:1', 'thisHost'],
    ['tcp://::ffff:127.0.0.1:1', 'thisHost'],
    ['tcp://localhost:1', 'thisHost'],
    ['tcp://LOCALHOST:1', 'thisHost'],
    ['wss://a.localhost:1/', 'thisHost'],
    ['tcp://ip6-localhost:1', 'thisHost'],
    ['tcp://localhost.localdomain:1', 'thisHost'],
    ['tcp://0.0.0.0:1', 'never'],
    ['tcp://0:1', 'never'],
    ['tcp://:::1', 'never'],
    ['tcp://::ffff:0.0.0.0:1', 'never'],
    ['tcp://169.254.170.2:1', 'never'],
    ['tcp://fe80::1:1', 'never'],
    ['tcp://224.0.0.1:1', 'never'],
    ['tcp://255.255.255.255:1', 'never'],
    ['ipc:///tmp/s', 'never'],
  ])('of %s is %s', (text, reach) => {
    expect(reachOf(parseAddress(text))).toBe(reach);
  });
});

describe('awsIsOnThisHost', () => {
  it.each([
    [null, false],
    ['http://127.0.0.1:4566', true],
    ['http://localhost:4566/', true],
    ['http://[::1]:4566', true],
    ['http://emulator:4566', false],
    ['not a URL', false],
  ])('is with ECS at %s %s', (ecs, local) => {
    expect(awsIsOnThisHost({ ecs, sts: null })).toBe(local);
  });
});
