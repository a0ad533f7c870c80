import { describe, expect, it } from 'vitest';
import {
  AddressFailure,
  formatAddress,
  isNumericHost,
  monitorAddress,
  parseAddress,
  webSocketUrl,
} from '../../../src/shared/address.ts';

describe('parseAddress', () => {
  it.each([
    ['tcp://127.0.0.1:8516', ['tcp', '127.0.0.1', 8516, ''], 'tcp://127.0.0.1:8516'],
    ['tcp://scheduler.internal:1', ['tcp', 'scheduler.internal', 1, ''], null],
    ['tcp://::1:8516', ['tcp', '::1', 8516, ''], 'tcp://::1:8516'],
    ['tcp://[::1]:8516', ['tcp', '::1', 8516, ''], 'tcp://::1:8516'],
    ['tls://[fe80::1%eth0]:65535', ['tls', 'fe80::1%eth0', 65535, ''], 'tls://fe80::1%eth0:65535'],
    ['tcp://10.0.0.1:8516/ignored', ['tcp', '10.0.0.1', 8516, ''], 'tcp://10.0.0.1:8516'],
    ['ws://10.0.0.1:80', ['ws', '10.0.0.1', 80, '/'], 'ws://10.0.0.1:80/'],
    ['wss://[::1]:443/a/b?c=d', ['wss', '::1', 443, '/a/b?c=d'], 'wss://::1:443/a/b?c=d'],
    ['ipc:///run/scaler.sock', ['ipc', '', 0, '/run/scaler.sock'], null],
    ['inproc://here', ['inproc', '', 0, 'here'], null],
  ])('reads %s', (text, [scheme, host, port, path], printed) => {
    const address = parseAddress(text);
    expect(address).toEqual({ scheme, host, port, path, text: printed ?? text });
    expect(formatAddress(address)).toBe(printed ?? text);
    expect(parseAddress(address.text)).toEqual(address);
  });

  it.each([
    ['', 'not an address'],
    ['127.0.0.1:8516', 'not an address'],
    ['http://127.0.0.1:80', 'unknown scheme "http"'],
    ['TCP://127.0.0.1:80', 'unknown scheme'],
    ['tcp://127.0.0.1', 'no port'],
    ['tcp://127.0.0.1:', 'is not a port'],
    ['tcp://127.0.0.1:0', 'is not a port'],
    ['tcp://127.0.0.1:65536', 'is not a port'],
    ['tcp://127.0.0.1:1e3', 'is not a port'],
    ['tcp://:8516', 'is not a host'],
    ['tcp://a b:8516', 'is not a host'],
    ['tcp://a:b:8516', 'is not a host'],
    ['tcp://[::1:8516', 'is not a host'],
    ['tcp://$(id):8516', 'is not a host'],
    ['ws://127.0.0.1:80/a b', 'as in a URL'],
    ['ws://999.1.1.1:80/', 'not a URL'],
    ['wss://fe80::1%eth0:80', 'not a URL'],
    ['ipc://', 'needs a path'],
    [`ipc:///${'x'.repeat(107)}`, '107 bytes'],
  ])('fails for %s in one line', (text, message) => {
    const failure = failureOf(() => parseAddress(text));
    expect(failure.message).toContain(message);
    expect(failure.message).not.toContain('\n');
  });

  it('keeps passwords and line breaks out of the message', () => {
    expect(failureOf(() => parseAddress('tcp://u:hunter2@h:1')).message).not.toContain('hunter2');
    expect(failureOf(() => parseAddress('tcp://a\nb:1')).message).not.toContain('\n');
  });
});

it('monitorAddress adds two to the port, and is null if there is none', () => {
  expect(monitorAddress(parseAddress('ws://h:8516/x'))?.text).toBe('ws://h:8518/x');
  expect(monitorAddress(parseAddress('tcp://h:65534'))).toBeNull();
  expect(monitorAddress(parseAddress('ipc:///run/s'))).toBeNull();
});

it('webSocketUrl puts an IPv6 address in brackets', () => {
  expect(webSocketUrl(parseAddress('wss://::1:443/a'))).toBe('wss://[::1]:443/a');
});

it('isNumericHost distinguishes IP addresses from host names', () => {
  const numeric = (text: string) => isNumericHost(parseAddress(text));
  expect(['tcp://10.0.0.1:1', 'tcp://::1:1', 'ipc:///s'].map(numeric)).toEqual([true, true, true]);
  expect(['tcp://localhost:1', 'tcp://10.0.0.256:1'].map(numeric)).toEqual([false, false]);
});

function failureOf(act: () => unknown): AddressFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof AddressFailure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
