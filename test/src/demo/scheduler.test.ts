import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Scheduler, type SchedulerNews, startScheduler } from '../../../src/demo/scheduler.ts';
import { decodeWorkerMessage, encodeWorkerMessage } from '../../../src/demo/workerMessages.ts';
import { decodeMessage, encodeHeartbeat } from '../../../src/scheduler/protocol/codec.ts';
import { decodeMonitor } from '../../../src/scheduler/protocol/monitor.ts';
import { toSchedulerMessage } from '../../../src/scheduler/protocol/translate.ts';
import type { Connection } from '../../../src/scheduler/transport/connection.ts';
import { connectYmq } from '../../../src/scheduler/transport/ymq.ts';
import { monitorAddress, parseAddress } from '../../../src/shared/address.ts';

let scheduler: Scheduler;
const open: Connection[] = [];
afterEach(() => {
  for (const connection of open.splice(0)) connection.destroy();
  scheduler.close();
});

async function start(tasks: number): Promise<SchedulerNews[]> {
  const news: SchedulerNews[] = [];
  scheduler = await startScheduler(tasks, (one) => news.push(one));
  return news;
}

/** A connected peer and what it hears. */
async function peer(identity: string, address = parseAddress(scheduler.address)) {
  const heard: Uint8Array[] = [];
  const connection = await new Promise<Connection>((resolve, reject) => {
    const made = connectYmq(
      { address, identity },
      {
        onOpen: () => resolve(made),
        onMessage: (payload) => heard.push(new Uint8Array(payload)),
        onClosed: ({ reason }) => reject(new Error(reason)),
      },
    );
    open.push(made);
  });
  return { connection, heard };
}

const beat = (workers: number) =>
  encodeHeartbeat('g3', { maxTaskConcurrency: workers, capabilities: [], workerManagerID: 'wm' });

const vector = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../vectors/${name}.bin`, import.meta.url)));

async function worker(name: string) {
  const made = await peer(name);
  made.connection.send(encodeWorkerMessage({ type: 'join', managerId: 'wm' }));
  await vi.waitFor(() => expect(made.heard).toHaveLength(1));
  return { ...made, task: decodeWorkerMessage(made.heard[0]!) };
}

describe("the demo's scheduler", () => {
  it("answers each heartbeat with Scaler's own bytes: the echo, then the wish", async () => {
    const news = await start(0);
    const { connection, heard } = await peer('manager');
    connection.send(beat(8));
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[0]).toEqual(vector('g3-echo'));
    expect(heard[1]).toEqual(vector('g3-command-desired-one-request-zero'));
    connection.send(beat(8));
    await vi.waitFor(() => expect(heard).toHaveLength(4));
    expect(news).toEqual([{ type: 'manager.joined', cap: 8 }]);
  });

  it('wants workers while there are tasks, and no more than are offered', async () => {
    await start(50);
    const { connection, heard } = await peer('manager');
    const wish = async (workers: number) => {
      heard.length = 0;
      connection.send(beat(workers));
      await vi.waitFor(() => expect(heard).toHaveLength(2));
      return toSchedulerMessage(decodeMessage(heard[1]!, 'g3'));
    };
    const wants = (taskConcurrency: number) => ({
      type: 'desired',
      requests: [{ taskConcurrency, capabilities: [] }],
    });
    expect(await wish(8)).toEqual(wants(1));
    expect(await wish(0)).toEqual(wants(0));
    await worker('Worker|ECS-a|1');
    expect(await wish(8)).toEqual(wants(2));
  });

  it('has its tasks done, those of a worker that has left by another one', async () => {
    const news = await start(1);
    const first = await worker('Worker|ECS-a|1');
    expect(first.task).toMatchObject({ type: 'task', task: 0, number: 1 });
    first.connection.close();
    const second = await worker('Worker|ECS-a|2');
    expect(second.task).toEqual(first.task);
    second.connection.send(encodeWorkerMessage({ type: 'result', task: 0, square: 1 }));
    await vi.waitFor(() => expect(scheduler.counts().completed).toBe(1));
    expect(scheduler.counts()).toMatchObject({ waiting: 0, running: 0, workers: 1 });
    expect(news.map(({ type }) => type)).toEqual([
      'worker.joined',
      'worker.left',
      'worker.joined',
      'task.done',
    ]);
  });

  it('publishes two ports further who works for which manager', async () => {
    await start(1);
    const { heard } = await peer('watcher', monitorAddress(parseAddress(scheduler.address))!);
    await worker('Worker|ECS-a|1');
    const load = { free: 999, sent: 1, queued: 0 };
    const workers = [{ workerId: 'Worker|ECS-a|1', managerId: 'wm', groupId: null, load }];
    await vi.waitFor(
      () =>
        expect(decodeMonitor(heard.at(-1)!, 'g3')).toEqual({
          type: 'monitor.workers',
          groups: null,
          workers,
        }),
      { timeout: 5000 },
    );
  });

  it('outlives bytes that mean nothing to it', async () => {
    await start(0);
    const { connection, heard } = await peer('manager');
    connection.send(Buffer.alloc(16, 255));
    connection.send(beat(1));
    await vi.waitFor(() => expect(heard).toHaveLength(2));
  });
});
