import { expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../../src/scheduler/protocol/encodeMessage.ts';
import { GENERATIONS } from '../../../../src/scheduler/protocol/generations.ts';
import { toSchedulerMessage } from '../../../../src/scheduler/protocol/translate.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

const linux = { name: 'linux', value: '-1' };
const bytes = (text: string) => new TextEncoder().encode(text);

function meaning(name: string) {
  const found = vectors.find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return toSchedulerMessage(decodeMessage(found.bytes, found.generation));
}

/** What a stand-in scheduler writes, as a manager that knows its generation understands it. */
function said(wire: WireMessage) {
  return toSchedulerMessage(decodeMessage(encodeMessage(wire), wire.generation));
}

it.each(['g1', 'g2', 'g23', 'g3'])('knows the echo of %s', (generation) => {
  expect(meaning(`${generation}-echo`)).toEqual({ type: 'heartbeatEcho' });
});

it('knows the renumbered echo and command', () => {
  expect(said({ generation: 'g4', message: 'workerManagerHeartbeatEcho', fields: {} })).toEqual({
    type: 'heartbeatEcho',
  });
  const requests = [{ taskConcurrency: 5, capabilities: [linux] }];
  const fields = { setDesiredTaskConcurrencyRequests: requests };
  expect(said({ generation: 'g4', message: 'workerManagerCommand', fields })).toEqual({
    type: 'desired',
    requests,
  });
});

it('finds desired counts in g3 and in the mix before it', () => {
  for (const generation of ['g3', 'g23'])
    expect(meaning(`${generation}-command-desired-three-requests`)).toEqual({
      type: 'desired',
      requests: [
        { taskConcurrency: 4, capabilities: [] },
        { taskConcurrency: 2, capabilities: [{ name: 'gpu', value: '-1' }] },
        { taskConcurrency: 1, capabilities: [linux, { name: 'cpu', value: '4' }] },
      ],
    });
});

it('takes a null list of requests for an empty one', () => {
  expect(meaning('alt-g3-command-null-list')).toEqual({ type: 'desired', requests: [] });
});

it('says start and shutdown for groups and for workers alike', () => {
  expect(meaning('g1-command-start-worker-group')).toEqual({ type: 'start', capabilities: [] });
  expect(meaning('g1-command-shutdown-worker-group')).toMatchObject({
    type: 'shutdown',
    groupId: expect.stringMatching(/^ecs-/),
    workerIds: [],
  });
  expect(meaning('g2-command-start-workers')).toEqual({ type: 'start', capabilities: [] });
  expect(meaning('g23-command-shutdown-workers-one-id')).toMatchObject({
    type: 'shutdown',
    groupId: null,
    workerIds: [expect.stringMatching(/^Worker\|ECS\|/)],
  });
});

it('drops the nameless capabilities that some releases put into start', () => {
  const command = { name: 'startWorkers', value: 0 } as const;
  const capabilities = [{ name: '', value: '0' }, linux];
  const fields = { workerIDs: [], command, capabilities, setDesiredTaskConcurrencyRequests: [] };
  expect(said({ generation: 'g23', message: 'workerManagerCommand', fields })).toEqual({
    type: 'start',
    capabilities: [linux],
  });
});

it('hears an orderly end only where the number means one', () => {
  const farewell = encodeMessage({
    generation: 'g4',
    message: 'workerManagerShutdown',
    fields: {},
  });
  for (const generation of GENERATIONS)
    expect(toSchedulerMessage(decodeMessage(farewell, generation))).toEqual(
      generation === 'g4' ? { type: 'shutdownAsked' } : null,
    );
});

it('keeps ids that are not text', () => {
  const worker = new Uint8Array([0xff, 0x00]);
  const answer = { generation: 'g3', message: 'disconnectResponse' } as const;
  expect(said({ ...answer, fields: { worker } })).toEqual({
    type: 'disconnected',
    workerId: 'hex:ff00',
  });
  expect(said({ ...answer, fields: { worker: bytes('w') } })).toMatchObject({ workerId: 'w' });
});

it('has nothing to say about messages for others, and for actions it does not know', () => {
  expect(meaning('g3-worker-heartbeat')).toBeNull();
  const vector = vectors.find(({ name }) => name === 'g2-command-start-workers');
  const odd = new Uint8Array(vector?.bytes ?? []);
  const at = 8 + 3 * 8;
  expect(odd[at]).toBe(0);
  odd[at] = 9;
  const wire = decodeMessage(odd, 'g2');
  expect(wire.fields).toMatchObject({ command: { name: null, value: 9 } });
  expect(toSchedulerMessage(wire)).toBeNull();
});
