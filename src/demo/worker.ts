import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { connectYmq } from '../scheduler/transport/ymq.ts';
import { parseAddress } from '../shared/address.ts';
import { decodeWorkerMessage, encodeWorkerMessage } from './workerMessages.ts';

/**
 * The demo's `scaler_worker_manager baremetal_native`: takes the flags of Scaler's program, runs as many workers as
 * --max-task-concurrency says, and exits on SIGTERM or when the last worker has lost its connection to the scheduler.
 */
const stringOption = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: stringOption,
    'worker-type': stringOption,
    'max-task-concurrency': stringOption,
    'per-worker-task-queue-size': stringOption,
    'heartbeat-interval-seconds': stringOption,
    'task-timeout-seconds': stringOption,
    'garbage-collect-interval-seconds': stringOption,
    'death-timeout-seconds': stringOption,
    'trim-memory-threshold-bytes': stringOption,
    'event-loop': stringOption,
    'io-threads': stringOption,
    'hard-processor-suspend': { type: 'boolean' },
    'object-storage-address': stringOption,
    'per-worker-capabilities': stringOption,
    'worker-manager-id': stringOption,
    preload: stringOption,
  },
});
const [, scheduler = ''] = positionals;
const address = parseAddress(scheduler);

function startWorker() {
  const identity = `Worker|${values['worker-type']}|${randomUUID().replaceAll('-', '')}`;
  let taskTimer: NodeJS.Timeout | undefined;
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
        taskTimer = setTimeout(
          () => connection.send(encodeWorkerMessage({ type: 'result', task, square: number ** 2 })),
          sleepMs,
        );
      },
      onClosed: () => clearTimeout(taskTimer),
    },
  );
  return connection;
}

const workers = Array.from({ length: Number(values['max-task-concurrency']) }, startWorker);
process.once('SIGTERM', () => {
  for (const worker of workers) worker.close();
});
