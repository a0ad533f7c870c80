import type { HttpRequest } from '@smithy/types';

/** Where the requests of errors were sent, or were to be sent. */
const endpoints = new WeakMap<object, string>();

/** Remembers of an error where its request was sent, and returns it. */
export function markEndpoint<E>(error: E, { protocol, hostname, port }: HttpRequest): E {
  if (typeof error === 'object' && error !== null)
    endpoints.set(error, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
  return error;
}

/** Undefined: it was never known. */
export function endpointOf(error: unknown): string | undefined {
  return endpoints.get(error as object);
}
