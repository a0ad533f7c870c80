import type { IncomingMessage } from 'node:http';
import { Failure } from '../shared/failure.ts';

/** A request that is refused at the HTTP level, before any AWS operation. */
export class HttpRefusal extends Failure {
  readonly kind = 'http';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/**
 * Throws HttpRefusal (403) unless the request comes from a local program. The emulator runs shell commands, and a web
 * page in a local browser can reach loopback as well, directly or through DNS rebinding.
 */
export function requireLocalClient({ headers }: IncomingMessage): void {
  if (!loopback.test(headers.host ?? ''))
    throw new HttpRefusal(403, 'the Host header is not a loopback address');
  const fetched = Object.keys(headers).filter((name) => name.startsWith('sec-fetch-'));
  // Node's fetch sends only sec-fetch-mode; browsers send further sec-fetch headers.
  const node = fetched.length === 1 && headers['sec-fetch-mode'] === 'cors';
  if (headers.origin !== undefined || (fetched.length > 0 && !node))
    throw new HttpRefusal(403, 'requests from browsers are refused');
}

/** Maximum size of a request body, bytes. */
const bodyLimit = 1 << 20;

/** Reads the request body as UTF-8. Throws HttpRefusal (413) beyond `bodyLimit`. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit)
      throw new HttpRefusal(413, `a request body has at most ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
