import type { ECSClient } from '@aws-sdk/client-ecs';
import { keepSecret } from './redact.ts';

interface Signed {
  __smithy_context?: { selectedHttpAuthScheme?: { identity?: Record<string, unknown> } };
}

/** Keeps what each request of the client is signed with out of all messages, wherever the SDK has found it. */
export function keepCredentialsSecret(client: ECSClient): void {
  client.middlewareStack.add(
    (next, context) => (request) => {
      const { __smithy_context: smithy } = context as Signed;
      const { accessKeyId, secretAccessKey, sessionToken } =
        smithy?.selectedHttpAuthScheme?.identity ?? {};
      for (const secret of [accessKeyId, secretAccessKey, sessionToken])
        if (typeof secret === 'string') keepSecret(secret);
      return next(request);
    },
    // After the signature.
    { step: 'finalizeRequest', priority: 'low', name: 'keepCredentialsSecret' },
  );
}
