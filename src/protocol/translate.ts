import type { DesiredRequest } from '../../machines/facts.ts';
import type { WireMessage } from './codec.ts';

/** What the scheduler said, in words that no generation changes. */
export type SchedulerMessage =
  | { type: 'heartbeatEcho' }
  | { type: 'command'; requests: DesiredRequest[] };

/** Null: a message that means nothing to a worker manager. */
export function toSchedulerMessage(wire: WireMessage): SchedulerMessage | null {
  switch (wire.message) {
    case 'workerManagerHeartbeatEcho':
      return { type: 'heartbeatEcho' };
    case 'workerManagerCommand':
      return { type: 'command', requests: wire.fields.setDesiredTaskConcurrencyRequests };
  }
}
