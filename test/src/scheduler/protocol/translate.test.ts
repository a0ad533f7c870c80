import { expect, it } from 'vitest';
import { decodeMessage } from '../../../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../../../src/scheduler/protocol/encodeMessage.ts';
import { GENERATIONS } from '../../../../src/scheduler/protocol/generations.ts';
import { toSchedulerMessage } from '../../../../src/scheduler/protocol/translate.ts';
import type { WireMessage } from '../../../../src/scheduler/protocol/wireMessage.ts';
import { vectors } from './vectors.ts';

const linux = { name: 'linux', value: '-1' };
const bytes = (text: string) => new TextEncoder().encode(text);

/** Translates a captured message. */
function translatedVector(name: string) {
  const found = vectors.find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return toSchedulerMessage(decodeMessage(found.bytes, found.generation));
}

/** Encodes, decodes with the generation as hint, and translates a message. */
function translated(wire: WireMessage) {
  return toSchedulerMessage(decodeMessage(encodeMessage(wire), wire.generation));
}

it.each(['g1', 'g2', 'g23', 'g3'])('toSchedulerMessage translates the echo of %s', (generation) => {
  expect(translatedVector(`${generation}-echo`)).toEqual({ type: 'heartbeatEcho' });
});

it('toSchedulerMessage translates the echo and the command of g4', () => {
  expect(
    translated({ generation: 'g4', message: 'workerManagerHeartbeatEcho', fields: {} }),
  ).toEqual({
    type: 'heartbeatEcho',
  });
  const requests = [{ taskConcurrency: 5, capabilities: [linux] }];
  const fields = { setDesiredTaskConcurrencyRequests: requests };
  expect(translated({ generation: 'g4', message: 'workerManagerCommand', fields })).toEqual({
    type: 'desired',
    requests,
  });
});

it('toSchedulerMessage translates desired counts of g3 and g23', () => {
  for (const generation of ['g3', 'g23'])
    expect(translatedVector(`${generation}-command-desired-three-requests`)).toEqual({
      type: 'desired',
      requests: [
        { taskConcurrency: 4, capabilities: [] },
        { taskConcurrency: 2, capabilities: [{ name: 'gpu', value: '-1' }] },
        { taskConcurrency: 1, capabilities: [linux, { name: 'cpu', value: '4' }] },
      ],
    });
});

it('toSchedulerMessage treats a null list of requests as empty', () => {
  expect(translatedVector('alt-g3-command-null-list')).toEqual({ type: 'desired', requests: [] });
});

it('toSchedulerMessage translates start and shutdown of groups and of workers', () => {
  expect(translatedVector('g1-command-start-worker-group')).toEqual({
    type: 'start',
    capabilities: [],
  });
  expect(translatedVector('g1-command-shutdown-worker-group')).toMatchObject({
    type: 'shutdown',
    groupId: expect.stringMatching(/^ecs-/),
    workerIds: [],
  });
  expect(translatedVector('g2-command-start-workers')).toEqual({ type: 'start', capabilities: [] });
  expect(translatedVector('g23-command-shutdown-workers-one-id')).toMatchObject({
    type: 'shutdown',
    groupId: null,
    workerIds: [expect.stringMatching(/^Worker\|ECS\|/)],
  });
});

it('toSchedulerMessage drops capabilities without a name from start commands', () => {
  const command = { name: 'startWorkers', value: 0 } as const;
  const capabilities = [{ name: '', value: '0' }, linux];
  const fields = { workerIDs: [], command, capabilities, setDesiredTaskConcurrencyRequests: [] };
  expect(translated({ generation: 'g23', message: 'workerManagerCommand', fields })).toEqual({
    type: 'start',
    capabilities: [linux],
  });
});

it('toSchedulerMessage translates the shutdown of a manager only for g4', () => {
  const shutdown = encodeMessage({
    generation: 'g4',
    message: 'workerManagerShutdown',
    fields: {},
  });
  for (const generation of GENERATIONS)
    expect(toSchedulerMessage(decodeMessage(shutdown, generation))).toEqual(
      generation === 'g4' ? { type: 'shutdownAsked' } : null,
    );
});

it('toSchedulerMessage keeps ids that are not UTF-8', () => {
  const worker = new Uint8Array([0xff, 0x00]);
  const answer = { generation: 'g3', message: 'disconnectResponse' } as const;
  expect(translated({ ...answer, fields: { worker } })).toEqual({
    type: 'disconnected',
    workerId: 'hex:ff00',
  });
  expect(translated({ ...answer, fields: { worker: bytes('w') } })).toMatchObject({
    workerId: 'w',
  });
});

it('toSchedulerMessage returns null for messages to others and for unknown actions', () => {
  expect(translatedVector('g3-worker-heartbeat')).toBeNull();
  const vector = vectors.find(({ name }) => name === 'g2-command-start-workers');
  const unknownAction = new Uint8Array(vector?.bytes ?? []);
  const at = 8 + 3 * 8;
  expect(unknownAction[at]).toBe(0);
  unknownAction[at] = 9;
  const wire = decodeMessage(unknownAction, 'g2');
  expect(wire.fields).toMatchObject({ command: { name: null, value: 9 } });
  expect(toSchedulerMessage(wire)).toBeNull();
});
