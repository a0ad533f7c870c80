/** Errors that were thrown before their request was handed to the network. */
const unsent = new WeakSet<object>();

/** Remembers of an error that its request never left, and returns it. */
export function markUnsent<E>(error: E): E {
  if (typeof error === 'object' && error !== null) unsent.add(error);
  return error;
}

/** Whether it is known that the request of this error never left, so that it was certainly not carried out. */
export function isUnsent(error: unknown): boolean {
  return unsent.has(error as object);
}
