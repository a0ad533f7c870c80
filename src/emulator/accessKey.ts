import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An access key id in the form of AWS, 80 bits of it random. */
export function newAccessKey(): string {
  return `AKIA${Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('')}`;
}

/** What a request is signed with. Signatures are not checked: whoever knows the key id may do everything. */
export interface CredentialScope {
  key: string;
  region: string;
}

/** From an AWS signature, or from `Authorization: Bearer KEY`. */
export function credentialScope({ headers }: IncomingMessage): CredentialScope {
  const header = String(headers.authorization ?? '');
  const [, bearer] = /^Bearer\s+(\S+)$/i.exec(header) ?? [];
  if (bearer !== undefined) return { key: bearer, region: 'us-east-1' };
  const [, key = '', region = 'us-east-1'] =
    /Credential=([^/,\s]+)\/\d+\/([a-z0-9-]+)\//.exec(header) ?? [];
  return { key, region };
}

/** Compares in constant time. */
export function isAccessKey(key: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(key), digest(expected));
}

/** What a shell needs to use the emulator. */
export function environmentFor({ url, accessKey }: { url: string; accessKey: string }) {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: 'emulator',
    AWS_REGION: 'us-east-1',
  };
}
