import type { Struct, StructCtor } from 'capnp-es';
import type {
  CommandResponse,
  Generation,
  Heartbeat,
} from '../../../machines/scheduler/messages.ts';
import type { Fields, Layout } from './fields.ts';
import { Frame } from './frame.ts';
import { heartbeatVariant, identify } from './generations.ts';
import { idBytes } from './idText.ts';
import { ProtocolFailure } from './protocolFailure.ts';
import { readStruct } from './read.ts';
import * as common from './schema/common.ts';
import * as g1 from './schema/g1.ts';
import * as g2 from './schema/g2.ts';
import * as layouts from './schema/layouts.ts';
import type { WireMessage } from './wireMessage.ts';
import { writeMessage } from './write.ts';

const ROOT = { variant: ['uint16', 0] } as const;

/**
 * Decodes one payload, without the transport's framing. `hint` is the sender's generation if it is known. Time and
 * memory are bounded by the length of the payload. Throws only a ProtocolFailure.
 */
export function decodeMessage(bytes: Uint8Array, hint?: Generation): WireMessage {
  const frame = new Frame(bytes);
  const { generation, message, layout, body, variant } = openMessage(frame, hint);
  const fields = message === 'other' ? { variant } : readStruct(frame, body, layout);
  return { generation, message, fields } as WireMessage;
}

/** Identifies the message in a frame and locates its body. Throws a ProtocolFailure. */
export function openMessage(frame: Frame, hint?: Generation) {
  const root = frame.root();
  const { variant } = readStruct(frame, root, ROOT);
  const body = root && frame.struct(root, 0);
  return { ...identify(frame, variant, body, hint), body, variant };
}

/**
 * Encodes the manager's heartbeat. For a scheduler of unknown generation use g3: the generations up to g3 read the
 * fields they know from the same bytes. Throws a ProtocolFailure for values out of range.
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
  // Later drafts of the protocol give these four bytes another meaning.
  if (workersPerGroup !== 0)
    throw new ProtocolFailure(`a ${generation} heartbeat has no workersPerGroup`);
  return write(variant, g2.WorkerManagerHeartbeat, layouts.WorkerManagerHeartbeat, {
    maxTaskConcurrency,
    capabilities,
    workerManagerID: idBytes(workerManagerID),
  });
}

/** Encodes the report that a worker is dead. Any sender may report it. Throws a ProtocolFailure for g4, which has no such message. */
export function encodeDisconnectRequest(generation: Generation, workerId: string): Uint8Array {
  if (generation === 'g4') throw new ProtocolFailure('g4 has no disconnect request');
  return write(11, common.Disconnect, layouts.Disconnect, { worker: idBytes(workerId) });
}

const COMMANDS = { start: 0, shutdown: 1 };
const GROUP_STATUS = { success: 5, tooMany: 4, notFound: 1 };
const WORKERS_STATUS = { success: 3, tooMany: 0, notFound: 2 };

/** Encodes a command response. Throws a ProtocolFailure for g3 and g4: their schedulers exit when they receive one. */
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

/** Encodes a whole message. Throws only a ProtocolFailure. */
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
