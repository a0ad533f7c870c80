import { Message as Frame, utils } from 'capnp-es';
import type { Capability, DesiredRequest } from '../../machines/facts.ts';
import { ProtocolFailure } from './failure.ts';
import type { Generation } from './generations.ts';
import { Message, type TaskCapability } from './schema/common.ts';
import { WorkerManagerHeartbeat } from './schema/g2.ts';
import { WorkerManagerCommand } from './schema/g3.ts';

export type WireMessage =
  | { generation: Generation; message: 'workerManagerHeartbeatEcho'; fields: Record<string, never> }
  | {
      generation: Generation;
      message: 'workerManagerCommand';
      fields: { setDesiredTaskConcurrencyRequests: DesiredRequest[] };
    };

/** One payload, without any transport's framing, into a message. Throws ProtocolFailure. */
export function decodeMessage(bytes: Uint8Array, hint: Generation = 'g3'): WireMessage {
  try {
    const root = new Frame(new Uint8Array(bytes).buffer, false).getRoot(Message);
    if (root.variant === 26)
      return { generation: hint, message: 'workerManagerHeartbeatEcho', fields: {} };
    if (root.variant !== 27) throw new ProtocolFailure(`unknown variant ${root.variant}`);
    const command = utils.getAs(WorkerManagerCommand, root.body);
    const requests = command.setDesiredTaskConcurrencyRequests.map((request) => ({
      taskConcurrency: request.taskConcurrency,
      capabilities: request.capabilities.map((c) => ({ name: c.name, value: String(c.value) })),
    }));
    return {
      generation: hint,
      message: 'workerManagerCommand',
      fields: { setDesiredTaskConcurrencyRequests: requests },
    };
  } catch (cause) {
    if (cause instanceof ProtocolFailure) throw cause;
    throw new ProtocolFailure('not a message', { cause });
  }
}

export interface Heartbeat {
  /** 0 to 4294967295; what it counts depends on the generation. */
  maxTaskConcurrency: number;
  capabilities: Capability[];
  workerManagerID: string;
}

/** The manager's heartbeat, complete, before anything is written. Throws ProtocolFailure. */
export function encodeHeartbeat(_generation: Generation, heartbeat: Heartbeat): Uint8Array {
  const { maxTaskConcurrency, capabilities, workerManagerID } = heartbeat;
  if (
    !Number.isInteger(maxTaskConcurrency) ||
    maxTaskConcurrency < 0 ||
    maxTaskConcurrency > 0xffffffff
  )
    throw new ProtocolFailure(`maxTaskConcurrency ${maxTaskConcurrency} is not a UInt32`);
  const frame = new Frame();
  const root = frame.initRoot(Message);
  root.variant = 25;
  const body = utils.initStructAt(0, WorkerManagerHeartbeat, root);
  body.maxTaskConcurrency = maxTaskConcurrency;
  const list = body._initCapabilities(capabilities.length);
  capabilities.forEach(({ name, value }, i) => {
    const item = list.get(i) as TaskCapability;
    item.name = name;
    item.value = BigInt(value);
  });
  const id = new TextEncoder().encode(workerManagerID);
  body._initWorkerManagerID(id.length).copyBuffer(id);
  return new Uint8Array(frame.toArrayBuffer());
}
