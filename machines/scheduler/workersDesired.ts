import type { Capability, DesiredRequest } from '../shared/domain.ts';

/** A name repeated inside one request: the last one counts, as in Scaler, where it becomes a dict. */
const matches = (request: DesiredRequest, own: Map<string, string>): boolean =>
  [...new Map(request.capabilities.map(({ name, value }) => [name, value]))].every(
    ([name, value]) => own.get(name) === value,
  );

/**
 * Workers desired from a manager with these capabilities: the sum of the requests whose every name
 * and value it has. `null` for an empty list: the scheduler has no opinion, which is not zero.
 */
export const workersDesired = (
  requests: DesiredRequest[],
  capabilities: Capability[],
): number | null => {
  if (requests.length === 0) return null;
  const own = new Map(capabilities.map(({ name, value }) => [name, value]));
  return requests
    .filter((request) => matches(request, own))
    .reduce((sum, { taskConcurrency }) => sum + taskConcurrency, 0);
};
