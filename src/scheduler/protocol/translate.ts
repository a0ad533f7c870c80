import type { SchedulerMessage } from '../../../machines/scheduler/messages.ts';
import type { Capability } from '../../../machines/shared/domain.ts';
import { idText } from './idText.ts';
import type { WireMessage } from './wireMessage.ts';

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
    return { type: 'desired', requests: wire.fields.setDesiredTaskConcurrencyRequests };
  const { command, capabilities, workerIDs } = wire.fields;
  switch (command.name) {
    case 'startWorkers':
      return start(capabilities);
    case 'shutdownWorkers':
      return { type: 'shutdown', groupId: null, workerIds: workerIDs.map(idText) };
    case 'setDesiredTaskConcurrency':
      return wire.generation === 'g23'
        ? { type: 'desired', requests: wire.fields.setDesiredTaskConcurrencyRequests }
        : null;
    default:
      return null;
  }
}

/** Some releases put capabilities without a name into their start commands; they say nothing. */
function start(capabilities: readonly Capability[]): SchedulerMessage {
  return { type: 'start', capabilities: capabilities.filter(({ name }) => name !== '') };
}
