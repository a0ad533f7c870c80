import { encodeMonitorMessage, type WorkerStatus } from '../../src/demo/monitorMessage.ts';
import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { idBytes } from '../../src/scheduler/protocol/idText.ts';
import { epochMs } from './child.ts';

/**
 * The monitor stream of the stand-in scheduler, as a program of its own: however many workers it lists, it does not
 * delay the scheduler's answers. Once a second it publishes all workers.
 */
export type MonitorRequest =
  /** At work: each second the other half of the workers has a task. */
  | { ask: 'list'; taskIds: string[]; each: number; isAtWork?: boolean }
  /** They connect one after another: a message for each, so many a second. */
  | { ask: 'connect'; taskIds: string[]; each: number; perSecond: number };
export type MonitorEvent = { event: 'listening' } | { event: 'done'; startedAt: number };

const generation = 'g3';
const tell = (event: MonitorEvent) => process.connected && process.send?.(event);
const monitor = await startYmqServer('scheduler', Number(process.argv[2]), {});

let listed: WorkerStatus[] = [];
/** Two lists that follow each other; null: the list stays as it is. */
let turns: WorkerStatus[][] | null = null;
let turn = 0;
let published: { of: WorkerStatus[]; count: number; bytes: Uint8Array } | null = null;

setInterval(() => {
  listed = turns?.[turn++ % turns.length] ?? listed;
  // Encoded again only when it has changed: the stand-in must not be what is slow.
  if (published?.of !== listed || published.count !== listed.length)
    published = { of: listed, count: listed.length, bytes: encodeMonitorMessage(listed) };
  monitor.broadcast(published.bytes);
}, 1000);

const workersOf = (taskIds: string[], each: number): WorkerStatus[] =>
  taskIds.flatMap((taskId) =>
    Array.from({ length: each }, (_, i) => ({
      workerId: `Worker|ECS-${taskId}|${i}|x`,
      managerId: 'bench',
      tasks: 0,
    })),
  );

function connectAll(workers: WorkerStatus[], perSecond: number): void {
  const startedAt = epochMs();
  let next = 0;
  turns = null;
  listed = [];
  const step = () => {
    const due = Math.min(workers.length, Math.ceil(((epochMs() - startedAt) / 1000) * perSecond));
    for (const worker of workers.slice(next, due)) {
      const workerId = idBytes(worker.workerId);
      const state = { value: 0, name: 'connected' } as const;
      monitor.broadcast(
        encodeMessage({
          generation,
          message: 'stateWorker',
          fields: { workerId, state, capabilities: [] },
        }),
      );
      listed.push(worker);
    }
    next = due;
    if (next < workers.length) setTimeout(step, 5);
    else tell({ event: 'done', startedAt });
  };
  step();
}

process.on('message', (request: MonitorRequest) => {
  const workers = workersOf(request.taskIds, request.each);
  if (request.ask === 'connect') return connectAll(workers, request.perSecond);
  listed = workers;
  turns = request.isAtWork
    ? [0, 1].map((rest) =>
        workers.map((worker, i) => ({ ...worker, tasks: i % 2 === rest ? 1 : 0 })),
      )
    : null;
  tell({ event: 'done', startedAt: epochMs() });
});
process.on('disconnect', () => process.exit());
tell({ event: 'listening' });
