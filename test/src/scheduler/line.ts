import { createActor, createMachine, type EventObject, SimulatedClock } from 'xstate';
import type { Generation } from '../../../machines/scheduler/messages.ts';
import { session } from '../../../machines/scheduler/session.ts';
import { encodeMessage } from '../../../src/scheduler/protocol/encodeMessage.ts';
import type { WireMessage } from '../../../src/scheduler/protocol/wireMessage.ts';
import { schedulerSocket } from '../../../src/scheduler/schedulerSocket.ts';
import type {
  ConnectionEnd,
  ConnectionHandlers,
  YmqVersion,
} from '../../../src/scheduler/transport/connection.ts';
import { parseAddress } from '../../../src/shared/address.ts';
import { sessionInput } from '../../support/liveSession.ts';

const word = { name: null } as never as { name: string | null; value: number };
export const bytes = (text: string) => new TextEncoder().encode(text);

export const echo = (generation: Generation) =>
  encodeMessage({
    generation,
    message: generation === 'g1' ? 'workerAdapterHeartbeatEcho' : 'workerManagerHeartbeatEcho',
    fields: {},
  } as WireMessage);
export const desired = (generation: 'g3' | 'g4', taskConcurrency: number) =>
  encodeMessage({
    generation,
    message: 'workerManagerCommand',
    fields: { setDesiredTaskConcurrencyRequests: [{ taskConcurrency, capabilities: [] }] },
  } as WireMessage);
export const group = (value: 0 | 1, id: string) =>
  encodeMessage({
    generation: 'g1',
    message: 'workerAdapterCommand',
    fields: { workerGroupID: bytes(id), command: { ...word, value }, capabilities: [] },
  } as WireMessage);
export const workers = (generation: 'g2' | 'g23', value: 0 | 1, ids: string[]) =>
  encodeMessage({
    generation,
    message: 'workerManagerCommand',
    fields: {
      workerIDs: ids.map(bytes),
      command: { ...word, value },
      capabilities: [],
      ...(generation === 'g23' && { setDesiredTaskConcurrencyRequests: [] }),
    },
  } as WireMessage);

/** The other end of a connection, in the hands of a test. */
const wire = () => {
  const sent: Uint8Array[] = [];
  const state = { closed: 0, destroyed: 0, full: false };
  let handlers = null as ConnectionHandlers | null;
  const connect = (_: unknown, given: ConnectionHandlers) => {
    handlers = given;
    return {
      dropped: 0,
      send: (payload: Uint8Array) => !state.full && sent.push(payload) > 0,
      close: () => void state.closed++,
      destroy: () => void state.destroyed++,
    };
  };
  const settings = { connect, address: parseAddress('tcp://127.0.0.1:1'), identity: 'us' };
  const open = (magic: YmqVersion | null) => handlers?.onOpen({ identity: null, magic });
  const hear = (payload: Uint8Array) => handlers?.onMessage(payload);
  const end = (how: ConnectionEnd) => handlers?.onClosed(how);
  const variants = () =>
    sent.map((payload) => new DataView(payload.buffer, payload.byteOffset).getUint16(16, true));
  return { sent, state, settings, open, hear, end, variants };
};

/** The socket alone: commands on one side, bytes on the other. */
export const bareSocket = () => {
  const { settings, ...others } = wire();
  const told: EventObject[] = [];
  const actor = createActor(
    createMachine({
      invoke: { id: 'socket', src: schedulerSocket(settings) },
      on: { '*': { actions: ({ event }) => told.push(event) } },
    }),
  ).start();
  const command = (event: EventObject) => actor.getSnapshot().children.socket?.send(event as never);
  return { ...others, told, command, stop: () => actor.stop() };
};

/** The session over the socket: what the scheduler says goes in as bytes, and bytes come out. */
export const line = (magic: YmqVersion | null, ours: string[] = []) => {
  const { settings, open, ...others } = wire();
  const clock = new SimulatedClock();
  const actor = createActor(session.provide({ actors: { socket: schedulerSocket(settings) } }), {
    clock,
    input: sessionInput,
  }).start();
  actor.send({ type: 'fleet.tasksChanged', cohortId: 'c', added: ours, removed: [] });
  // The first heartbeat follows at once.
  open(magic);
  const beat = () => void clock.increment(2000);
  return { ...others, beat, stop: () => actor.stop() };
};
