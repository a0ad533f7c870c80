import { createActor, createMachine, type EventObject } from 'xstate';
import type { Generation, Terms } from '../../../machines/scheduler/messages.ts';
import type { Graveyard } from '../../../src/scheduler/deadWorkers.ts';
import type { GroupsSight } from '../../../src/scheduler/monitorSocket.ts';
import { encodeMessage } from '../../../src/scheduler/protocol/encodeMessage.ts';
import type { WireMessage } from '../../../src/scheduler/protocol/wireMessage.ts';
import { socket } from '../../../src/scheduler/schedulerSocket.ts';
import type {
  ConnectionHandlers,
  YmqVersion,
} from '../../../src/scheduler/transport/connection.ts';
import { parseAddress } from '../../../src/shared/address.ts';
import { now } from '../../../src/shared/clock.ts';

export const quiet = { debug() {}, info() {}, warn() {}, error() {} };
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

/** The socket on a line that a test holds the other end of. */
export const line = (
  magic: YmqVersion | null,
  ours: string[] = [],
  groups: () => GroupsSight | null = () => null,
  graves?: Graveyard,
) => {
  const sent: Uint8Array[] = [];
  const told: EventObject[] = [];
  const terms: Terms[] = [];
  const lines: string[] = [];
  let closed = 0;
  let handlers = null as ConnectionHandlers | null;
  const logic = socket(
    {
      connect: (_, given) => {
        handlers = given;
        return {
          dropped: 0,
          send: (payload) => sent.push(payload) > 0,
          close: () => void closed++,
          destroy() {},
        };
      },
      ...(graves && { graves }),
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 2,
      found: (found) => {
        terms.push(found);
        return null;
      },
      line: (state) => lines.push(state),
      sight: () => ({
        at: now(),
        ours: new Set(ours),
        loads: new Map(),
        complete: true,
        groups: groups(),
      }),
    },
    quiet,
  );
  const actor = createActor(
    createMachine({
      invoke: { id: 'socket', src: logic },
      on: { '*': { actions: ({ event }) => told.push(event) } },
    }),
  ).start();
  const child = actor.getSnapshot().children.socket;
  const beat = (workers = 8) => child?.send({ type: 'socket.beat', workers } as never);
  (handlers as ConnectionHandlers).onOpen({ identity: null, magic });
  const hear = (payload: Uint8Array) => (handlers as ConnectionHandlers).onMessage(payload);
  const variants = () =>
    sent.map((payload) => new DataView(payload.buffer, payload.byteOffset).getUint16(16, true));
  const send = (order: EventObject) => child?.send(order as never);
  const closes = () => closed;
  return { beat, hear, send, closes, sent, told, terms, lines, variants, stop: () => actor.stop() };
};
