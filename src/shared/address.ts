import { isIP } from 'node:net';
import { Failure } from './failure.ts';

const schemes = ['tcp', 'ipc', 'inproc', 'ws', 'wss', 'tls'] as const;
export type Scheme = (typeof schemes)[number];

/** Where a Scaler program listens. `text` is the address as Scaler itself prints it. */
export type Address = {
  scheme: Scheme;
  /** Without brackets; empty for ipc and inproc. */
  host: string;
  /** 0 for ipc and inproc. */
  port: number;
  /** ws and wss: begins with a slash. ipc: the socket's file. inproc: the name. Else empty. */
  path: string;
  text: string;
};

/** A text that is no address; the message is one line. */
export class AddressFailure extends Failure {
  readonly kind = 'address';
}

/** Longest path the kernel takes for a Unix socket, without its final NUL. */
const longestSocketPath = 107;

/**
 * Reads an address by Scaler's rules: the last colon splits host and port (so IPv6 needs no
 * brackets), ws and wss always have a path, a path behind tcp and tls means nothing.
 */
export function parseAddress(text: string): Address {
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw new AddressFailure(`not an address: ${quoted(text)}; write it like tcp://127.0.0.1:8516`);
  }
  if (!isScheme(scheme)) {
    throw new AddressFailure(
      `unknown scheme ${quoted(scheme)} in ${quoted(text)}; there are ${schemes.join(', ')}`,
    );
  }
  const hasPort = scheme !== 'ipc' && scheme !== 'inproc';
  const found = address(
    hasPort ? { scheme, ...splitAuthority(scheme, rest, text) } : local(scheme, rest, text),
  );
  if ((scheme === 'ws' || scheme === 'wss') && !URL.canParse(webSocketUrl(found))) {
    throw new AddressFailure(`not a URL: ${quoted(text)}`);
  }
  return found;
}

/** The address as Scaler prints it: a bare URL, IPv6 without brackets. */
export function formatAddress({ scheme, host, port, path }: Omit<Address, 'text'>): string {
  return scheme === 'ipc' || scheme === 'inproc'
    ? `${scheme}://${path}`
    : `${scheme}://${host}:${port}${path}`;
}

/** A ws or wss address as the rest of the world writes it, IPv6 in brackets. */
export function webSocketUrl({ scheme, host, port, path }: Address): string {
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}${path}`;
}

/** Where a scheduler publishes its monitor stream unless told otherwise; null where there is no port to count from. */
export function monitorAddress(of: Address): Address | null {
  const port = of.port + 2;
  return of.port === 0 || port > 65535 ? null : address({ ...of, port });
}

/** Whether nothing has to be resolved: YMQ workers refuse host names. True for ipc and inproc. */
export function isNumericHost({ host }: Address): boolean {
  return host === '' || isIP(host) !== 0;
}

function address(parts: Omit<Address, 'text'>): Address {
  const { scheme, host, port, path } = parts;
  return { scheme, host, port, path, text: formatAddress(parts) };
}

function local(scheme: Scheme, path: string, text: string): Omit<Address, 'text'> {
  if (path === '') throw new AddressFailure(`${scheme} needs a path: ${quoted(text)}`);
  if (path.includes('\0')) throw new AddressFailure(`NUL in the path of ${quoted(text)}`);
  if (scheme === 'ipc' && Buffer.byteLength(path) > longestSocketPath) {
    throw new AddressFailure(
      `path of ${quoted(text)} is longer than ${longestSocketPath} bytes, the limit for Unix sockets`,
    );
  }
  return { scheme, host: '', port: 0, path };
}

function splitAuthority(scheme: Scheme, rest: string, text: string) {
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  if (authority.includes('@')) {
    // Not repeated: what stands before the @ may be a password.
    throw new AddressFailure(
      `a ${scheme} address takes no user name or password before its host name`,
    );
  }
  const colon = authority.lastIndexOf(':');
  if (colon < 0) throw new AddressFailure(`no port in ${quoted(text)}`);
  const port = authority.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new AddressFailure(
      `${quoted(port)} is no port (1 to 65535) in ${quoted(text)}; a host is followed by a colon and a port`,
    );
  }
  const host = bare(authority.slice(0, colon));
  if (!isHost(host)) throw new AddressFailure(`${quoted(host)} is no host in ${quoted(text)}`);
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

const isScheme = (text: string): text is Scheme => (schemes as readonly string[]).includes(text);
const bare = (host: string) =>
  host.startsWith('[') && host.endsWith(']') && isIP(host.slice(1, -1)) === 6
    ? host.slice(1, -1)
    : host;
/** An IP, or letters and what host names are made of; anything with a colon in it must be IPv6. */
const isHost = (host: string) => isIP(host) !== 0 || /^[\p{L}\p{N}_.-]+$/u.test(host);
const quoted = (text: string) =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
