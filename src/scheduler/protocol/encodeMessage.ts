import type { Struct, StructCtor } from 'capnp-es';
import type { Layout } from './fields.ts';
import { ProtocolFailure } from './protocolFailure.ts';
import * as common from './schema/common.ts';
import * as g1 from './schema/g1.ts';
import * as g2 from './schema/g2.ts';
import * as g3 from './schema/g3.ts';
import * as g23 from './schema/g23.ts';
import * as layouts from './schema/layouts.ts';
import * as monitor from './schema/monitor.ts';
import type { WireMessage } from './wireMessage.ts';
import { writeMessage } from './write.ts';

/** Variant numbers before g4 and in g4, -1 if the union has no such variant; then class and layout of the body. */
type Encoding = readonly [original: number, g4: number, Body: StructCtor<Struct>, layout: Layout];

/**
 * Encodes any message of either side, for the demo's scheduler and for tests. It also encodes messages that make a
 * real scheduler exit; the worker manager uses the encoders in codec.ts. Throws a ProtocolFailure for values out of
 * range and for messages that the generation does not have.
 */
export function encodeMessage(wire: WireMessage): Uint8Array {
  const [original, g4, Body, layout] = encodingOf(wire);
  const variant = wire.generation === 'g4' ? g4 : original;
  if (variant < 0) throw new ProtocolFailure(`${wire.generation} has no ${wire.message}`);
  return writeMessage(variant, Body, layout, wire.fields as Record<string, never>);
}

function encodingOf(wire: WireMessage): Encoding {
  switch (wire.message) {
    case 'workerAdapterHeartbeat':
      return [25, -1, g1.WorkerAdapterHeartbeat, layouts.WorkerAdapterHeartbeat];
    case 'workerManagerHeartbeat':
      return wire.generation === 'g1b'
        ? [25, -1, g1.NamedAdapterHeartbeat, layouts.NamedAdapterHeartbeat]
        : [25, 23, g2.WorkerManagerHeartbeat, layouts.WorkerManagerHeartbeat];
    case 'workerAdapterHeartbeatEcho':
    case 'workerManagerHeartbeatEcho':
      return [26, 24, common.Empty, {}];
    case 'workerAdapterCommand':
      return [27, -1, g1.WorkerAdapterCommand, layouts.WorkerAdapterCommand];
    case 'workerManagerCommand':
      if (wire.generation === 'g2')
        return [27, -1, g2.StartShutdownCommand, layouts.StartShutdownCommand];
      if (wire.generation === 'g23') return [27, -1, g23.MixedCommand, layouts.MixedCommand];
      return [27, 25, g3.DesiredCommand, layouts.DesiredCommand];
    case 'workerAdapterCommandResponse':
      return [28, -1, g1.WorkerAdapterCommandResponse, layouts.WorkerAdapterCommandResponse];
    case 'workerManagerCommandResponse':
      return [28, -1, g2.StartShutdownResponse, layouts.StartShutdownResponse];
    case 'disconnectRequest':
      return [11, -1, common.Disconnect, layouts.Disconnect];
    case 'disconnectResponse':
      return [12, -1, common.Disconnect, layouts.Disconnect];
    case 'workerHeartbeat':
      return 'memLimit' in wire.fields
        ? [9, 9, common.WideWorkerHeartbeat, layouts.WideWorkerHeartbeat]
        : [9, 9, common.WorkerHeartbeat, layouts.WorkerHeartbeat];
    case 'workerHeartbeatEcho':
      return [10, 10, common.WorkerHeartbeatEcho, layouts.WorkerHeartbeatEcho];
    case 'workerDisconnectNotification':
      return [-1, 26, common.Empty, {}];
    case 'workerShutdown':
      return [-1, 27, common.Empty, {}];
    case 'workerManagerShutdown':
      return [-1, 28, common.Empty, {}];
    case 'workerManagerDisconnectNotification':
      return [-1, 29, common.Empty, {}];
    case 'stateScheduler':
      if ('workerGroups' in wire.fields.scalingManager)
        return [16, -1, g1.GroupStateScheduler, layouts.GroupStateScheduler];
      return 'storage' in wire.fields.objectManager ||
        wire.fields.workerManager.workers.some((worker) => 'memLimit' in worker)
        ? [16, 14, monitor.WideStateScheduler, layouts.WideStateScheduler]
        : [16, 14, monitor.StateScheduler, layouts.StateScheduler];
    case 'stateWorker':
      return [17, 15, monitor.StateWorker, layouts.StateWorker];
    case 'stateTask':
      return 'objectBytes' in wire.fields
        ? [18, 16, monitor.WideStateTask, layouts.WideStateTask]
        : [18, 16, monitor.StateTask, layouts.StateTask];
    case 'stateBalanceAdvice':
      return [15, 13, monitor.StateBalanceAdvice, layouts.StateBalanceAdvice];
    case 'other':
      throw new ProtocolFailure('a message of kind other has no known body');
  }
}
