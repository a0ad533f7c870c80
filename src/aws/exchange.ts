import type { Readable } from 'node:stream';
import type { HttpRequest, MiddlewareStack } from '@smithy/types';
import { type ConnectionSettings, throughProxy } from './agents.ts';
import { markEndpoint } from './endpoints.ts';
import { markUnsent } from './unsent.ts';

/** The largest page that ECS answers with, 100 described tasks, stays below 3 MB. */
const maxBodyBytes = 8 * 1024 * 1024;

/** An answer whose body is longer than any that AWS sends. */
export class OversizedAnswer extends Error {
  constructor() {
    super(`the answer is longer than ${maxBodyBytes >> 20} MB`);
    this.name = 'OversizedAnswer';
  }
}

interface HttpAnswer {
  headers: Record<string, string>;
  body: unknown;
}

/**
 * Makes a client of the SDK send its requests to the proxy that they need, read each answer as a whole before it parses
 * it, up to 8 MB, and mark the errors of requests that never left (`isUnsent`), and of others where they went
 * (`endpointOf`).
 */
export function guardExchanges<Input extends object, Output extends object>(
  { middlewareStack }: { middlewareStack: MiddlewareStack<Input, Output> },
  { proxies }: Pick<ConnectionSettings, 'proxies'>,
): void {
  const sent = new WeakSet<object>();
  middlewareStack.add(
    (next, context) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        throw sent.has(context) ? error : markUnsent(error);
      }
    },
    { step: 'initialize', priority: 'high', name: 'markUnsent' },
  );
  middlewareStack.add(
    (next, context) => async (args) => {
      sent.add(context);
      const request = throughProxy(args.request as HttpRequest, proxies);
      try {
        const answer = await next({ ...args, request });
        const response = answer.response as HttpAnswer;
        response.body = await readWhole(response);
        return answer;
      } catch (error) {
        throw markEndpoint(error, args.request as HttpRequest);
      }
    },
    // The last step before the network: what it returns is what the SDK parses.
    { step: 'deserialize', priority: 'low', name: 'readWhole' },
  );
}

/** The body of an answer, up to 8 MB. */
export async function readWhole({ headers, body }: HttpAnswer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop destroys the stream, and with it the connection.
  for await (const chunk of body as Readable) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBodyBytes || Number(headers['content-length']) > maxBodyBytes)
      throw new OversizedAnswer();
  }
  return Buffer.concat(chunks);
}
