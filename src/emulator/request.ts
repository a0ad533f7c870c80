import type { IncomingMessage } from 'node:http';
import { Failure } from '../shared/failure.ts';

/** A request that never reaches a service. */
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
 * Lets only local programs in: what runs here are shell commands, and a web page in a browser on this machine can reach
 * loopback too, directly or through a name that it lets point here.
 */
export function requireLocalClient({ headers }: IncomingMessage): void {
  if (!loopback.test(headers.host ?? '')) throw new HttpRefusal(403, 'this Host is not served');
  const fetched = Object.keys(headers).filter((name) => name.startsWith('sec-fetch-'));
  // Node's own fetch sends this one header of the family; a browser never sends it alone.
  const node = fetched.length === 1 && headers['sec-fetch-mode'] === 'cors';
  if (headers.origin !== undefined || (fetched.length > 0 && !node))
    throw new HttpRefusal(403, 'browsers are not served');
}

const bodyLimit = 1 << 20;

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
