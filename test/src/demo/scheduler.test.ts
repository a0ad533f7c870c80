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

/** A connected peer and what it hears. */
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
  it("answers each heartbeat with Scaler's own bytes: the echo, then the requestedWorkers", async () => {
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

  it('wants workers while there are tasks, and no more than are offered', async () => {
    await startTestScheduler(50);
    const { connection, received } = await connectPeer('manager');
    const requestedWorkers = async (workers: number) => {
      received.length = 0;
      connection.send(heartbeat(workers));
      await vi.waitFor(() => expect(received).toHaveLength(2));
      return toSchedulerMessage(decodeMessage(received[1]!, 'g3'));
    };
    const wants = (taskConcurrency: number) => ({
      type: 'command',
      requests: [{ taskConcurrency, capabilities: [] }],
    });
    expect(await requestedWorkers(8)).toEqual(wants(1));
    expect(await requestedWorkers(0)).toEqual(wants(0));
    await joinWorker('Worker|ECS-a|1');
    expect(await requestedWorkers(8)).toEqual(wants(2));
  });

  it('has its tasks done, those of a worker that has left by another one', async () => {
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

  it('publishes two ports further who works for which manager', async () => {
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
          workers,
        }),
      { timeout: 5000 },
    );
  });

  it('outlives bytes that mean nothing to it', async () => {
    await startTestScheduler(0);
    const { connection, received } = await connectPeer('manager');
    connection.send(Buffer.alloc(16, 255));
    connection.send(heartbeat(1));
    await vi.waitFor(() => expect(received).toHaveLength(2));
  });
});
