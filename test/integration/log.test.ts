import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startYmqServer } from '../../src/demo/ymqServer.ts';
import { decodeMessage } from '../../src/scheduler/protocol/codec.ts';
import { encodeMessage } from '../../src/scheduler/protocol/encodeMessage.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTextLog } from '../../src/telemetry/textLog.ts';
import { account, alive, dummyCredentials, start, temporaryStateDir } from './inProcess.ts';

const generation = 'g3';

/** A scheduler that answers each heartbeat with the number of workers it wants. */
const startScheduler = async (port = 0, workers = 0) => {
  const desired = { workers };
  const server = await startYmqServer('scheduler', port, {
    onMessage(peer, payload) {
      if (decodeMessage(payload, generation).message !== 'workerManagerHeartbeat') return;
      peer.send(encodeMessage({ generation, message: 'workerManagerHeartbeatEcho', fields: {} }));
      const wanted = [{ taskConcurrency: desired.workers, capabilities: [] }];
      const fields = { setDesiredTaskConcurrencyRequests: wanted };
      peer.send(encodeMessage({ generation, message: 'workerManagerCommand', fields }));
    },
  });
  return { desired, server, address: `tcp://127.0.0.1:${server.port}` };
};

const flags = ['--ecs-task-cpu', '1', '--ecs-task-memory', '2', '--max-task-concurrency', '-1'];
const quick = ['--heartbeat-interval-seconds', '1', '--drain-timeout', '0'];

let scheduler: Awaited<ReturnType<typeof startScheduler>>;
beforeAll(async () => {
  dummyCredentials();
  scheduler = await startScheduler();
});
afterAll(() => {
  scheduler.server.close();
  vi.unstubAllEnvs();
});

it('300 lives of tasks cost fewer than 700 lines at INFO, as text and as JSON', async () => {
  const emulator = await account({ stopDelayMs: 10, startDelayMs: 10 });
  const text: string[] = [];
  const json: string[] = [];
  const logs = [
    createTextLog('INFO', { write: (line) => void text.push(line) }, { colour: false }),
    createLog('INFO', { write: (line) => void json.push(line) }),
  ];
  // By default the monitor stream is expected two ports further, where anything may listen here.
  const given = [...flags, ...quick, '--monitor-address', scheduler.address];
  const daemon = start(scheduler.address, temporaryStateDir(), given, logs);
  for (let wave = 1; wave <= 6; wave++) {
    scheduler.desired.workers = 50;
    await vi.waitFor(
      () => {
        expect(emulator.ledger().tasks).toHaveLength(50 * wave);
        expect(daemon.running()).toBe(50);
      },
      { timeout: 30_000 },
    );
    scheduler.desired.workers = 0;
    // A group whose StopTask still waits for its turn would be taken back by the next wave.
    await vi.waitFor(() => expect(alive(emulator)).toEqual([]), { timeout: 30_000 });
  }
  daemon.signal();
  expect(await daemon.status).toBe(0);
  expect(alive(emulator)).toEqual([]);
  expect(emulator.ledger().tasks).toHaveLength(300);
  process.stdout.write(
    `300 lives of tasks: ${text.length} lines of text, ${json.length} of JSON\n`,
  );
  expect(text.length).toBeLessThan(700);
  expect(json.length).toBe(text.length);
  expect(text.filter((line) => / (WARN|ERROR) /.test(line))).toEqual([]);
}, 180_000);

it('a scheduler that is lost and comes back, and the fleet that is drained meanwhile, are a warning each', async () => {
  const emulator = await account({ stopDelayMs: 10, startDelayMs: 10 });
  const text: string[] = [];
  const log = createTextLog(
    'WARNING',
    { write: (line) => void text.push(line) },
    { colour: false },
  );
  const first = await startScheduler(0, 2);
  const given = [...flags, ...quick, '--scheduler-grace', '2', '--monitor-address', first.address];
  const daemon = start(first.address, temporaryStateDir(), given, [log]);
  await vi.waitFor(() => expect(daemon.running()).toBe(2), { timeout: 30_000 });
  first.server.close();
  await vi.waitFor(() => expect(alive(emulator)).toEqual([]), { timeout: 30_000 });
  expect(emulator.ledger().tasks[0]?.stoppedReason).toBe(
    'scaler-ecs: no longer desired: the scheduler is gone for good',
  );
  const second = await startScheduler(first.server.port);
  await vi.waitFor(() => expect(text.join('')).toContain('is back'), { timeout: 40_000 });
  daemon.signal();
  expect(await daemon.status).toBe(0);
  second.server.close();
  expect(text.map((line) => /^\S+ (.*?)(?: after \d+ s)?[.:]/.exec(line)?.[1])).toEqual([
    'WARN  Lost the connection to the scheduler',
    'WARN  Draining all tasks',
    'WARN  The scheduler is back',
  ]);
}, 120_000);
