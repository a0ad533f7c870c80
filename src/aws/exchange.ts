import type { Readable } from 'node:stream';
import type { MiddlewareStack } from '@smithy/types';
import { markUnsent } from './unsent.ts';

/** The largest page that ECS answers with, 100 described tasks, stays below 3 MB. */
const maxBodyBytes = 8 * 1024 * 1024;

/** An answer whose body is longer than any that AWS sends. */
export class OversizedAnswer extends Error {
  constructor(maxBytes: number) {
    super(`the answer is longer than ${maxBytes >> 20} MB`);
    this.name = 'OversizedAnswer';
  }
}

interface HttpAnswer {
  headers: Record<string, string>;
  body: unknown;
}

/**
 * Makes a client of the SDK read each answer as a whole before it parses it, up to 8 MB, and mark the errors of requests
 * that never left (`isUnsent`). `maxBytes` is for tests.
 */
export function guardExchanges<Input extends object, Output extends object>(
  { middlewareStack }: { middlewareStack: MiddlewareStack<Input, Output> },
  maxBytes = maxBodyBytes,
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
    (next, context) => async (request) => {
      sent.add(context);
      const answer = await next(request);
      const response = answer.response as HttpAnswer;
      response.body = await readWhole(response, maxBytes);
      return answer;
    },
    // The last step before the network: what it returns is what the SDK parses.
    { step: 'deserialize', priority: 'low', name: 'readWhole' },
  );
}

async function readWhole({ headers, body }: HttpAnswer, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop destroys the stream, and with it the connection.
  for await (const chunk of body as Readable) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes || Number(headers['content-length']) > maxBytes)
      throw new OversizedAnswer(maxBytes);
  }
  return Buffer.concat(chunks);
}
