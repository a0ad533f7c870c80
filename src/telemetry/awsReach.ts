import type { EventFields, EventName } from './events.ts';
import type { Log } from './log.ts';

/** Once AWS has answered, calls to an endpoint may fail for so long without a line, ms: they are tried again by themselves. */
const graceMs = 10_000;

interface Outage {
  since: number;
  isSaid: boolean;
  /** Which an answer to one of shows that it is over. */
  operations: Set<string>;
}

/**
 * Reports an endpoint of AWS that gives no answer, and its return. Calls are tried again for half a minute before what
 * they are for fails: at a start, when a wrong endpoint is likely, that is too late.
 */
export function createAwsReachLine(log: Log, now: () => number) {
  let isReached = false;
  const outages = new Map<string | undefined, Outage>();

  function onNoAnswer({ operation, endpoint, message }: EventFields<'awsCall.failed'>): void {
    const outage = outages.get(endpoint) ?? { since: now(), isSaid: false, operations: new Set() };
    outages.set(endpoint, outage);
    outage.operations.add(operation);
    if (outage.isSaid || (isReached && now() - outage.since < graceMs)) return;
    outage.isSaid = true;
    log.report('aws.unreachable', { endpoint, reason: message });
  }

  function onAnswer(operation: string): void {
    isReached = true;
    for (const [endpoint, { since, isSaid, operations }] of outages) {
      if (!operations.has(operation)) continue;
      outages.delete(endpoint);
      if (isSaid)
        log.report('aws.reached', { endpoint, seconds: Math.round((now() - since) / 1000) });
    }
  }

  return {
    on(name: EventName, given: object): void {
      if (name === 'awsCall.answered') onAnswer((given as EventFields<typeof name>).operation);
      if (name !== 'awsCall.failed') return;
      const fields = given as EventFields<typeof name>;
      if (fields.kind === 'unreachable') onNoAnswer(fields);
      // A refusal of AWS is an answer.
      else if (fields.requestId !== undefined) onAnswer(fields.operation);
    },
  };
}
