import { X509Certificate } from 'node:crypto';
import type { Address } from '../shared/address.ts';
import { fileReason } from '../shared/fileReason.ts';
import { ConfigFailure, shown } from './configFailure.ts';
import { named } from './schema.ts';

/** How tls and wss connections check certificates. */
export interface TlsSettings {
  /** Certificates in PEM to trust instead of the system's authorities. */
  ca?: string;
  /** True: certificates are not checked. */
  insecure: boolean;
}

const certificate = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/** Reads the certificates of a PEM file and checks each; Node ignores damaged ones. Throws a ConfigFailure. */
export function readCertificates(
  path: string,
  readFile: (path: string) => string,
  setting = named('tls_ca'),
): string {
  const failure = (reason: string) => new ConfigFailure(`${setting}: ${reason}`);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw failure(`cannot read ${shown(path)}: ${fileReason(error)}`);
  }
  const found = text.match(certificate) ?? [];
  if (found.length === 0) {
    throw failure(`no certificate in ${shown(path)}; it must be PEM, -----BEGIN CERTIFICATE-----`);
  }
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch {
      throw failure(`certificate ${index + 1} of ${found.length} in ${shown(path)} is damaged`);
    }
  }
  return `${found.join('\n')}\n`;
}

/** Whether any of the addresses has scheme tls or wss. */
export function anyIsEncrypted(addresses: (Address | null)[]): boolean {
  return addresses.some((address) => address?.scheme === 'tls' || address?.scheme === 'wss');
}
