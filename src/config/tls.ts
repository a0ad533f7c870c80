import { X509Certificate } from 'node:crypto';
import type { Address } from '../shared/address.ts';
import { ConfigFailure, shown } from './configFailure.ts';
import { named } from './schema.ts';

/** Whom tls and wss connections believe. */
export interface TlsSettings {
  /** Certificates in PEM to believe instead of the well-known authorities. */
  ca?: string;
  /** True: whoever answers is believed. */
  insecure: boolean;
}

const certificate = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/** The certificates in a file, each looked at: Node would pass over what it cannot read. Throws a ConfigFailure. */
export function readCertificates(path: string, readFile: (path: string) => string): string {
  const refuse = (reason: string) => new ConfigFailure(`${named('tls_ca')}: ${reason}`);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw refuse(`cannot read ${shown(path)}: ${code ?? message.split('\n', 1)[0]}`);
  }
  const found = text.match(certificate) ?? [];
  if (found.length === 0) {
    throw refuse(`no certificate in ${shown(path)}; it must be PEM, -----BEGIN CERTIFICATE-----`);
  }
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch {
      throw refuse(`certificate ${index + 1} of ${found.length} in ${shown(path)} is damaged`);
    }
  }
  return `${found.join('\n')}\n`;
}

/** Whether a connection to one of these is encrypted at all. */
export const anyIsEncrypted = (addresses: (Address | null)[]): boolean =>
  addresses.some((address) => address?.scheme === 'tls' || address?.scheme === 'wss');
