import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Scheduler,
  type SchedulerEvent,
  startScheduler,
} from '../../../src/demo/scheduler.ts';
import { decodeWorkerMessage, encodeWorkerMessage } from '../../../src/demo/workerMessages.ts';
import { decodeMessage, encodeHeartbeat } from '../../../src/scheduler/protocol/codec.ts';
import { decodeMonitor } from '../../../src/scheduler/protocol/monitor.ts';
import { toSchedulerMessage } from '../../../src/scheduler/protocol/translate.ts';
import type { Connection } from '../../../src/scheduler/transport/connection.ts';
import { connectYmq } from '../../../src/scheduler/transport/ymq.ts';
import { monitorAddress, parseAddress } from '../../../src/shared/address.ts';

let scheduler: Scheduler;
const connections: Connection[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
  scheduler.close();
});

async function startTestScheduler(tasks: number): Promise<SchedulerEvent[]> {
  const events: SchedulerEvent[] = [];
  scheduler = await startScheduler(tasks, (one) => events.push(one));
  return events;
}

/** Connects a YMQ peer and collects the payloads that it receives. */
async function connectPeer(identity: string, address = parseAddress(scheduler.address)) {
  const received: Uint8Array[] = [];
  const connection = await new Promise<Connection>((resolve, reject) => {
    const peer = connectYmq(
      { address, identity },
      {
        onOpen: () => resolve(peer),
        onMessage: (payload) => received.push(new Uint8Array(payload)),
        onClosed: ({ reason }) => reject(new Error(reason)),
      },
    );
    connections.push(peer);
  });
  return { connection, received };
}

const heartbeat = (workers: number) =>
  encodeHeartbeat('g3', { maxTaskConcurrency: workers, capabilities: [], workerManagerID: 'wm' });

const vector = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../vectors/${name}.bin`, import.meta.url)));

async function joinWorker(name: string) {
  const peer = await connectPeer(name);
  peer.connection.send(encodeWorkerMessage({ type: 'join', managerId: 'wm' }));
  await vi.waitFor(() => expect(peer.received).toHaveLength(1));
  return { ...peer, task: decodeWorkerMessage(peer.received[0]!) };
}

describe("the demo's scheduler", () => {
  it("answers each heartbeat with the bytes of Scaler's echo and command", async () => {
    const events = await startTestScheduler(0);
    const { connection, received } = await connectPeer('manager');
    connection.send(heartbeat(8));
    await vi.waitFor(() => expect(received).toHaveLength(2));
    expect(received[0]).toEqual(vector('g3-echo'));
    expect(received[1]).toEqual(vector('g3-command-desired-one-request-zero'));
    connection.send(heartbeat(8));
    await vi.waitFor(() => expect(received).toHaveLength(4));
    expect(events).toEqual([{ type: 'manager.joined', cap: 8 }]);
  });

  it('requests workers while there are tasks, at most as many as the manager offers', async () => {
    await startTestScheduler(50);
    const { connection, received } = await connectPeer('manager');
    const requestedWorkers = async (workers: number) => {
      received.length = 0;
      connection.send(heartbeat(workers));
      await vi.waitFor(() => expect(received).toHaveLength(2));
      return toSchedulerMessage(decodeMessage(received[1]!, 'g3'));
    };
    const command = (taskConcurrency: number) => ({
      type: 'desired',
      requests: [{ taskConcurrency, capabilities: [] }],
    });
    expect(await requestedWorkers(8)).toEqual(command(1));
    expect(await requestedWorkers(0)).toEqual(command(0));
    await joinWorker('Worker|ECS-a|1');
    expect(await requestedWorkers(8)).toEqual(command(2));
  });

  it('reassigns the task of a worker that has left', async () => {
    const events = await startTestScheduler(1);
    const first = await joinWorker('Worker|ECS-a|1');
    expect(first.task).toMatchObject({ type: 'task', task: 0, number: 1 });
    first.connection.close();
    const second = await joinWorker('Worker|ECS-a|2');
    expect(second.task).toEqual(first.task);
    second.connection.send(encodeWorkerMessage({ type: 'result', task: 0, square: 1 }));
    await vi.waitFor(() => expect(scheduler.counts().completed).toBe(1));
    expect(scheduler.counts()).toMatchObject({ waiting: 0, running: 0, workers: 1 });
    expect(events.map(({ type }) => type)).toEqual([
      'worker.joined',
      'worker.left',
      'worker.joined',
      'task.done',
    ]);
  });

  it('publishes the workers of each manager two ports above its own port', async () => {
    await startTestScheduler(1);
    const { received } = await connectPeer(
      'watcher',
      monitorAddress(parseAddress(scheduler.address))!,
    );
    await joinWorker('Worker|ECS-a|1');
    const load = { free: 999, sent: 1, queued: 0 };
    const workers = [{ workerId: 'Worker|ECS-a|1', managerId: 'wm', groupId: null, load }];
    await vi.waitFor(
      () =>
        expect(decodeMonitor(received.at(-1)!, 'g3')).toEqual({
          type: 'monitor.workers',
          groups: null,
          managers: ['wm'],
          workers,
        }),
      { timeout: 5000 },
    );
  });

  it('ignores messages that it cannot decode', async () => {
    await startTestScheduler(0);
    const { connection, received } = await connectPeer('manager');
    connection.send(Buffer.alloc(16, 255));
    connection.send(heartbeat(1));
    await vi.waitFor(() => expect(received).toHaveLength(2));
  });
});
