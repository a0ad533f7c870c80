import type { MiddlewareStack } from '@smithy/types';
import { markUnsent } from './unsent.ts';

/** Makes a client of the SDK mark the errors of requests that never left (`isUnsent`). */
export function guardExchanges<Input extends object, Output extends object>({
  middlewareStack,
}: {
  middlewareStack: MiddlewareStack<Input, Output>;
}): void {
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
      return next(request);
    },
    // The last step before the network.
    { step: 'deserialize', priority: 'low', name: 'noteSent' },
  );
}
