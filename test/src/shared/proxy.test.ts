import { describe, expect, it } from 'vitest';
import { proxyFor, readProxies } from '../../../src/shared/proxy.ts';

const https = (hostname: string, port = 443) => ({ protocol: 'https:', hostname, port });

describe('readProxies', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128/', null],
    [{ https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'http://a:1/', null],
    [{ HTTPS_PROXY: 'proxy:3128', HTTP_PROXY: 'other:80' }, 'http://proxy:3128/', 'http://other/'],
    [{ HTTPS_PROXY: 'https://u:p%40@proxy' }, 'https://u:p%40@proxy/', null],
    [{ HTTPS_PROXY: '', https_proxy: '' }, null, null],
    [{}, null, null],
  ])('reads %j', (env, encrypted, plain) => {
    const proxies = readProxies(env);
    expect(proxies.https?.href ?? null).toBe(encrypted);
    expect(proxies.http?.href ?? null).toBe(plain);
  });

  it.each([
    [{ HTTPS_PROXY: 'socks5://u:hunter2@proxy:1080' }, 'HTTPS_PROXY: socks5:// is not supported'],
    [{ http_proxy: 'http://u:hunter2@' }, 'http_proxy: not an address of a proxy'],
    [{ HTTPS_PROXY: 'http://a b:hunter2' }, 'HTTPS_PROXY: not an address of a proxy'],
  ])('refuses %j without its password', (env, message) => {
    expect(() => readProxies(env)).toThrow(message);
    expect(() => readProxies(env)).not.toThrow('hunter2');
  });
});

describe('proxyFor', () => {
  it('uses the proxy of the scheme', () => {
    const proxies = readProxies({ HTTPS_PROXY: 'http://a:1' });
    expect(proxyFor(proxies, https('ecs.us-east-1.amazonaws.com'))?.host).toBe('a:1');
    expect(proxyFor(proxies, { protocol: 'http:', hostname: 'example.org', port: 80 })).toBeNull();
  });

  it.each(['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.8.8.8', '::1', '[::1]'])(
    'uses none for %s, an address of this host',
    (hostname) => {
      expect(proxyFor(readProxies({ HTTPS_PROXY: 'http://a:1' }), https(hostname))).toBeNull();
    },
  );

  it.each([
    ['*', 'example.org', true],
    ['example.org', 'example.org', true],
    ['example.org', 'EXAMPLE.org', true],
    ['example.org', 'ecs.example.org', true],
    ['.example.org', 'ecs.example.org', true],
    ['.example.org', 'example.org', true],
    ['*.example.org', 'ecs.example.org', true],
    ['example.org', 'badexample.org', false],
    ['example.org:443', 'example.org', true],
    ['example.org:8443', 'example.org', false],
    ['a.b, example.org', 'example.org', true],
    ['a.b example.org', 'example.org', true],
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.5:443', '10.0.0.5', true],
    ['10.0.0.5', '10.0.0.50', false],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['fd00::/8', 'fd00::5', true],
    ['fd00::5', '[fd00::5]', true],
    ['[fd00::5]:443', 'fd00::5', true],
    ['10.0.0.0/8', 'fd00::5', false],
    ['', 'example.org', false],
    ['.', 'example.org', false],
  ])('with NO_PROXY=%s, connects to %s directly: %s', (except, hostname, isDirect) => {
    const proxies = readProxies({ HTTPS_PROXY: 'http://a:1', NO_PROXY: except });
    expect(proxyFor(proxies, https(hostname)) === null).toBe(isDirect);
  });
});
