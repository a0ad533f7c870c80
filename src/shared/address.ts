import { isIP } from 'node:net';
import { Failure } from './failure.ts';

const schemes = ['tcp', 'ipc', 'inproc', 'ws', 'wss', 'tls'] as const;
export type Scheme = (typeof schemes)[number];

/** The address of a Scaler program. `text` is the address as Scaler prints it. */
export type Address = {
  scheme: Scheme;
  /** Without brackets; empty for ipc and inproc. */
  host: string;
  /** 0 for ipc and inproc. */
  port: number;
  /** ws and wss: the URL's path, with its leading slash. ipc: the path of the socket. inproc: the name. Else empty. */
  path: string;
  text: string;
};

/** A text that is not an address. The message is one line without passwords. */
export class AddressFailure extends Failure {
  readonly kind = 'address';
}

/** Linux's limit for the path of a Unix socket in bytes, without the final NUL. */
const maxSocketPath = 107;

/**
 * Parses an address by Scaler's rules: the last colon separates host and port (so IPv6 needs no brackets), ws and
 * wss always have a path, and a path after tcp and tls is ignored. Throws an AddressFailure.
 */
export function parseAddress(text: string): Address {
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw new AddressFailure(`not an address: ${quoted(text)}; write it like tcp://127.0.0.1:8516`);
  }
  if (!isScheme(scheme)) {
    throw new AddressFailure(
      `unknown scheme ${quoted(scheme)} in ${quoted(text)}; valid schemes are ${schemes.join(', ')}`,
    );
  }
  const hasPort = scheme !== 'ipc' && scheme !== 'inproc';
  const parsed = address(
    hasPort ? { scheme, ...splitAuthority(scheme, rest, text) } : local(scheme, rest, text),
  );
  if ((scheme === 'ws' || scheme === 'wss') && !URL.canParse(webSocketUrl(parsed))) {
    throw new AddressFailure(`not a URL: ${quoted(text)}`);
  }
  return parsed;
}

/** The address as Scaler prints it, with IPv6 addresses without brackets. */
export function formatAddress({ scheme, host, port, path }: Omit<Address, 'text'>): string {
  return scheme === 'ipc' || scheme === 'inproc'
    ? `${scheme}://${path}`
    : `${scheme}://${host}:${port}${path}`;
}

/** The URL of a ws or wss address, with IPv6 addresses in brackets. */
export function webSocketUrl({ scheme, host, port, path }: Address): string {
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}${path}`;
}

/** The default address of a scheduler's monitor stream: its port + 2; null if there is no such port. */
export function monitorAddress(scheduler: Address): Address | null {
  const port = scheduler.port + 2;
  return scheduler.port === 0 || port > 65535 ? null : address({ ...scheduler, port });
}

/** Whether the host needs no name resolution: YMQ workers reject host names. True for ipc and inproc. */
export function isNumericHost({ host }: Address): boolean {
  return host === '' || isIP(host) !== 0;
}

function address(parts: Omit<Address, 'text'>): Address {
  const { scheme, host, port, path } = parts;
  return { scheme, host, port, path, text: formatAddress(parts) };
}

function local(scheme: Scheme, path: string, text: string): Omit<Address, 'text'> {
  if (path === '') throw new AddressFailure(`${scheme} needs a path: ${quoted(text)}`);
  if (path.includes('\0'))
    throw new AddressFailure(`the path of ${quoted(text)} contains a NUL character`);
  if (scheme === 'ipc' && Buffer.byteLength(path) > maxSocketPath) {
    throw new AddressFailure(
      `path of ${quoted(text)} is longer than ${maxSocketPath} bytes, the limit for Unix sockets`,
    );
  }
  return { scheme, host: '', port: 0, path };
}

function splitAuthority(scheme: Scheme, rest: string, text: string) {
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  if (authority.includes('@')) {
    // The message does not quote the address: the part before the @ may be a password.
    throw new AddressFailure(`a ${scheme} address cannot contain a user name or password`);
  }
  const colon = authority.lastIndexOf(':');
  if (colon < 0) throw new AddressFailure(`no port in ${quoted(text)}; write host:port`);
  const port = authority.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new AddressFailure(
      `${quoted(port)} is not a port (1 to 65535) in ${quoted(text)}; write host:port`,
    );
  }
  const host = withoutBrackets(authority.slice(0, colon));
  if (!isHost(host)) throw new AddressFailure(`${quoted(host)} is not a host in ${quoted(text)}`);
  return { host, port: Number(port), path: path(scheme, rest, slash, text) };
}

function path(scheme: Scheme, rest: string, slash: number, text: string): string {
  if (scheme !== 'ws' && scheme !== 'wss') return '';
  const path = slash < 0 ? '/' : rest.slice(slash);
  if (/[^\x21-\x7e]|#/.test(path)) {
    throw new AddressFailure(`the path of ${quoted(text)} must be written as in a URL`);
  }
  return path;
}

function isScheme(text: string): text is Scheme {
  return (schemes as readonly string[]).includes(text);
}

function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') && isIP(host.slice(1, -1)) === 6
    ? host.slice(1, -1)
    : host;
}

/** Whether the text is an IP address or has only the characters of host names, which excludes colons. */
function isHost(host: string): boolean {
  return isIP(host) !== 0 || /^[\p{L}\p{N}_.-]+$/u.test(host);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
