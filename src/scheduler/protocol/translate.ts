import type { Capability, DesiredRequest } from '../../../machines/shared/domain.ts';
import { idText } from './idText.ts';
import type { WireMessage } from './wireMessage.ts';

/** What the scheduler said to its worker manager, in words that no generation changes. */
export type SchedulerMessage =
  | { type: 'heartbeatEcho' }
  /** Everything that is wanted of us, as a level. */
  | { type: 'command'; requests: DesiredRequest[] }
  /** One more unit; must be answered. */
  | { type: 'start'; capabilities: Capability[] }
  /** Less: these workers, or this group (null where groups are not spoken of); must be answered. */
  | { type: 'shutdown'; groupId: string | null; workerIds: string[] }
  /** Our report of a dead worker was taken. */
  | { type: 'disconnected'; workerId: string }
  /** Leave in good order. */
  | { type: 'shutdownAsked' };

/** Null: a message that means nothing to a worker manager, or a command of an action that we do not know. */
export function toSchedulerMessage(wire: WireMessage): SchedulerMessage | null {
  switch (wire.message) {
    case 'workerAdapterHeartbeatEcho':
    case 'workerManagerHeartbeatEcho':
      return { type: 'heartbeatEcho' };
    case 'workerAdapterCommand': {
      const { command, capabilities, workerGroupID } = wire.fields;
      if (command.name === 'startWorkerGroup') return start(capabilities);
      if (command.name === 'shutdownWorkerGroup')
        return { type: 'shutdown', groupId: idText(workerGroupID), workerIds: [] };
      return null;
    }
    case 'workerManagerCommand':
      return workersCommand(wire);
    case 'disconnectResponse':
      return { type: 'disconnected', workerId: idText(wire.fields.worker) };
    case 'workerManagerShutdown':
      return { type: 'shutdownAsked' };
    default:
      return null;
  }
}

function workersCommand(
  wire: Extract<WireMessage, { message: 'workerManagerCommand' }>,
): SchedulerMessage | null {
  if (wire.generation === 'g3' || wire.generation === 'g4')
    return { type: 'command', requests: wire.fields.setDesiredTaskConcurrencyRequests };
  const { command, capabilities, workerIDs } = wire.fields;
  switch (command.name) {
    case 'startWorkers':
      return start(capabilities);
    case 'shutdownWorkers':
      return { type: 'shutdown', groupId: null, workerIds: workerIDs.map(idText) };
    case 'setDesiredTaskConcurrency':
      return wire.generation === 'g23'
        ? { type: 'command', requests: wire.fields.setDesiredTaskConcurrencyRequests }
        : null;
    default:
      return null;
  }
}

/** Some releases put capabilities without a name into their start commands; they say nothing. */
function start(capabilities: readonly Capability[]): SchedulerMessage {
  return { type: 'start', capabilities: capabilities.filter(({ name }) => name !== '') };
}
