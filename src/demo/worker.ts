import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { connectYmq } from '../scheduler/transport/ymq.ts';
import { parseAddress } from '../shared/address.ts';
import { decodeWorkerMessage, encodeWorkerMessage } from './workerMessages.ts';

/**
 * The demo's `scaler_worker_manager baremetal_native`: takes the flags of Scaler's own, hosts as many workers as they
 * say, and ends when it is told to or when its last worker has lost the scheduler.
 */
const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: text,
    'worker-type': text,
    'max-task-concurrency': text,
    'per-worker-task-queue-size': text,
    'heartbeat-interval-seconds': text,
    'task-timeout-seconds': text,
    'garbage-collect-interval-seconds': text,
    'death-timeout-seconds': text,
    'trim-memory-threshold-bytes': text,
    'event-loop': text,
    'io-threads': text,
    'hard-processor-suspend': { type: 'boolean' },
    'object-storage-address': text,
    'per-worker-capabilities': text,
    'worker-manager-id': text,
    preload: text,
  },
});
const [, scheduler = ''] = positionals;
const address = parseAddress(scheduler);

const startWorker = () => {
  const identity = `Worker|${values['worker-type']}|${randomUUID().replaceAll('-', '')}`;
  let busy: NodeJS.Timeout | undefined;
  const connection = connectYmq(
    { address, identity },
    {
      onOpen: () => {
        const managerId = values['worker-manager-id'] ?? '';
        connection.send(encodeWorkerMessage({ type: 'join', managerId }));
      },
      onMessage(payload) {
        const message = decodeWorkerMessage(payload);
        if (message.type !== 'task') return;
        const { task, number, sleepMs } = message;
        busy = setTimeout(
          () => connection.send(encodeWorkerMessage({ type: 'result', task, square: number ** 2 })),
          sleepMs,
        );
      },
      onClosed: () => clearTimeout(busy),
    },
  );
  return connection;
};

const workers = Array.from({ length: Number(values['max-task-concurrency']) }, startWorker);
process.once('SIGTERM', () => {
  for (const worker of workers) worker.close();
});
