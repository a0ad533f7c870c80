import type { Struct, StructCtor } from 'capnp-es';
import type {
  CommandResponse,
  Generation,
  Heartbeat,
} from '../../../machines/scheduler/messages.ts';
import { ProtocolFailure } from './failure.ts';
import type { Fields, Layout } from './fields.ts';
import { Frame } from './frame.ts';
import { heartbeatVariant, identify } from './generations.ts';
import { idBytes } from './idText.ts';
import { readStruct } from './read.ts';
import * as common from './schema/common.ts';
import * as g1 from './schema/g1.ts';
import * as g2 from './schema/g2.ts';
import * as layouts from './schema/layouts.ts';
import type { WireMessage } from './wireMessage.ts';
import { writeMessage } from './write.ts';

const ROOT = { variant: ['uint16', 0] } as const;

/**
 * One payload, without any transport's framing, into a message. The hint is the peer's generation where it is
 * known. Time and memory are bounded by the payload's length. Throws ProtocolFailure and nothing else.
 */
export function decodeMessage(bytes: Uint8Array, hint?: Generation): WireMessage {
  const frame = new Frame(bytes);
  const { generation, message, layout, body, variant } = openMessage(frame, hint);
  const fields = message === 'other' ? { variant } : readStruct(frame, body, layout);
  return { generation, message, fields } as WireMessage;
}

/** Which message a frame holds, and where its body is. */
export function openMessage(frame: Frame, hint?: Generation) {
  const root = frame.root();
  const { variant } = readStruct(frame, root, ROOT);
  const body = root && frame.struct(root, 0);
  return { ...identify(frame, variant, body, hint), body, variant };
}

/**
 * The manager's heartbeat. For a scheduler of unknown generation say g3: up to g23 all read what they need
 * of the same bytes. Throws ProtocolFailure for values that the wire has no room for.
 */
export function encodeHeartbeat(generation: Generation, heartbeat: Heartbeat): Uint8Array {
  const { maxTaskConcurrency, workersPerGroup = 0, workerManagerID } = heartbeat;
  const capabilities = heartbeat.capabilities.map(({ name, value }) => ({ name, value }));
  const variant = heartbeatVariant(generation);
  if (generation === 'g1' || generation === 'g1b') {
    const groups = { maxWorkerGroups: maxTaskConcurrency, workersPerGroup, capabilities };
    return generation === 'g1'
      ? write(variant, g1.WorkerAdapterHeartbeat, layouts.WorkerAdapterHeartbeat, groups)
      : write(variant, g1.NamedAdapterHeartbeat, layouts.NamedAdapterHeartbeat, {
          ...groups,
          workerManagerID: idBytes(workerManagerID),
        });
  }
  // Later drafts of the protocol read other meanings into this half of the word.
  if (workersPerGroup !== 0)
    throw new ProtocolFailure(`workersPerGroup means something else to a ${generation} scheduler`);
  return write(variant, g2.WorkerManagerHeartbeat, layouts.WorkerManagerHeartbeat, {
    maxTaskConcurrency,
    capabilities,
    workerManagerID: idBytes(workerManagerID),
  });
}

/** Reports a worker dead, whoever sends it. g4 has no such message: throws ProtocolFailure. */
export function encodeDisconnectRequest(generation: Generation, workerId: string): Uint8Array {
  if (generation === 'g4')
    throw new ProtocolFailure('a g4 scheduler hears of a worker only from the worker itself');
  return write(11, common.Disconnect, layouts.Disconnect, { worker: idBytes(workerId) });
}

const COMMANDS = { start: 0, shutdown: 1 };
const GROUP_STATUS = { success: 5, tooMany: 4, notFound: 1 };
const WORKERS_STATUS = { success: 3, tooMany: 0, notFound: 2 };

/** Throws ProtocolFailure for g3 and g4: their schedulers have no such message and end when they get one. */
export function encodeCommandResponse(
  generation: Generation,
  response: CommandResponse,
): Uint8Array {
  const workerIDs = response.workerIds.map(idBytes);
  const capabilities = response.capabilities.map(({ name, value }) => ({ name, value }));
  const command = { name: null, value: COMMANDS[response.command] };
  switch (generation) {
    case 'g1':
    case 'g1b':
      return write(28, g1.WorkerAdapterCommandResponse, layouts.WorkerAdapterCommandResponse, {
        workerGroupID: idBytes(response.groupId),
        workerIDs,
        command,
        status: { name: null, value: GROUP_STATUS[response.outcome] },
        capabilities,
      });
    case 'g2':
    case 'g23':
      return write(28, g2.StartShutdownResponse, layouts.StartShutdownResponse, {
        workerIDs,
        command,
        status: { name: null, value: WORKERS_STATUS[response.outcome] },
        capabilities,
      });
    default:
      throw new ProtocolFailure(`a ${generation} scheduler takes no answer to a command`);
  }
}

/** The whole message is made before anyone may write a byte of it; any failure is one of ours. */
function write<L extends Layout>(
  variant: number,
  Body: StructCtor<Struct>,
  layout: L,
  fields: Partial<Fields<L>>,
): Uint8Array {
  try {
    return writeMessage(variant, Body, layout, fields);
  } catch (cause) {
    if (cause instanceof ProtocolFailure) throw cause;
    throw new ProtocolFailure('the message cannot be written', { cause });
  }
}
